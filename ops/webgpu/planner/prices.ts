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
export const NVIDIA_PRICES = AMD_PRICES;
export const INTEL_PRICES = AMD_PRICES;
export const OTHER_PRICES = AMD_PRICES;
