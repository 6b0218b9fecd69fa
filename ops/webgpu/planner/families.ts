/** What the planner assumes of GPUs: of each family what its compilers and registers bear, and a card of the middle to plan for. */
import {type Card, GEFORCE, IRIS, RADEON} from './cards.ts';
import type {Prices} from './counts.ts';
import {AMD_PRICES, INTEL_PRICES, NVIDIA_PRICES, OTHER_PRICES} from './prices.ts';

/** GPUs of one kind of registers, waves and compilers. */
export type GPUFamily = 'amd' | 'nvidia' | 'intel' | 'other';

/** A card, and how its waves and workgroups share it. */
export interface ReferenceGPU extends Card {
  /** Invocations that run in lockstep. */
  readonly wave: number;
  /** Limits of what a SIMD, or a unit, holds at a time; and what its compiler takes of registers for one that is counted. */
  readonly waveRegisters: number;
  readonly registerUse: number;
  readonly residentWaves: number;
  readonly residentWorkgroups: number;
  /** What a workgroup takes of workgroup memory for itself. Units: bytes. */
  readonly ownWorkgroupBytes: number;
  /**
   * A dispatch beside its work: the browser's validation, launch and drain. Measured on GPUs of four vendors: 24 to 36 µs on Vulkan,
   * 32 to 71 on Metal. Source: Maczan, "Characterizing WebGPU Dispatch Overhead for LLM Inference", arXiv 2604.02344.
   */
  readonly dispatchSeconds: number;
}

/** What the planner assumes of a family: limits have no say in it, and a shader that exceeds it runs, slowly. */
export interface FamilyTraits {
  /** Vectors of sums that an invocation holds: more do not stay in registers beside their operands. */
  readonly sums: number;
  /** Inputs of a slab for each part of a product: a loop of fewer has too little to do. */
  readonly partInputs: number;
  /** Output pixels of a conv's segment: of more, an invocation holds too many taps. */
  readonly segment: number;
  /** The same in one pass of a separable block, whose invocations hold a product's sums as well. */
  readonly separableSegment: number;
  /** Whether a product's next slab waits in registers, and a small filter. */
  readonly prefetch: boolean;
  readonly holdsFilters: boolean;
  /**
   * Whether a product may read pixels from their tensor as it goes, and stage weights alone: where workgroup memory gives less than the
   * product takes, and few registers hold few sums for each operand.
   */
  readonly readsPixels: boolean;
  /** Whether the workgroups of a product may make its gates for themselves: it takes registers, and spills where there are few. */
  readonly makesGates: boolean;
  readonly gpu: ReferenceGPU;
  /** What the shaders' statements take: instructions of a wave, and cycles in which it waits. */
  readonly prices: {readonly instructions: Prices; readonly waits: Prices};
}

/** Waves of 64, as Dawn asks for. */
const AMD_GPU: ReferenceGPU = {
  ...{...RADEON, wave: 64, waveRegisters: 512, registerUse: 1},
  ...{residentWaves: 8, residentWorkgroups: 16, ownWorkgroupBytes: 0, dispatchSeconds: 30e-6},
};

const NVIDIA_GPU: ReferenceGPU = {
  ...{...GEFORCE, wave: 32, waveRegisters: 512, registerUse: 1.25},
  ...{residentWaves: 12, residentWorkgroups: 16, ownWorkgroupBytes: 1024, dispatchSeconds: 30e-6},
};

/** Waves of 16, as Mesa's compiler chooses. A thread has all of its registers, used or not. */
const INTEL_GPU: ReferenceGPU = {
  ...{...IRIS, wave: 16, waveRegisters: Infinity, registerUse: 1},
  ...{residentWaves: 7, residentWorkgroups: 16, ownWorkgroupBytes: 0, dispatchSeconds: 30e-6},
};

/**
 * Apple's and phones' GPUs, and those that do not say what they are. None of it is measured, and their compilers cannot be had: a small
 * laptop's GPU, with fewer registers than AMD's and NVIDIA's.
 */
const SMALL_GPU: ReferenceGPU = {
  ...{units: 10, simds: 4, lanes: 32, skipsHalves: false, hertz: 1.3e9},
  ...{workgroupBytes: 32 * 1024, workgroupBytesPerCycle: 128, cacheBytesPerCycle: 64},
  ...{sharedCacheBytes: 8 * 2 ** 20, sharedCacheBytesPerSecond: 0.4e12, memoryBytesPerSecond: 68e9},
  ...{wave: 32, waveRegisters: 384, registerUse: 1.25},
  ...{residentWaves: 12, residentWorkgroups: 16, ownWorkgroupBytes: 0, dispatchSeconds: 50e-6},
};

/**
 * Source of all but the GPU: what the compilers of such GPUs make of the shaders, `npm run bench:gpu`. Mesa's for Intel's Xe runs 16
 * invocations with 64 registers each, and spills where there are more than four vectors of sums, or where a slab waits beside them, or
 * where a segment of a conv has more than two pixels. Those of AMD's and NVIDIA's hold 16 sums.
 */
export const FAMILIES: Readonly<Record<GPUFamily, FamilyTraits>> = {
  amd: {
    sums: 16,
    partInputs: 4,
    segment: 8,
    separableSegment: 8,
    prefetch: true,
    holdsFilters: true,
    readsPixels: false,
    makesGates: true,
    gpu: AMD_GPU,
    prices: AMD_PRICES,
  },
  nvidia: {
    sums: 16,
    partInputs: 4,
    segment: 8,
    separableSegment: 8,
    prefetch: true,
    holdsFilters: true,
    readsPixels: false,
    makesGates: true,
    gpu: NVIDIA_GPU,
    prices: NVIDIA_PRICES,
  },
  intel: {
    sums: 4,
    partInputs: 16,
    segment: 2,
    separableSegment: 1,
    prefetch: false,
    holdsFilters: false,
    readsPixels: true,
    makesGates: false,
    gpu: INTEL_GPU,
    prices: INTEL_PRICES,
  },
  other: {
    sums: 8,
    partInputs: 4,
    segment: 4,
    separableSegment: 4,
    prefetch: true,
    holdsFilters: true,
    readsPixels: false,
    makesGates: true,
    gpu: SMALL_GPU,
    prices: OTHER_PRICES,
  },
};

const VENDORS: Readonly<Record<string, GPUFamily>> = {amd: 'amd', nvidia: 'nvidia', intel: 'intel'};

/** Returns the family of a vendor's GPUs, by WebGPU's name of it. */
export function familyOf(vendor: string | undefined): GPUFamily {
  return VENDORS[vendor ?? ''] ?? 'other';
}
