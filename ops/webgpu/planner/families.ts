/** What the planner assumes of GPUs: of each family what its compilers and registers bear, and a card of the middle to plan for. */
import type {Prices} from './costModel.ts';
import {AMD_PRICES, INTEL_PRICES, NVIDIA_PRICES, OTHER_PRICES} from './prices.ts';

/** GPUs of one kind of registers, waves and compilers. */
export type GPUFamily = 'amd' | 'nvidia' | 'intel' | 'other';

/** A GPU. A unit runs whole workgroups (AMD's CU, NVIDIA's SM, Intel's subslice, Apple's core); a SIMD of it issues waves. */
export interface ReferenceGPU {
  readonly units: number;
  readonly simds: number;
  /** FMAs that a SIMD does in a cycle. */
  readonly lanes: number;
  /** Invocations that run in lockstep; whether a half without invocations takes no time. */
  readonly wave: number;
  readonly skipsHalves: boolean;
  readonly hertz: number;
  /** Limits of what a SIMD, or a unit, holds at a time; and what its compiler takes of registers for one that is counted. */
  readonly waveRegisters: number;
  readonly registerUse: number;
  readonly residentWaves: number;
  readonly residentWorkgroups: number;
  readonly workgroupBytes: number;
  /** What a workgroup takes of them for itself. */
  readonly ownWorkgroupBytes: number;
  /** What a unit reads in a cycle of workgroup memory, and of its own cache. Units: bytes. */
  readonly workgroupBytesPerCycle: number;
  readonly cacheBytesPerCycle: number;
  /** Of the cache that all units share, and of memory. */
  readonly sharedCacheBytes: number;
  readonly sharedCacheBytesPerSecond: number;
  readonly memoryBytesPerSecond: number;
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
  /** Of an invocation, of 4 bytes. */
  readonly registers: number;
  /** Inputs of a slab for each part of a product: a loop of fewer has too little to do. */
  readonly partInputs: number;
  /** Whether a product's next slab waits in registers, and a small filter. */
  readonly prefetch: boolean;
  readonly holdsFilters: boolean;
  readonly gpu: ReferenceGPU;
  /** What the shaders' statements take: instructions of a wave, and cycles in which it waits. */
  readonly prices: {readonly instructions: Prices; readonly waits: Prices};
}

/** Radeon RX 6600: 28 CUs of RDNA 2, in waves of 64 as Dawn asks for. Source: AMD's RDNA 2 white paper and instruction set reference. */
const RADEON: ReferenceGPU = {
  ...{units: 28, simds: 2, lanes: 32, wave: 64, skipsHalves: true, hertz: 2.4e9},
  ...{waveRegisters: 512, registerUse: 1, residentWaves: 8, residentWorkgroups: 16, workgroupBytes: 64 * 1024},
  ownWorkgroupBytes: 0,
  ...{workgroupBytesPerCycle: 128, cacheBytesPerCycle: 128},
  ...{sharedCacheBytes: 32 * 2 ** 20, sharedCacheBytesPerSecond: 1.2e12, memoryBytesPerSecond: 224e9},
  dispatchSeconds: 30e-6,
};

/** GeForce RTX 3060: 28 SMs of Ampere. Source: NVIDIA's GA10x white paper and its table of compute capability 8.6. */
const GEFORCE: ReferenceGPU = {
  ...{units: 28, simds: 4, lanes: 32, wave: 32, skipsHalves: false, hertz: 1.78e9},
  ...{waveRegisters: 512, registerUse: 1.25, residentWaves: 12, residentWorkgroups: 16, workgroupBytes: 100 * 1024},
  ownWorkgroupBytes: 1024,
  ...{workgroupBytesPerCycle: 128, cacheBytesPerCycle: 128},
  ...{sharedCacheBytes: 3 * 2 ** 20, sharedCacheBytesPerSecond: 1.4e12, memoryBytesPerSecond: 360e9},
  dispatchSeconds: 30e-6,
};

/** Iris Xe: 6 subslices of 16 EUs, in waves of 16 as Mesa's compiler chooses. Source: Intel's Xe-LP architecture guide. */
const IRIS: ReferenceGPU = {
  ...{units: 6, simds: 16, lanes: 8, wave: 16, skipsHalves: false, hertz: 1.3e9},
  // A thread has all of its registers, used or not.
  ...{waveRegisters: Infinity, registerUse: 1, residentWaves: 7, residentWorkgroups: 16, workgroupBytes: 128 * 1024},
  ownWorkgroupBytes: 0,
  ...{workgroupBytesPerCycle: 128, cacheBytesPerCycle: 64},
  ...{sharedCacheBytes: 3.75 * 2 ** 20, sharedCacheBytesPerSecond: 0.3e12, memoryBytesPerSecond: 68e9},
  dispatchSeconds: 30e-6,
};

/**
 * Apple's and phones' GPUs, and those that do not say what they are. None of it is measured, and their compilers cannot be had: a small
 * laptop's GPU, with fewer registers than AMD's and NVIDIA's.
 */
const SMALL: ReferenceGPU = {
  ...{units: 10, simds: 4, lanes: 32, wave: 32, skipsHalves: false, hertz: 1.3e9},
  ...{waveRegisters: 384, registerUse: 1.25, residentWaves: 12, residentWorkgroups: 16, workgroupBytes: 32 * 1024},
  ownWorkgroupBytes: 0,
  ...{workgroupBytesPerCycle: 128, cacheBytesPerCycle: 64},
  ...{sharedCacheBytes: 8 * 2 ** 20, sharedCacheBytesPerSecond: 0.4e12, memoryBytesPerSecond: 68e9},
  dispatchSeconds: 50e-6,
};

/**
 * Source of sums, registers, part inputs and prefetch: what the compilers of such GPUs make of the shaders, `npm run bench:gpu`. Mesa's
 * for Intel's Xe runs 16 invocations with 64 registers each, and spills where there are more than four vectors of sums, or where a slab
 * waits beside them. Those of AMD's and NVIDIA's hold 16.
 */
export const FAMILIES: Readonly<Record<GPUFamily, FamilyTraits>> = {
  amd: {sums: 16, registers: 128, partInputs: 4, prefetch: true, holdsFilters: true, gpu: RADEON, prices: AMD_PRICES},
  nvidia: {
    sums: 16,
    registers: 128,
    partInputs: 4,
    prefetch: true,
    holdsFilters: true,
    gpu: GEFORCE,
    prices: NVIDIA_PRICES,
  },
  intel: {
    sums: 4,
    registers: 64,
    partInputs: 16,
    prefetch: false,
    holdsFilters: false,
    gpu: IRIS,
    prices: INTEL_PRICES,
  },
  other: {sums: 8, registers: 96, partInputs: 4, prefetch: true, holdsFilters: true, gpu: SMALL, prices: OTHER_PRICES},
};

const VENDORS: Readonly<Record<string, GPUFamily>> = {amd: 'amd', nvidia: 'nvidia', intel: 'intel'};

/** Returns the family of a vendor's GPUs, by WebGPU's name of it. */
export function familyOf(vendor: string | undefined): GPUFamily {
  return VENDORS[vendor ?? ''] ?? 'other';
}
