/**
 * What each of the shaders' statements takes on a family's GPUs: instructions of a wave, and cycles in which a wave waits that has its
 * SIMD to itself. Fitted to what the compilers make of candidates of all steps of all blocks of the bench: `npm run
 * bench:gpu:candidates`, then `bench:gpu:fit`.
 */
import type {Prices} from './counts.ts';

export interface FamilyPrices {
  readonly instructions: Prices;
  readonly waits: Prices;
}

/** Mesa's ACO for RDNA 2. */
export const AMD_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 0.99, input: 1.5, weight: 23, pixelQuad: 83, prefetchedWeight: 4.3, prefetchedPixelQuad: 29},
    ...{convFma: 0.79, tap: 14, sharedTap: 8.3, filterRow: 19, convOutput: 8.8, norm: 42, normRound: 370},
    ...{activation: 3.9, hidden: 13, halo: 49, joined: 28, output: 19, residual: 14, plainTap: 28},
  },
  waits: {
    ...{input: 69, slab: 60, prefetchedSlab: 38, weight: 79, pixelQuad: 440, prefetchedWeight: 9.1},
    ...{prefetchedPixelQuad: 43, filterRow: 220, norm: 280, normRound: 3400, hidden: 88, halo: 72},
    ...{joined: 90, turn: 210, output: 76, residual: 200},
  },
};

/** NVIDIA's nvcc for Ampere. */
export const NVIDIA_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1.1, input: 2.8, weight: 13, pixelQuad: 94, prefetchedWeight: 3.9, prefetchedPixelQuad: 46},
    ...{convFma: 1, filter: 2.7, tap: 9, sharedTap: 0.37, filterRow: 22, norm: 53, normRound: 700},
    ...{activation: 7.6, hidden: 14, halo: 37, joined: 21, output: 1.1, residual: 7.4, plainTap: 18},
  },
  waits: {
    ...{input: 6.5, slab: 170, prefetchedSlab: 71, weight: 37, pixelQuad: 330, filterRow: 320},
    ...{normRound: 10000, hidden: 150, halo: 14, joined: 8.4, turn: 63, output: 41, residual: 200},
  },
};

/** Mesa's compiler for Xe. What fused kernels put into workgroup memory is dear, since all of them spill. */
export const INTEL_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1.4, input: 0.37, weight: 32, steppedWeight: 13, pixelQuad: 95, readPixel: 2.1},
    ...{convFma: 0.7, filter: 6.7, tap: 17, plainTap: 34, sharedTap: 84, filterRow: 7.3, convOutput: 720},
    ...{norm: 97, normRound: 560, activation: 4.3, hidden: 720, halo: 41, joined: 57, output: 28, residual: 17},
  },
  waits: {
    ...{input: 46, weight: 240, steppedWeight: 58, pixelQuad: 600, readPixel: 130, filterRow: 1800},
    ...{norm: 2000, normRound: 15000, hidden: 16000, halo: 11000, joined: 290, turn: 320, output: 40, residual: 160},
  },
};

/** Compilers that cannot be had, as Apple's, are taken to be like NVIDIA's. */
export const OTHER_PRICES = NVIDIA_PRICES;
