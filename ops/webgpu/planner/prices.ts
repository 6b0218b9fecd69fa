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
    ...{fma: 0.99, input: 1.5, weight: 23, pixelQuad: 83, prefetchedWeight: 4.4, prefetchedPixelQuad: 28},
    ...{convFma: 0.78, tap: 14, sharedTap: 7.9, filterRow: 18, convOutput: 10, norm: 44, normRound: 370},
    ...{activation: 3.8, hidden: 13, halo: 49, joined: 29, output: 22, residual: 10, plainTap: 28},
  },
  waits: {
    ...{input: 70, slab: 55, prefetchedSlab: 44, weight: 80, pixelQuad: 450, prefetchedWeight: 7.9},
    ...{prefetchedPixelQuad: 37, filterRow: 210, norm: 300, normRound: 3100, hidden: 66, halo: 67},
    ...{joined: 87, turn: 220, output: 80, residual: 200},
  },
};

/** NVIDIA's nvcc for Ampere. */
export const NVIDIA_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1.1, input: 2.7, weight: 13, pixelQuad: 91, prefetchedWeight: 4.2, prefetchedPixelQuad: 42},
    ...{convFma: 1, filter: 2.9, tap: 8.9, filterRow: 23, norm: 52, normRound: 690, activation: 7.5},
    ...{hidden: 15, halo: 37, joined: 23, output: 1.9, plainTap: 18},
  },
  waits: {
    ...{input: 6.5, slab: 140, prefetchedSlab: 70, weight: 40, pixelQuad: 350, filterRow: 350},
    ...{normRound: 9600, hidden: 180, halo: 5.1, joined: 12, turn: 61, output: 41, residual: 160},
  },
};

/** Mesa's compiler for Xe. What fused kernels put into workgroup memory is dear, since all of them spill. */
export const INTEL_PRICES: FamilyPrices = {
  instructions: {
    ...{fma: 1.4, weight: 32, pixelQuad: 110, convFma: 1.4, filter: 18, tap: 1.8, sharedTap: 84},
    ...{filterRow: 5.9, convOutput: 720, norm: 94, normRound: 490, activation: 3.6, hidden: 720, halo: 41},
    ...{joined: 46, output: 46, residual: 32, plainTap: 4},
  },
  waits: {
    ...{input: 30, slab: 420, weight: 240, pixelQuad: 120, filterRow: 1600, norm: 5200, normRound: 15000},
    ...{hidden: 16000, halo: 11000, joined: 240, output: 360, residual: 230},
  },
};

/** Compilers that cannot be had, as Apple's, are taken to be like NVIDIA's. */
export const OTHER_PRICES = NVIDIA_PRICES;
