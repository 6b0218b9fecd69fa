/** Blocks for the sweeps: the op's whole range in small sizes, and shapes of real models; and how near a kernel must come. */
import {
  ACTIVATIONS,
  type BlockFields,
  type BlockSpec,
  blockSpec,
  describeBlock,
  type ResponseNorm,
  type SqueezeExcite,
} from '../../ops/block.ts';
import {type BlockWeights, packParams} from '../../ops/packParams.ts';
import {type LayerName, paramsLayout} from '../../ops/params.ts';
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
export const CONV_FIRST = blockSpec({
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
});

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

/** Those that have no part of PART_BLOCKS. */
const FIXED_ACTIVATIONS = ACTIVATIONS.filter((activation) => activation !== 'prelu' && activation !== 'hard-sigmoid');

/** Every value of every field, one or two at a time, on both orders. */
export const SMALL_BLOCKS: readonly BlockCase[] = [
  ...[CONV_FIRST, MBCONV].flatMap((base) => [
    ...KERNEL_SIZES.map((kernelSize) => block(base, {kernelSize})),
    ...KERNEL_SIZES.map((kernelSize) => block(base, {kernelSize, stride: 2, residual: false})),
    ...FIXED_ACTIVATIONS.map((hiddenActivation) => block(base, {hiddenActivation})),
    ...FIXED_ACTIVATIONS.map((spatialActivation) => block(base, {spatialActivation})),
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

const SEPARABLE = blockSpec({
  ...CONV_FIRST,
  order: 'separable',
  hiddenChannels: 16,
  groupWidth: 1,
  hiddenActivation: 'linear',
});

const EXCITED: SqueezeExcite = {channels: 6, activation: 'relu', gate: 'sigmoid', beforeActivation: false};
const RESPONSE_NORM: ResponseNorm = {epsilon: 1e-6, normEpsilon: 0};

/** Separable blocks: every activation on both sides of project, windows, strides, groups, tails. */
const SEPARABLE_BLOCKS: readonly BlockCase[] = [
  block(SEPARABLE, {}),
  ...ACTIVATIONS.map((spatialActivation) => block(SEPARABLE, {spatialActivation})),
  ...ACTIVATIONS.map((outputActivation) => block(SEPARABLE, {outputActivation})),
  ...KERNEL_SIZES.map((kernelSize) => block(SEPARABLE, {kernelSize, outputActivation: 'relu'})),
  ...KERNEL_SIZES.map((kernelSize) => block(SEPARABLE, {kernelSize, stride: 2, residual: false})),
  block(SEPARABLE, {groupWidth: 8, spatialActivation: 'relu6'}),
  block(SEPARABLE, {groupWidth: 16, inChannels: 32, hiddenChannels: 32, outChannels: 9, residual: false}),
  block(SEPARABLE, {padding: 'valid', residual: false}),
  block(SEPARABLE, {padding: {top: 0, right: 1, bottom: 1, left: 0}, stride: 2, residual: false}, 8, 10),
  block(SEPARABLE, {padding: {top: 3, right: 0, bottom: 2, left: 5}, residual: false, outputActivation: 'prelu'}),
  block(SEPARABLE, {outChannels: 40, residual: false, outputActivation: 'relu6'}),
  block(SEPARABLE, {}, 1, 1),
  block(SEPARABLE, {}, 1, 13),
  block(SEPARABLE, {}, 13, 1),
  ...[1, 3, 13, 20, 200].map((channels) =>
    block(SEPARABLE, {
      ...{inChannels: channels, hiddenChannels: channels, outChannels: channels},
      ...{spatialActivation: 'prelu', outputActivation: 'prelu'},
    }),
  ),
];

/** Squeeze-and-excite on both orders that have it, and the response norm. */
export const GLOBAL_BLOCKS: readonly BlockCase[] = [
  ...[MBCONV, SEPARABLE].flatMap((base) => [
    block(base, {squeezeExcite: EXCITED}),
    ...ACTIVATIONS.map((activation) => block(base, {squeezeExcite: {...EXCITED, activation}})),
    block(base, {squeezeExcite: {...EXCITED, gate: 'hard-sigmoid'}, spatialActivation: 'hard-swish'}),
    ...(['hard-swish', 'prelu', 'silu', 'linear'] as const).map((spatialActivation) =>
      block(base, {squeezeExcite: {...EXCITED, beforeActivation: true}, spatialActivation}),
    ),
    ...[1, 8, 13].map((channels) => block(base, {squeezeExcite: {...EXCITED, channels}})),
    block(base, {squeezeExcite: EXCITED, kernelSize: [5, 5], spatialActivation: 'silu'}, 11, 12),
    block(base, {squeezeExcite: EXCITED, stride: 2, residual: false, outChannels: 5}, 12, 13),
    block(base, {squeezeExcite: EXCITED, groupWidth: 8, outputActivation: 'relu'}),
    block(base, {squeezeExcite: EXCITED}, 1, 1),
    block(base, {squeezeExcite: EXCITED}, 1, 13),
    block(base, {squeezeExcite: EXCITED}, 20, 21),
  ]),
  block(MBCONV, {squeezeExcite: EXCITED, inChannels: 13, outChannels: 13, hiddenChannels: 43}, 10, 11),
  block(MBCONV, {squeezeExcite: EXCITED, hiddenChannels: 200}, 4, 5),
  ...[CONV_FIRST, CONVNEXT].flatMap((base) => [
    block(base, {responseNorm: RESPONSE_NORM}),
    block(base, {responseNorm: {epsilon: 1e-3, normEpsilon: 1e-2}}, 12, 13),
    block(base, {responseNorm: RESPONSE_NORM, hiddenActivation: 'prelu', outputActivation: 'relu'}),
    block(base, {responseNorm: RESPONSE_NORM, hiddenChannels: 200}, 4, 5),
    block(base, {responseNorm: RESPONSE_NORM, stride: 2, residual: false, outChannels: 5}, 11, 12),
    block(base, {responseNorm: RESPONSE_NORM}, 1, 1),
    block(base, {responseNorm: RESPONSE_NORM}, 20, 21),
  ]),
  block(CONVNEXT, {responseNorm: RESPONSE_NORM, inChannels: 13, outChannels: 13, hiddenChannels: 43}, 10, 11),
];

/** An activation after the sum, and PReLU, on the orders that have an expand layer. */
const ACTIVATED_BLOCKS: readonly BlockCase[] = [CONV_FIRST, CONVNEXT, MBCONV].flatMap((base) => [
  ...ACTIVATIONS.map((outputActivation) => block(base, {outputActivation})),
  ...(['hard-sigmoid', 'prelu'] as const).flatMap((activation) => [
    block(base, {spatialActivation: activation}),
    block(base, {hiddenActivation: activation}),
  ]),
  block(base, {outputActivation: 'relu6', residual: false, outChannels: 13}),
  block(base, {
    ...{spatialActivation: 'prelu', hiddenActivation: 'prelu', outputActivation: 'prelu'},
    ...{inChannels: 24, outChannels: 24, hiddenChannels: 43, groupWidth: 1},
  }),
]);

/** Blocks of EfficientNet, MobileNetV3, ConvNeXt V2, MobileNetV1 and BlazeFace, the channels cut. */
const REAL_BLOCKS: readonly BlockCase[] = [
  block(
    {...MBCONV, spatialActivation: 'silu', hiddenActivation: 'silu'},
    {
      ...{inChannels: 40, hiddenChannels: 240, outChannels: 40, kernelSize: [5, 5]},
      squeezeExcite: {channels: 10, activation: 'silu', gate: 'sigmoid', beforeActivation: false},
    },
    14,
    14,
  ),
  block(
    {...MBCONV, spatialActivation: 'hard-swish', hiddenActivation: 'hard-swish'},
    {
      ...{inChannels: 40, hiddenChannels: 240, outChannels: 48, kernelSize: [5, 5], stride: 2, residual: false},
      squeezeExcite: {channels: 64, activation: 'relu', gate: 'hard-sigmoid', beforeActivation: false},
    },
    13,
    14,
  ),
  block(CONVNEXT, {inChannels: 40, hiddenChannels: 160, outChannels: 40, responseNorm: RESPONSE_NORM}, 14, 14),
  block(
    SEPARABLE,
    {
      ...{inChannels: 64, hiddenChannels: 64, outChannels: 128, stride: 2, residual: false},
      ...{padding: {top: 0, right: 1, bottom: 1, left: 0}, spatialActivation: 'relu6', outputActivation: 'relu6'},
    },
    28,
    28,
  ),
  block(
    SEPARABLE,
    {inChannels: 24, hiddenChannels: 24, outChannels: 24, kernelSize: [5, 5], outputActivation: 'relu'},
    32,
    31,
  ),
];

/** Blocks with a part that few have. */
export const PART_BLOCKS: readonly BlockCase[] = [
  ...SEPARABLE_BLOCKS,
  ...GLOBAL_BLOCKS,
  ...ACTIVATED_BLOCKS,
  ...REAL_BLOCKS,
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

/** Returns params with weights that keep every layer's values near one, and biases and slopes that matter. */
export function randomParams(fields: BlockFields, seed: number): Float32Array {
  const spec = blockSpec(fields);
  const {sections, responseNorm} = paramsLayout(spec);
  const salts: Readonly<Record<LayerName, number>> = {spatial: 0, expand: 2, project: 4, seReduce: 6, seExpand: 8};
  const layers = sections.map(({layer, depth, outputs, slopes}) => {
    const layerSeed = seed * 16 + salts[layer];
    return [
      layer,
      {
        weights: randomFloats(depth * outputs, {seed: layerSeed, scale: Math.sqrt(3 / depth)}),
        bias: randomFloats(outputs, {seed: layerSeed + 1, scale: 0.3}),
        ...(slopes === null ? {} : {slopes: randomFloats(outputs, {seed: layerSeed + 10, scale: 0.5})}),
      },
    ];
  });
  const norm =
    responseNorm === null ? {} : {responseNorm: {scale: randomFloats(spec.hiddenChannels, {seed: seed * 16 + 15})}};
  return packParams(spec, {...(Object.fromEntries(layers) as BlockWeights), ...norm});
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
  const depths = paramsLayout(spec).sections.map(({depth}) => Math.sqrt(depth));
  return 2 ** -22 * depths.reduce((sum, root) => sum + root, 8);
}
