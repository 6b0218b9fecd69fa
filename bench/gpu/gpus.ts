/**
 * The GPUs that shaders are compiled for, and what is assumed of them. A unit runs a workgroup (AMD's CU, NVIDIA's SM, Intel's
 * subslice); a SIMD of it issues the instructions of a wave, which is so many invocations in lockstep.
 */

/** Whose assembly it is. */
export type Vendor = 'amd' | 'nvidia' | 'intel';

export interface GPU {
  readonly name: string;
  readonly vendor: Vendor;
  /** How the compiler calls it: RADV_FORCE_FAMILY, or nvcc's -arch; native/i915.c is Intel's. */
  readonly target: string;
  /** The card whose units are counted. */
  readonly card: string;
  readonly units: number;
  /** Of a unit. */
  readonly simds: number;
  /** FMAs that a SIMD does in a cycle. */
  readonly lanes: number;
  /** What a unit reads of workgroup memory in a cycle. Units: bytes. */
  readonly workgroupBytesPerCycle: number;
  /** Workgroup memory of a unit. Units: bytes. */
  readonly workgroupBytes: number;
  /** Of workgroup memory. Units: cycles. */
  readonly workgroupLatency: number;
  /** What a unit gets of its first cache in a cycle. Units: bytes. */
  readonly cacheBytesPerCycle: number;
  /** What the cache fetches at least. Units: bytes. */
  readonly sectorBytes: number;
  /** Of the cache that all units share. Units: bytes. */
  readonly sharedCacheBytes: number;
  readonly sharedCacheBytesPerSecond: number;
  /** Of the card's DRAM. */
  readonly memoryBytesPerSecond: number;
  readonly hertz: number;
  /** Whether a half of a wave without invocations takes no time. */
  readonly skipsHalves?: boolean;
  /** Invocations of a wave that are asked of the driver, in the place of what Dawn asks for. */
  readonly wave?: number;
}

const RDNA = {
  vendor: 'amd',
  simds: 2,
  lanes: 32,
  workgroupBytesPerCycle: 128,
  workgroupBytes: 65536,
  workgroupLatency: 60,
  cacheBytesPerCycle: 128,
  sectorBytes: 64,
} as const;
const RX_6600 = {
  ...RDNA,
  ...{
    target: 'navi21',
    card: 'RX 6600 (28 CUs)',
    units: 28,
    hertz: 2.4e9,
    memoryBytesPerSecond: 224e9,
    sharedCacheBytes: 32 * 2 ** 20,
    sharedCacheBytesPerSecond: 1.2e12,
  },
};

/** Source of the counts: the vendors' white papers of RDNA 2 and 3, GCN, GA10x and Xe-LP; latencies and caches are rounded assumptions. */
export const GPUS: readonly GPU[] = [
  {...RX_6600, name: 'rdna2', skipsHalves: true},
  {...RX_6600, name: 'rdna2-wave32', wave: 32},
  {
    ...{...RDNA, name: 'rdna3', target: 'gfx1100', card: 'RX 7600 (32 CUs)', units: 32, hertz: 2.6e9},
    ...{
      memoryBytesPerSecond: 288e9,
      sharedCacheBytes: 32 * 2 ** 20,
      sharedCacheBytesPerSecond: 1.5e12,
      skipsHalves: true,
    },
  },
  {
    ...{
      name: 'gcn5',
      vendor: 'amd',
      target: 'vega10',
      card: 'Vega 8 of a Ryzen (8 CUs)',
      units: 8,
      simds: 4,
      lanes: 16,
    },
    ...{workgroupBytesPerCycle: 128, workgroupBytes: 65536, workgroupLatency: 64, hertz: 1.3e9},
    ...{
      cacheBytesPerCycle: 64,
      sectorBytes: 64,
      memoryBytesPerSecond: 51.2e9,
      sharedCacheBytes: 2 ** 20,
      sharedCacheBytesPerSecond: 0.3e12,
    },
  },
  {
    ...{name: 'ampere', vendor: 'nvidia', target: 'sm_86', card: 'RTX 3060 (28 SMs)', units: 28, simds: 4, lanes: 32},
    ...{workgroupBytesPerCycle: 128, workgroupBytes: 102400, workgroupLatency: 30, hertz: 1.78e9},
    ...{
      cacheBytesPerCycle: 128,
      sectorBytes: 32,
      memoryBytesPerSecond: 360e9,
      sharedCacheBytes: 3 * 2 ** 20,
      sharedCacheBytesPerSecond: 1.4e12,
    },
  },
  {
    ...{name: 'xe', vendor: 'intel', target: '', card: 'Iris Xe (96 EUs: 6 × 16)', units: 6, simds: 16, lanes: 8},
    ...{workgroupBytesPerCycle: 128, workgroupBytes: 131072, workgroupLatency: 90, hertz: 1.3e9},
    ...{
      cacheBytesPerCycle: 64,
      sectorBytes: 64,
      memoryBytesPerSecond: 68e9,
      sharedCacheBytes: 3.75 * 2 ** 20,
      sharedCacheBytesPerSecond: 0.3e12,
    },
  },
];

/** The GPUs that shaders are compiled for where none is named. */
export const DEFAULT_GPUS = ['rdna2', 'ampere', 'xe'] as const;

/** Returns the GPU of this name, which is in the list. */
export function gpuNamed(name: string): GPU {
  return GPUS.find((gpu) => gpu.name === name)!;
}
