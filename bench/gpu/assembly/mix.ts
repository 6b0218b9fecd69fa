/** What a stretch of assembly does, an instruction of one wave counted once. */
export interface Mix {
  /** An FMA counts as two. */
  flops: number;
  fmas: number;
  /** What takes the SIMD's issue: AMD's vector instructions, all of NVIDIA's and Intel's. */
  issue: number;
  /** What slow instructions take more, and narrow ones less. Units: instructions. */
  slow: number;
  /** Of `issue`, what computes no float. */
  integer: number;
  workgroupLoads: number;
  /** Read or written of workgroup memory, of an invocation. */
  workgroupBytes: number;
  globalLoads: number;
  globalStores: number;
  /** Read or written through the caches by global loads and stores, of an invocation. */
  globalBytes: number;
  /** Loads and stores of what does not fit registers, or is indexed there. */
  scratch: number;
  barriers: number;
  branches: number;
}

/** Returns a mix of nothing. */
export function emptyMix(): Mix {
  return {
    ...{flops: 0, fmas: 0, issue: 0, slow: 0, integer: 0, workgroupLoads: 0, workgroupBytes: 0},
    ...{globalLoads: 0, globalStores: 0, globalBytes: 0, scratch: 0, barriers: 0, branches: 0},
  };
}

/** Returns the multiply-adds; a lone multiplication or addition is half a one. */
export function macsOf({flops}: Mix): number {
  return flops / 2;
}
