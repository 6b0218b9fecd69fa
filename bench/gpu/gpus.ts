/** The GPUs that shaders are compiled for, and what is assumed of them beside what the planner assumes of its cards. */
import {type Card, GEFORCE, IRIS, RADEON} from '../../ops/webgpu/planner/cards.ts';

/** Whose assembly it is. */
export type Vendor = 'amd' | 'nvidia' | 'intel';

export interface GPU extends Card {
  readonly name: string;
  readonly vendor: Vendor;
  /** How the compiler calls it: RADV_FORCE_FAMILY, or nvcc's -arch; native/i915.c is Intel's. */
  readonly target: string;
  /** The card whose units are counted. */
  readonly card: string;
  /** Of workgroup memory. Units: cycles. */
  readonly workgroupLatency: number;
  /** What the cache fetches at least. Units: bytes. */
  readonly sectorBytes: number;
  /** Invocations of a wave that are asked of the driver, in the place of what Dawn asks for. */
  readonly wave?: number;
}

const RX_6600: Omit<GPU, 'name'> = {
  ...RADEON,
  ...{vendor: 'amd', target: 'navi21', card: 'RX 6600 (28 CUs)', workgroupLatency: 60, sectorBytes: 64},
};

/** Source beside that of the planner's cards: AMD's white papers of RDNA 3 and GCN. Latencies and caches are rounded assumptions. */
export const GPUS: readonly GPU[] = [
  {...RX_6600, name: 'rdna2'},
  {...RX_6600, name: 'rdna2-wave32', wave: 32},
  {
    ...{...RX_6600, name: 'rdna3', target: 'gfx1100', card: 'RX 7600 (32 CUs)', units: 32, hertz: 2.6e9},
    ...{memoryBytesPerSecond: 288e9, sharedCacheBytesPerSecond: 1.5e12},
  },
  {
    ...{name: 'gcn5', vendor: 'amd', target: 'vega10', card: 'Vega 8 of a Ryzen (8 CUs)'},
    ...{units: 8, simds: 4, lanes: 16, skipsHalves: false, hertz: 1.3e9},
    ...{workgroupBytesPerCycle: 128, workgroupBytes: 64 * 1024, workgroupLatency: 64},
    ...{cacheBytesPerCycle: 64, sectorBytes: 64},
    ...{memoryBytesPerSecond: 51.2e9, sharedCacheBytes: 2 ** 20, sharedCacheBytesPerSecond: 0.3e12},
  },
  {
    ...{...GEFORCE, name: 'ampere', vendor: 'nvidia', target: 'sm_86', card: 'RTX 3060 (28 SMs)'},
    ...{workgroupLatency: 30, sectorBytes: 32},
  },
  {
    ...{...IRIS, name: 'xe', vendor: 'intel', target: '', card: 'Iris Xe (96 EUs: 6 × 16)'},
    ...{workgroupLatency: 90, sectorBytes: 64},
  },
];

/** The GPUs that shaders are compiled for where none is named. */
export const DEFAULT_GPUS = ['rdna2', 'ampere', 'xe'] as const;

/** Returns the GPU of this name, which is in the list. */
export function gpuNamed(name: string): GPU {
  return GPUS.find((gpu) => gpu.name === name)!;
}
