/** Blocks for the sweeps: the op's whole range in small sizes, and shapes of real models; and how near a kernel must come. */
import {ACTIVATIONS, type BlockSpec, blockSpec, describeBlock, spatialChannels} from '../../ops/block.ts';
import {packParams} from '../../ops/packParams.ts';
import {paramsLayout} from '../../ops/params.ts';
import {randomFloats} from './random.ts';

/** A block with the size of its input image. */
export interface BlockCase {
  readonly spec: BlockSpec;
  readonly height: number;
  readonly width: number;
}

/** Returns what a test of the block is called. */
export function titleOf({spec, height, width}: BlockCase): string {
  return `${describeBlock(spec)} at ${height}×${width}`;
}

/** A ConvFirst block, small; the other cases change it. */
export const CONV_FIRST: BlockSpec = {
  order: 'conv-first',
  inChannels: 16,
  hiddenChannels: 24,
  outChannels: 16,
  kernelSize: [3, 3],
  stride: 1,
  padding: 'same',
  groupWidth: 8,
  layerNormEpsilon: null,
  spatialActivation: 'linear',
  hiddenActivation: 'silu',
  residual: true,
};

const CONVNEXT: BlockSpec = {
  ...CONV_FIRST,
  groupWidth: 1,
  kernelSize: [7, 7],
  layerNormEpsilon: 1e-6,
  hiddenActivation: 'gelu',
};

const MBCONV: BlockSpec = {
  ...CONV_FIRST,
  order: 'expand-first',
  groupWidth: 1,
  spatialActivation: 'relu6',
  hiddenActivation: 'relu6',
};

const block = (base: BlockSpec, changes: Partial<BlockSpec>, height = 9, width = 7): BlockCase => ({
  spec: blockSpec({...base, ...changes}),
  height,
  width,
});

const KERNEL_SIZES: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 3],
  [5, 5],
  [7, 7],
  [3, 5],
  [7, 1],
  [2, 4],
];

/** Every value of every field, one or two at a time, on both orders. */
export const SMALL_BLOCKS: readonly BlockCase[] = [
  ...[CONV_FIRST, MBCONV].flatMap((base) => [
    ...KERNEL_SIZES.map((kernelSize) => block(base, {kernelSize})),
    ...KERNEL_SIZES.map((kernelSize) => block(base, {kernelSize, stride: 2, residual: false})),
    ...ACTIVATIONS.map((hiddenActivation) => block(base, {hiddenActivation})),
    ...ACTIVATIONS.map((spatialActivation) => block(base, {spatialActivation})),
    ...[1, 8, 16, 24, 32].flatMap((groupWidth) => {
      const channels = groupWidth === 1 ? 40 : 2 * groupWidth;
      const widths = {inChannels: channels, outChannels: channels, hiddenChannels: channels};
      return [
        block(base, {...widths, groupWidth}, 5, 6),
        block(base, {...widths, groupWidth, stride: 2, residual: false}, 5, 6),
      ];
    }),
    block(base, {padding: 'valid', residual: false}),
    block(base, {padding: 'valid', stride: 2, residual: false}),
    block(base, {padding: {top: 0, right: 1, bottom: 1, left: 0}, stride: 2, residual: false}, 8, 10),
    block(base, {padding: {top: 3, right: 0, bottom: 2, left: 5}, residual: false}),
    block(base, {padding: {top: 1, right: 1, bottom: 1, left: 1}}),
    block(base, {residual: false}),
    block(base, {outChannels: 40, residual: false}),
    block(base, {outChannels: 5, residual: false}),
    block(base, {}, 1, 1),
    block(base, {}, 1, 13),
    block(base, {}, 13, 1),
    block(base, {hiddenChannels: 200}, 4, 5),
  ]),
  ...[1, 3, 13, 20].flatMap((channels) => [
    block(CONV_FIRST, {inChannels: channels, outChannels: channels, hiddenChannels: 17, groupWidth: 1}),
    block(CONVNEXT, {inChannels: channels, outChannels: channels, hiddenChannels: 4 * channels}),
    block(MBCONV, {inChannels: channels, outChannels: channels, hiddenChannels: 3 * channels}),
    block(MBCONV, {inChannels: 7, outChannels: 9, hiddenChannels: channels, residual: false, stride: 2}),
  ]),
  block(CONVNEXT, {}),
  block(CONVNEXT, {layerNormEpsilon: 1e-2, hiddenActivation: 'gelu-tanh'}),
  block(CONVNEXT, {spatialActivation: 'silu', stride: 2, residual: false}),
  block(CONVNEXT, {groupWidth: 8}),
];

