/** The cards that the planner plans for, and that bench:gpu models: counts and rates of the hardware. Caches' are rounded assumptions. */

/** A unit runs whole workgroups (AMD's CU, NVIDIA's SM, Intel's subslice, Apple's core); a SIMD of it issues the instructions of a wave. */
export interface Card {
  readonly units: number;
  /** Of a unit. */
  readonly simds: number;
  /** FMAs that a SIMD does in a cycle. */
  readonly lanes: number;
  /** Whether a half of a wave without invocations takes no time. */
  readonly skipsHalves: boolean;
  readonly hertz: number;
  /** Workgroup memory of a unit, and what it reads of that in a cycle. Units: bytes. */
  readonly workgroupBytes: number;
  readonly workgroupBytesPerCycle: number;
  /** What a unit gets of its own cache in a cycle. Units: bytes. */
  readonly cacheBytesPerCycle: number;
  /** Of the cache that all units share, and of memory. Units: bytes. */
  readonly sharedCacheBytes: number;
  readonly sharedCacheBytesPerSecond: number;
  readonly memoryBytesPerSecond: number;
}

/** Radeon RX 6600: 28 CUs of RDNA 2. Source: AMD's RDNA 2 white paper and instruction set reference. */
export const RADEON: Card = {
  ...{units: 28, simds: 2, lanes: 32, skipsHalves: true, hertz: 2.4e9},
  ...{workgroupBytes: 64 * 1024, workgroupBytesPerCycle: 128, cacheBytesPerCycle: 128},
  ...{sharedCacheBytes: 32 * 2 ** 20, sharedCacheBytesPerSecond: 1.2e12, memoryBytesPerSecond: 224e9},
};

/** GeForce RTX 3060: 28 SMs of Ampere. Source: NVIDIA's GA10x white paper and its table of compute capability 8.6. */
export const GEFORCE: Card = {
  ...{units: 28, simds: 4, lanes: 32, skipsHalves: false, hertz: 1.78e9},
  ...{workgroupBytes: 100 * 1024, workgroupBytesPerCycle: 128, cacheBytesPerCycle: 128},
  ...{sharedCacheBytes: 3 * 2 ** 20, sharedCacheBytesPerSecond: 1.4e12, memoryBytesPerSecond: 360e9},
};

/** Iris Xe: 6 subslices of 16 EUs. Source: Intel's Xe-LP architecture guide. */
export const IRIS: Card = {
  ...{units: 6, simds: 16, lanes: 8, skipsHalves: false, hertz: 1.3e9},
  ...{workgroupBytes: 128 * 1024, workgroupBytesPerCycle: 128, cacheBytesPerCycle: 64},
  ...{sharedCacheBytes: 3.75 * 2 ** 20, sharedCacheBytesPerSecond: 0.3e12, memoryBytesPerSecond: 68e9},
};
