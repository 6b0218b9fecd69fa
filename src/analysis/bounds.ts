/** What a machine can do, and what some work takes on it at least. */
import type {SimdLevel} from '../../ops/wasm/detect.ts';

/** What a machine can do. Units: operations (1 MAC = 2) and bytes, a second. */
export interface MachineRates {
  /** The SIMD level of the wasm kernels, where they are predicted. */
  readonly simd?: SimdLevel | null | undefined;
  readonly opsPerS: number;
  /** Nearest first, memory last. */
  readonly bytesPerS: readonly BandwidthLevel[];
}

export interface BandwidthLevel {
  /** A cache's name, or memory. */
  readonly level: string;
  /** What it holds; of the last level it does not count, and may be null. Units: bytes. */
  readonly bytes: number | null;
  readonly bytesPerS: number;
}

/** Units: operations, bytes. */
interface BoundedWork {
  readonly ops: number;
  readonly bytes: number;
}

/** What computing and moving take, each as if there were not the other. Units: milliseconds. */
export interface Bounds {
  readonly idealMs: number;
  readonly movingMs: number;
  /** The level of memory that holds all that is moved: its bandwidth counts. */
  readonly level: string;
}

/** Returns the bounds of some work on a machine. It is memory-bound where moving takes longer than computing. */
export function boundsOf({ops, bytes}: BoundedWork, {opsPerS, bytesPerS}: MachineRates): Bounds {
  const level = bytesPerS.find((each) => each.bytes !== null && bytes <= each.bytes) ?? bytesPerS.at(-1)!;
  return {idealMs: (1e3 * ops) / opsPerS, movingMs: (1e3 * bytes) / level.bytesPerS, level: level.level};
}
