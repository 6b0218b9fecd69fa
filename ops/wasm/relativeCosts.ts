/**
 * What each part of a block costs on wasm, by stock tfjs ops and by the fused kernel, on one thread. The unit is a MAC of the GEMM
 * micro-kernel (assembly/f32_gemm.ts) at its peak: absolute times differ from machine to machine far more than these ratios.
 *
 * The costs are fitted to times of whole blocks. To refresh those of a SIMD level: put the p10Ms of `npm run bench -- --json --simd …`,
 * once as it is, once with `--edges`, into test/ops/wasm/measuredBlocks.ts; relativeCosts.test.ts then shows the costs that fit best.
 */
import type {BlockSpec} from '../block.ts';
import {FLOAT_BYTES} from '../params.ts';
import type {SimdLevel} from './detect.ts';
import type {SpatialKernelName} from './microkernels.ts';

/** The parts of a fused block. The padding of tiles to whole micro-tiles is in all of them. */
export interface FusedCosts extends Readonly<Record<SpatialKernelName, number>> {
  /** A MAC of the two matrix products. The micro-kernels above it cost by the MAC of the spatial conv. */
  readonly gemmMac: number;
  /** Start and end of a matrix product's tile, by 32 outputs. */
  readonly gemmTile: number;
  /** A weight of the matrices that a tile of the image reads from DRAM. */
  readonly dramWeight: number;
  /** A value of x that is copied into the image buffer. */
  readonly copiedValue: number;
  /** A value that is kept between two sweeps: summed, stored, read, times its factor. */
  readonly keptValue: number;
  /** A value of GELU, SiLU, sigmoid or ELU. Activations that only clamp cost nothing that could be measured. */
  readonly transcendental: number;
  /** A step of the call: a tile of an image, or a part of it. */
  readonly step: number;
  /** The op itself, once: tfjs, and the call into WebAssembly. */
  readonly call: number;
}

/** The parts of a block of stock ops. */
export interface StockCosts {
  /** A MAC of a dense conv, 1×1 or not. */
  readonly convMac: number;
  /** A weight of a dense conv that is read from DRAM. */
  readonly dramWeight: number;
  /** A pointer of XNNPACK's indirection buffer: one for each output pixel and tap of a dense conv with a window. */
  readonly indirection: number;
  /** A MAC of a depthwise conv; of one with more than 25 taps, for which XNNPACK takes several passes. */
  readonly depthwiseMac: number;
  readonly multipassDepthwiseMac: number;
  /** A value that a kernel loads or stores. */
  readonly loadStore: number;
  /** A value that Mean or Sum takes over height and width: transposed first. */
  readonly reducedValue: number;
  /** A value that GatherV2 copies. */
  readonly gathered: number;
  /** A value of erf or tanh, which are scalar code; of sigmoid or exp, which are vector code. */
  readonly scalarTranscendental: number;
  readonly vectorTranscendental: number;
  /** A kernel, once. */
  readonly kernel: number;
}

export const RELATIVE_COSTS: Readonly<Record<SimdLevel, {readonly fused: FusedCosts; readonly stock: StockCosts}>> = {
  simd: {
    fused: {
      gemmMac: 1.03,
      gemmTile: 164,
      dramWeight: 2.46,
      f32_grouped_4x8: 1.07,
      f32_depthwise_k3_4x4: 1.54,
      f32_depthwise_k3s2_4x4: 1,
      f32_depthwise_k5_8x4: 1.27,
      f32_depthwise_k5s2_8x4: 1,
      f32_depthwise_k7_8x4: 1.09,
      f32_depthwise_4x8: 1.13,
      copiedValue: 3.04,
      keptValue: 9.51,
      transcendental: 13.3,
      step: 5410,
      call: 269000,
    },
    stock: {
      convMac: 1.4,
      dramWeight: 1.57,
      indirection: 52.3,
      depthwiseMac: 3.43,
      multipassDepthwiseMac: 18.6,
      loadStore: 2.1,
      reducedValue: 37.3,
      gathered: 841,
      scalarTranscendental: 188,
      vectorTranscendental: 21.4,
      kernel: 106000,
    },
  },
  'relaxed-simd': {
    fused: {
      gemmMac: 1.09,
      gemmTile: 200,
      dramWeight: 2.18,
      f32_grouped_4x8: 1.11,
      f32_depthwise_k3_4x4: 1.63,
      f32_depthwise_k3s2_4x4: 1,
      f32_depthwise_k5_8x4: 1.3,
      f32_depthwise_k5s2_8x4: 1,
      f32_depthwise_k7_8x4: 1.19,
      f32_depthwise_4x8: 1.15,
      copiedValue: 1.85,
      keptValue: 6.86,
      transcendental: 13.5,
      step: 5810,
      call: 283000,
    },
    stock: {
      convMac: 1.49,
      dramWeight: 1.52,
      indirection: 45,
      depthwiseMac: 3.46,
      multipassDepthwiseMac: 19.7,
      loadStore: 2.46,
      reducedValue: 33.3,
      gathered: 932,
      scalarTranscendental: 196,
      vectorTranscendental: 21.1,
      kernel: 111000,
    },
  },
};

/** How much there is of each part; absent is none. */
export type Work<Costs> = Readonly<Partial<Record<keyof Costs, number>>>;

/** Matrices that take more do not stay in a last-level cache, of which other data has a share. Units: bytes. */
const MAX_CACHED_BYTES = 6 * 2 ** 20;

/** Returns how many of `weights`, all or none, are read from DRAM in a block that runs again and again. */
export function dramWeights({inChannels, hiddenChannels, outChannels}: BlockSpec, weights: number): number {
  return FLOAT_BYTES * hiddenChannels * (inChannels + outChannels) > MAX_CACHED_BYTES ? weights : 0;
}

/** Returns several works as one. */
export function sumOfWork<Costs>(works: readonly Work<Costs>[]): Work<Costs> {
  const sum: Partial<Record<keyof Costs, number>> = {};
  for (const work of works) for (const part of partsOf(work)) sum[part] = (sum[part] ?? 0) + work[part]!;
  return sum;
}

/** Returns so many times the work. */
export function timesWork<Costs>(times: number, work: Work<Costs>): Work<Costs> {
  return Object.fromEntries(partsOf(work).map((part) => [part, times * work[part]!])) as Work<Costs>;
}

/** Returns what the work costs. Units: MACs of the GEMM micro-kernel. */
export function costOf<Costs extends Readonly<Record<keyof Costs, number>>>(work: Work<Costs>, costs: Costs): number {
  return partsOf(work).reduce((sum, part) => sum + work[part]! * costs[part], 0);
}

function partsOf<Costs>(work: Work<Costs>): (keyof Costs)[] {
  return Object.keys(work) as (keyof Costs)[];
}
