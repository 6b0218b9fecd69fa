/**
 * The cost model: how long a pass takes on a reference GPU. None of its figures is measured. They are an assumption: a GPU in the
 * middle of those that show web pages, between a large integrated and a small discrete one. Plans depend on the ratios of the
 * figures, which differ less from GPU to GPU than their sizes do.
 */
import type {Activation} from '../../block.ts';
import {roundUp} from '../../params.ts';

/** The GPU that plans are made for. A unit runs whole workgroups: NVIDIA's SM, Apple's core, AMD's pair of CUs. */
export const REFERENCE_GPU = {
  units: 20,
  /** Vector FMAs of a unit: 128 lanes at 1.6 GHz, four of them a vector. 20 units make 8 TFLOP/s. Units: slots a second. */
  slotsPerSecond: (128 * 1.6e9) / 4,
  /** One byte for 50 FLOP; GPUs of laptops have one for 35 to 60. Units: bytes a second. */
  memoryBytesPerSecond: 160e9,
  /** From the last cache to all units: 32 bytes a cycle each. Units: bytes a second. */
  cacheBytesPerSecond: 1e12,
  /** Limits of the workgroups that a unit holds at a time: bytes of workgroup memory, registers of 4 bytes, invocations, workgroups. */
  unitWorkgroupBytes: 64 * 1024,
  unitRegisters: 64 * 1024,
  unitInvocations: 1024,
  unitWorkgroups: 16,
  /** Invocations that run in lockstep. A workgroup occupies whole waves. */
  wave: 32,
  /**
   * A dispatch beside its work: the page's JavaScript, the browser's validation, launch and drain. From the one figure that is
   * published: onnxruntime-web on an RTX 3090 runs MobileNetV2, some 65 layers, in 6 ms, or in 3.7 ms where it replays recorded
   * commands, and their arithmetic would take less than 0.1 ms. Units: seconds.
   */
  dispatchSeconds: 60e-6,
  /** A wait that no other workgroup of the unit fills. Units: seconds. */
  waitSeconds: 0.25e-6,
} as const;

/**
 * The time of an invocation's statements. In a cycle a unit reads 128 bytes of workgroup memory or of its own cache, or does 128
 * FMAs: so a vector that it reads costs four slots, or two where neighbours read the same one, as in a product. The rest is
 * indexing, bounds and conversions, counted in the shaders' text. Units: slots.
 */
export const SLOTS = {
  /** An operand of a product, from workgroup memory. */
  productLoad: 2,
  /** The loop around the products of four inputs. */
  productLoop: 2,
  /** A vector from a tensor into workgroup memory. */
  stage: 10,
  /** A vector of the conv's input with its bounds; where a tensor's pixels are not whole vectors, read channel by channel. */
  tap: 5,
  plainTap: 12,
  /** The same from workgroup memory, where bounds are known. */
  sharedTap: 4,
  /** A vector of the filter. */
  filter: 4,
  /** A vector of sums, with bias and bounds, into workgroup memory or into a tensor. */
  put: 6,
  store: 8,
  /** A vector of the residual. */
  residual: 4,
  /** A vector in all three rounds of a LayerNorm. */
  norm: 18,
} as const;

/** Of a vector, counted in the text of wgsl/activations.ts. Units: slots. */
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

/** What an invocation may hold without spilling on any GPU. One that holds more is taken to need twice the slots. */
export const MAX_REGISTERS = 128;

/** The work of a workgroup. */
export interface GroupWork {
  /** Halos, and padding to whole tiles, included. */
  readonly macs: number;
  /** Of all its invocations. */
  readonly slots: number;
  /** What it reads and writes outside its unit. */
  readonly cacheBytes: number;
  readonly waits: number;
  /** The most that an invocation holds at a time. */
  readonly registers: number;
}

/** The work of a pass: that of each of its workgroups, and their number. */
export interface PassWork extends GroupWork {
  readonly workgroups: number;
  /** Invocations of a workgroup. */
  readonly threads: number;
  /** Workgroup memory of a workgroup. */
  readonly workgroupBytes: number;
  /** Through memory: every tensor and weight once. */
  readonly bytes: number;
}

/**
 * Returns how long a pass takes. Units: seconds.
 *
 * The workgroups of a unit run in rounds, as many at a time as it holds. Those of a round fill one another's waits, so waits count
 * once a round. Memory and arithmetic overlap between rounds, but not in the first loads and the last stores.
 */
export function passSeconds(work: PassWork): number {
  const {units, memoryBytesPerSecond, dispatchSeconds, waitSeconds} = REFERENCE_GPU;
  // The busiest unit has up to one workgroup more than the mean, half a one on average over GPUs of about this size.
  const perUnit = Math.max(1, work.workgroups / units + 0.5);
  const rounds = Math.ceil(perUnit / residentWorkgroups(work));
  const computing = perUnit * groupSeconds(work) + rounds * work.waits * waitSeconds;
  const moving = work.bytes / memoryBytesPerSecond;
  return dispatchSeconds + Math.max(computing, moving) + Math.min(computing, moving) / rounds;
}

/** Returns how long a workgroup occupies its unit. Units: seconds. */
function groupSeconds({slots, threads, registers, cacheBytes}: PassWork): number {
  const {units, slotsPerSecond, cacheBytesPerSecond} = REFERENCE_GPU;
  const idle = wholeWaves(threads) / threads;
  const spilling = registers > MAX_REGISTERS ? 2 : 1;
  return Math.max((slots * idle * spilling) / slotsPerSecond, (cacheBytes * units) / cacheBytesPerSecond);
}

/** Returns how many workgroups a unit holds at a time. */
function residentWorkgroups({threads, workgroupBytes, registers}: PassWork): number {
  const {unitWorkgroupBytes, unitRegisters, unitInvocations, unitWorkgroups} = REFERENCE_GPU;
  const invocations = wholeWaves(threads);
  const limit = Math.min(
    unitWorkgroups,
    unitInvocations / invocations,
    unitRegisters / (registers * invocations),
    unitWorkgroupBytes / Math.max(1, workgroupBytes),
  );
  return Math.max(1, Math.floor(limit));
}

/** Returns the invocations of the waves that a workgroup occupies. */
function wholeWaves(threads: number): number {
  return roundUp(threads, REFERENCE_GPU.wave);
}
