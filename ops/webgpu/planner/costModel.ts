/**
 * How long a pass takes on a reference GPU: the planner's judgement, in one place. We have measured none of it. The figures are
 * an assumption: the middle of what shows web pages, between a large integrated GPU and a small discrete one. What counts is
 * their ratios, which differ less from GPU to GPU than their sizes do.
 */
import type {Activation} from '../../block.ts';
import {roundUp} from '../../params.ts';

/** The GPU that plans are made for. A unit is what runs a workgroup: NVIDIA's SM, Apple's core, AMD's pair of CUs. */
export const REFERENCE_GPU = {
  units: 20,
  /** Vector FMAs of a unit: 128 lanes at 1.6 GHz, four of them a vector. 20 units make 8 TFLOP/s. Units: slots a second. */
  slotsPerSecond: (128 * 1.6e9) / 4,
  /** A byte for 50 FLOP: laptops' GPUs have one for 35 to 60. Units: bytes a second. */
  memoryBytesPerSecond: 160e9,
  /** What all units draw from the last cache: 32 bytes a cycle each. Units: bytes a second. */
  cacheBytesPerSecond: 1e12,
  /** What a unit holds of workgroups at a time: bytes of workgroup memory, registers of 4 bytes, invocations, workgroups. */
  unitWorkgroupBytes: 64 * 1024,
  unitRegisters: 64 * 1024,
  unitInvocations: 1024,
  unitWorkgroups: 16,
  /** Invocations that run in step: a workgroup takes whole waves. */
  wave: 32,
  /**
   * What a dispatch takes beside its work: the page's side, the browser's checks, launch, drain. From the one figure that is
   * known: onnxruntime-web on an RTX 3090 runs MobileNetV2, some 65 layers, in 6 ms, or 3.7 ms where it replays recorded
   * commands, and their arithmetic would take less than 0.1 ms. Units: seconds.
   */
  dispatchSeconds: 60e-6,
  /** A load from the last cache, its use and a barrier, where no other workgroup fills the wait. Units: seconds. */
  stepSeconds: 0.25e-6,
} as const;

/**
 * What statements of the shaders take of an invocation's time. A unit reads 128 bytes of workgroup memory or first cache in a
 * cycle, and does 128 FMAs: so a vector each costs four slots, and half of that where neighbours read the same ones, as in a
 * product. The rest is indexing, bounds and conversions, counted in the shaders' text. Units: slots (vector FMAs).
 */
export const SLOTS = {
  /** An operand of a product, from workgroup memory. */
  productLoad: 2,
  /** The loop around the products of four inputs. */
  productLoop: 2,
  /** A vector from a tensor into workgroup memory. */
  stage: 10,
  /** A vector of the conv's input, with its bounds; one by one where a tensor's pixels are no whole vectors. */
  tap: 5,
  plainTap: 12,
  /** The same from workgroup memory, where bounds are known. */
  sharedTap: 4,
  /** A vector of the filter. */
  filter: 4,
  /** A vector of sums into workgroup memory, or into a tensor, with bias and bounds. */
  put: 6,
  store: 8,
  /** A vector of the residual. */
  residual: 4,
  /** A vector in the three rounds of a LayerNorm. */
  norm: 18,
} as const;

/** Of a vector, as activations.ts spells them. Units: slots. */
export const ACTIVATION_SLOTS: Readonly<Record<Activation, number>> = {
  linear: 0,
  relu: 2,
  relu6: 4,
  'hard-swish': 7,
  elu: 16,
  sigmoid: 20,
  silu: 21,
  gelu: 21,
  'gelu-tanh': 21,
};

/** What an invocation holds without spilling on every GPU. What holds more is taken to need twice the slots. */
export const MOST_REGISTERS = 128;

/** What a workgroup does. */
export interface GroupWork {
  /** Halos, and padding to whole tiles, included. */
  readonly macs: number;
  /** Of all its invocations. */
  readonly slots: number;
  /** What it reads and writes beyond its unit. */
  readonly cacheBytes: number;
  /** Rounds that wait for one another. */
  readonly steps: number;
  /** What an invocation holds at most. */
  readonly registers: number;
}

export interface PassWork extends GroupWork {
  readonly workgroups: number;
  /** Invocations of a workgroup. */
  readonly threads: number;
  /** Workgroup memory of a workgroup. */
  readonly workgroupBytes: number;
  /** What goes through memory: every tensor once. */
  readonly bytes: number;
}

/**
 * Returns how long a pass takes. Units: seconds.
 *
 * The workgroups of a unit run in rounds, as many at a time as it holds. Side by side they fill one another's waits: those count
 * once a round, and so weigh where there are few workgroups. Memory and arithmetic overlap from one round to the next, not in
 * the first loads and the last stores.
 */
export function passSeconds(work: PassWork): number {
  const {units, memoryBytesPerSecond, dispatchSeconds, stepSeconds} = REFERENCE_GPU;
  // Half a workgroup more than its share is what the busiest unit has on average over GPUs of about this size.
  const perUnit = Math.max(1, work.workgroups / units + 0.5);
  const rounds = Math.ceil(perUnit / residentWorkgroups(work));
  const computing = perUnit * groupSeconds(work) + rounds * work.steps * stepSeconds;
  const moving = work.bytes / memoryBytesPerSecond;
  return dispatchSeconds + Math.max(computing, moving) + Math.min(computing, moving) / rounds;
}

/** What a workgroup takes of its unit's time. */
function groupSeconds({slots, threads, registers, cacheBytes}: PassWork): number {
  const {units, slotsPerSecond, cacheBytesPerSecond} = REFERENCE_GPU;
  const idle = wholeWaves(threads) / threads;
  const spilling = registers > MOST_REGISTERS ? 2 : 1;
  return Math.max((slots * idle * spilling) / slotsPerSecond, (cacheBytes * units) / cacheBytesPerSecond);
}

/** How many workgroups a unit runs at a time. */
function residentWorkgroups({threads, workgroupBytes, registers}: PassWork): number {
  const {unitWorkgroupBytes, unitRegisters, unitInvocations, unitWorkgroups} = REFERENCE_GPU;
  const invocations = wholeWaves(threads);
  const most = Math.min(
    unitWorkgroups,
    unitInvocations / invocations,
    unitRegisters / (registers * invocations),
    unitWorkgroupBytes / Math.max(1, workgroupBytes),
  );
  return Math.max(1, Math.floor(most));
}

function wholeWaves(threads: number): number {
  return roundUp(threads, REFERENCE_GPU.wave);
}
