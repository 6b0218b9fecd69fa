/**
 * What each of the shaders' statements takes on a family's GPUs: instructions of a wave, and cycles in which a wave waits that has its
 * SIMD to itself. Fitted to what the compilers make of candidates of all steps of all blocks of the bench: `npm run
 * bench:gpu:candidates`, then `bench:gpu:fit`.
 */
import type {Prices} from './costModel.ts';

export interface FamilyPrices {
  readonly instructions: Prices;
  readonly waits: Prices;
}

/** Mesa's ACO for RDNA 2. */
export const AMD_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1, input: 1.1, weight: 24, pixelQuad: 91, prefetchedWeight: 4.4, prefetchedPixelQuad: 32},
    ...{convFma: 0.75, tap: 16, sharedTap: 7.1, filterRow: 18, convOutput: 6.4, norm: 220, normRound: 480},
    ...{activation: 3.9, hidden: 17, halo: 50, joined: 16, output: 14, residual: 5.2, plainTap: 32},
  },
  waits: {
    ...{input: 68, slab: 69, prefetchedSlab: 39, weight: 78, pixelQuad: 450, prefetchedWeight: 10},
    ...{prefetchedPixelQuad: 43, filterRow: 230, norm: 1300, normRound: 2800, hidden: 100, halo: 67},
    ...{joined: 83, turn: 180, output: 77, residual: 190},
  },
};

/** NVIDIA's nvcc for Ampere. */
export const NVIDIA_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1.1, input: 2.7, weight: 13, pixelQuad: 90, prefetchedWeight: 3.4, prefetchedPixelQuad: 47},
    ...{convFma: 1.1, filter: 2.2, tap: 8.7, filterRow: 24, norm: 200, normRound: 1000, activation: 7.5},
    ...{hidden: 22, halo: 38, joined: 27, output: 1.6, plainTap: 17},
  },
  waits: {
    ...{input: 1.4, slab: 290, prefetchedSlab: 100, weight: 39, pixelQuad: 270, filterRow: 240, norm: 760},
    ...{normRound: 1800, hidden: 160, halo: 42, joined: 26, turn: 19, output: 56, residual: 140},
  },
};

/** Mesa's compiler for Xe. What fused kernels put into workgroup memory is dear, since all of them spill. */
export const INTEL_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1.4, weight: 30, pixelQuad: 110, convFma: 1.7, tap: 21, sharedTap: 71, convOutput: 660},
    ...{norm: 460, normRound: 580, activation: 3.5, hidden: 660, halo: 170, joined: 46, output: 43},
    ...{residual: 3.8, plainTap: 42},
  },
  waits: {
    ...{input: 34, slab: 230, weight: 210, pixelQuad: 340, filterRow: 1400, norm: 2600, normRound: 24000},
    ...{hidden: 9000, halo: 8600, joined: 310, output: 310, residual: 83},
  },
};

/** Compilers that cannot be had, as Apple's, are taken to be like NVIDIA's. */
export const OTHER_PRICES = NVIDIA_PRICES;
