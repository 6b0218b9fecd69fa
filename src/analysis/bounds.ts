/** The rates of a machine, and the lower bounds of work on it. */
import type {SimdLevel} from '../../ops/wasm/detect.ts';

/** What a machine can do. Units: operations (1 MAC = 2) and bytes, a second. */
export interface MachineRates {
  /** The SIMD level of the wasm kernels, where they are predicted. */
  readonly simd?: SimdLevel | null | undefined;
  /** The peak. Units: operations a second. */
  readonly opsPerS: number;
  /** Nearest first, memory last. */
  readonly bytesPerS: readonly BandwidthLevel[];
}

/** A level of memory, with its bandwidth. */
export interface BandwidthLevel {
  /** A cache's name, or memory. */
  readonly level: string;
  /** What it holds; of the last level it does not count, and may be null. Units: bytes. */
  readonly bytes: number | null;
  /** Units: bytes a second. */
  readonly bytesPerS: number;
}

/** Units: operations, bytes. */
interface BoundedWork {
  readonly ops: number;
  readonly bytes: number;
}

/** Lower bounds of some work: of its arithmetic alone, and of its memory traffic alone. Units: milliseconds. */
export interface Bounds {
  readonly idealMs: number;
  readonly trafficMs: number;
  /** The nearest level of memory that holds all these bytes: its bandwidth counts. */
  readonly level: string;
}

/** Returns the bounds of some work on a machine. It is memory-bound where its traffic takes longer than its arithmetic. */
export function boundsOf({ops, bytes}: BoundedWork, {opsPerS, bytesPerS}: MachineRates): Bounds {
  const level = bytesPerS.find((each) => each.bytes !== null && bytes <= each.bytes) ?? bytesPerS.at(-1)!;
  return {idealMs: (1e3 * ops) / opsPerS, trafficMs: (1e3 * bytes) / level.bytesPerS, level: level.level};
}
