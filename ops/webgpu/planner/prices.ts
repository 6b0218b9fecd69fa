/**
 * What each of the shaders' statements takes on a family's GPUs: instructions of a wave, and cycles in which a wave waits that has its
 * SIMD to itself. Fitted to what the compilers make of all kinds of candidates (`npm run bench:gpu`): of 24 for each step of each block
 * of the bench, by least squares of the ratio.
 */
import type {Prices} from './costModel.ts';

export interface FamilyPrices {
  readonly instructions: Prices;
  readonly waits: Prices;
}

/** Mesa's ACO for RDNA 2. */
export const AMD_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1, input: 1.6, weight: 23, pixelQuad: 84, prefetchedWeight: 6, prefetchedPixelQuad: 25},
    ...{convFma: 0.75, tap: 15, plainTap: 30, sharedTap: 10, filterRow: 15, convOutput: 2.8, norm: 55, normRound: 550},
    ...{activation: 4, hidden: 3.5, halo: 58, joined: 16, output: 22, residual: 41},
  },
  waits: {
    ...{input: 67, slab: 62, prefetchedSlab: 72, weight: 82, pixelQuad: 410},
    ...{prefetchedWeight: 8, prefetchedPixelQuad: 25, filterRow: 288, norm: 290, normRound: 2800},
    ...{hidden: 98, halo: 150, joined: 62, turn: 120, output: 117, residual: 284},
  },
};
/** NVIDIA's nvcc for Ampere. */
export const NVIDIA_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1.09, input: 2.9, weight: 11.2, pixelQuad: 103, prefetchedWeight: 6.2, prefetchedPixelQuad: 35},
    ...{convFma: 1.02, filter: 3.4, tap: 12.2, plainTap: 25, sharedTap: 11, convOutput: 10, norm: 52, normRound: 794},
    ...{activation: 7.8, hidden: 5, halo: 26, joined: 29, output: 10, residual: 10},
  },
  waits: {
    ...{input: 6.1, slab: 160, prefetchedSlab: 54, weight: 44, pixelQuad: 299, filterRow: 215},
    ...{norm: 140, normRound: 1780, hidden: 20, halo: 100, joined: 18, turn: 68, output: 154},
  },
};

/** Mesa's ANV for Xe. */
export const INTEL_PRICES: FamilyPrices = {
  instructions: {
    ...{
      fma: 1.32,
      input: 5,
      weight: 30,
      pixelQuad: 124,
      convFma: 1.34,
      filter: 19.5,
      tap: 8,
      plainTap: 30,
      sharedTap: 20,
    },
    ...{
      convOutput: 10,
      norm: 108,
      normRound: 650,
      activation: 4,
      hidden: 20,
      halo: 40,
      joined: 40,
      output: 47,
      residual: 62,
    },
  },
  waits: {
    ...{input: 30, slab: 582, weight: 233, pixelQuad: 500, filterRow: 500, norm: 376, normRound: 1460},
    ...{hidden: 100, halo: 100, joined: 192, turn: 226, output: 384, residual: 89},
  },
};

export const OTHER_PRICES = NVIDIA_PRICES;