/** One block of each kind that has kernels of its own, larger than a tile in both directions, with tails everywhere. */
export const LAYERED_BLOCKS: readonly BlockCase[] = [
  ...[CONV_FIRST, MBCONV].flatMap((base) => [
    ...([3, 5, 7] as const).map((k) =>
      block(base, {kernelSize: [k, k], groupWidth: 1, inChannels: 13, outChannels: 13, hiddenChannels: 27}, 11, 10),
    ),
    ...([3, 5] as const).map((k) =>
      block(base, {kernelSize: [k, k], groupWidth: 1, stride: 2, residual: false, outChannels: 11}, 12, 13),
    ),
    block(base, {groupWidth: 8}, 10, 11),
    block(base, {groupWidth: 8, stride: 2, residual: false}, 11, 9),
    block(base, {groupWidth: 16, inChannels: 32, hiddenChannels: 32, outChannels: 9, residual: false}, 6, 9),
  ]),
  block(CONVNEXT, {}, 9, 12),
];

/** Blocks of ConvNeXt-T, MobileNetV2 and a ConvFirst network, the channels cut where the loops would take too long. */
export const MODEL_BLOCKS: readonly BlockCase[] = [
  block(CONVNEXT, {inChannels: 96, hiddenChannels: 384, outChannels: 96}, 17, 15),
  block(CONVNEXT, {inChannels: 192, hiddenChannels: 300, outChannels: 192}, 7, 7),
  block(CONVNEXT, {inChannels: 384, hiddenChannels: 264, outChannels: 384}, 5, 5),
  block(CONV_FIRST, {inChannels: 64, hiddenChannels: 384, outChannels: 64}, 9, 16),
  block(CONV_FIRST, {inChannels: 64, hiddenChannels: 384, outChannels: 96, stride: 2, residual: false}, 15, 16),
  block(MBCONV, {inChannels: 24, hiddenChannels: 144, outChannels: 24}, 19, 18),
  block(MBCONV, {inChannels: 16, hiddenChannels: 96, outChannels: 24, stride: 2, residual: false}, 33, 34),
  block(MBCONV, {inChannels: 96, hiddenChannels: 576, outChannels: 160, stride: 2, residual: false}, 14, 14),
  block(
    {...MBCONV, hiddenActivation: 'silu', spatialActivation: 'silu'},
    {inChannels: 64, hiddenChannels: 256, outChannels: 64, groupWidth: 8},
    16,
    16,
  ),
];

/** Returns params with weights that keep every layer's values near one, and biases that matter. */
export function randomParams(spec: BlockSpec, seed: number): Float32Array {
  const spatial = spatialChannels(spec);
  const taps = spec.kernelSize[0] * spec.kernelSize[1] * spec.groupWidth;
  const layer = (depth: number, outputs: number, layerSeed: number) => ({
    weights: randomFloats(depth * outputs, {seed: layerSeed, scale: Math.sqrt(3 / depth)}),
    bias: randomFloats(outputs, {seed: layerSeed + 1, scale: 0.3}),
  });
  return packParams(spec, {
    spatial: layer(taps, spatial, seed * 16),
    expand: layer(spec.inChannels, spec.hiddenChannels, seed * 16 + 2),
    project: layer(spec.hiddenChannels, spec.outChannels, seed * 16 + 4),
  });
}

/** Returns images that are zero but for a one in the middle of the first. */
export function impulse({spec, height, width}: BlockCase, batch: number): Float32Array {
  const x = new Float32Array(batch * height * width * spec.inChannels);
  x[(Math.floor(height / 2) * width + Math.floor(width / 2)) * spec.inChannels + (spec.inChannels >> 1)] = 1;
  return x;
}

/**
 * A float32 sum of n products of numbers near one errs by about √n·2⁻²⁴ of the sum's size; three layers follow each other, and
 * the activations err by a few 2⁻²⁴ each.
 */
export function toleranceOf(spec: BlockSpec): number {
  const {spatial, expand, project} = paramsLayout(spec);
  return 2 ** -22 * (8 + Math.sqrt(spatial.depth) + Math.sqrt(expand.depth) + Math.sqrt(project.depth));
}
