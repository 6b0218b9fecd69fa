/** The one list of micro-kernels with their tiles: the plan chooses from it, tests and benches run all of it. */
import type {BlockSpec} from '../block.ts';
import {roundUp} from '../params.ts';
import {SpatialKernel} from './assembly/fields.ts';

export type SpatialKernelName = keyof typeof SpatialKernel;

/** A micro-kernel of the spatial conv: rows of outputs of 8 channels. */
export interface SpatialMicrokernel {
  readonly name: SpatialKernelName;
  /** Pixels that it computes at a time; a row's last ones may lie past the row. */
  readonly pixels: number;
  fits(spec: Pick<BlockSpec, 'groupWidth' | 'kernelSize' | 'stride'>): boolean;
}

/** The best first: the first that fits is the plan's. */
export const SPATIAL_MICROKERNELS: readonly SpatialMicrokernel[] = [
  {name: 'f32_grouped_4x8', pixels: 4, fits: ({groupWidth}) => groupWidth > 1},
  depthwise({name: 'f32_depthwise_k3_4x4', pixels: 4, width: 3, stride: 1}),
  depthwise({name: 'f32_depthwise_k3s2_4x4', pixels: 4, width: 3, stride: 2}),
  depthwise({name: 'f32_depthwise_k5_8x4', pixels: 8, width: 5, stride: 1}),
  depthwise({name: 'f32_depthwise_k5s2_8x4', pixels: 8, width: 5, stride: 2}),
  depthwise({name: 'f32_depthwise_k7_8x4', pixels: 8, width: 7, stride: 1}),
  {name: 'f32_depthwise_4x8', pixels: 4, fits: ({groupWidth}) => groupWidth === 1},
];

function depthwise(kernel: {
  name: SpatialKernelName;
  pixels: number;
  width: number;
  stride: number;
}): SpatialMicrokernel {
  return {
    ...kernel,
    fits: ({groupWidth, kernelSize, stride}) =>
      groupWidth === 1 && kernelSize[1] === kernel.width && stride === kernel.stride,
  };
}

/** Whole tiles of the matrix product (assembly/tiling.ts) take no more pixels than a multiple of this. */
export const GEMM_PIXELS = 4;

/** Returns how many pixels the product takes the time of: it computes them in pairs, or in tiles of 4 and more; fewer wait for weights. */
export function gemmPixels(pixels: number): number {
  return Math.max(4, roundUp(pixels, 2));
}

/** Returns the micro-kernel that the plan uses for a spatial conv. */
export function spatialMicrokernel(spec: BlockSpec): SpatialMicrokernel {
  return SPATIAL_MICROKERNELS.find((kernel) => kernel.fits(spec))!;
}
