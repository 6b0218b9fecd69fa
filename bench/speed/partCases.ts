/**
 * Blocks with the parts that few have: squeeze-and-excite (EfficientNet-B0), the response norm (ConvNeXt V2 atto), none before the
 * spatial conv (MobileNetV1, BlazeFace). `npm run bench -- --only …`, `npm run bench:gpu -- --only …`.
 */
import type {Activation, BlockFields} from '../../ops/block.ts';
import {block, type BlockCase, convNext} from './cases.ts';

/** An EfficientNet block of expansion 6, its windows 5×5. */
export function efficientNet(side: number, channels: number): BlockCase {
  return block(`efficientnet-${side}x${side}x${channels}`, [side, side], {
    order: 'expand-first',
    inChannels: channels,
    hiddenChannels: 6 * channels,
    outChannels: channels,
    kernelSize: [5, 5],
    stride: 1,
    padding: 'same',
    groupWidth: 1,
    layerNormEpsilon: null,
    spatialActivation: 'silu',
    hiddenActivation: 'silu',
    squeezeExcite: {channels: channels / 4, activation: 'silu', gate: 'sigmoid', beforeActivation: false},
    residual: true,
  });
}

function convNextV2(side: number, channels: number): BlockCase {
  const {spec} = convNext(side, channels);
  return block(`convnextv2-${side}x${side}x${channels}`, [side, side], {
    ...spec,
    responseNorm: {epsilon: 1e-6, normEpsilon: 0},
  });
}

function separable(
  name: string,
  [side, channels]: readonly [side: number, channels: number],
  changes: SeparableFields,
): BlockCase {
  return block(`${name}-${side}x${side}x${channels}`, [side, side], {
    order: 'separable',
    inChannels: channels,
    hiddenChannels: channels,
    outChannels: channels,
    stride: 1,
    padding: 'same',
    groupWidth: 1,
    layerNormEpsilon: null,
    hiddenActivation: 'linear',
    ...changes,
  });
}

/** An inverted residual with squeeze-and-excite: an EfficientNet's, or, with hard-swish, a MobileNetV3's. */
function excited(
  name: string,
  side: number,
  fields: Pick<BlockFields, 'inChannels' | 'hiddenChannels' | 'outChannels' | 'kernelSize' | 'stride'> & {
    readonly activation: Activation;
    readonly squeezed: number;
  },
): BlockCase {
  const {activation, squeezed, ...rest} = fields;
  const {spec} = efficientNet(side, 8);
  const isEfficientNet = activation === 'silu';
  return block(name, [side, side], {
    ...spec,
    ...rest,
    spatialActivation: activation,
    hiddenActivation: activation,
    squeezeExcite: {
      channels: squeezed,
      activation: isEfficientNet ? 'silu' : 'relu',
      gate: isEfficientNet ? 'sigmoid' : 'hard-sigmoid',
      beforeActivation: false,
    },
    residual: rest.stride === 1 && rest.inChannels === rest.outChannels,
  });
}

type SeparableFields = Pick<BlockFields, 'kernelSize' | 'spatialActivation' | 'outputActivation' | 'residual'>;

const RELU6_SEPARABLE: SeparableFields = {
  kernelSize: [3, 3],
  spatialActivation: 'relu6',
  outputActivation: 'relu6',
  residual: false,
};
const RELU_AFTER_SUM: SeparableFields = {
  kernelSize: [3, 3],
  spatialActivation: 'linear',
  outputActivation: 'relu',
  residual: true,
};

/** More of them, by which the relative costs of ops/wasm are fitted: `npm run bench -- --edges`. */
export const PART_EDGE_CASES: readonly BlockCase[] = [
  excited('edge-efficientnet-112x112x16-se4', 112, {
    ...{
      inChannels: 16,
      hiddenChannels: 96,
      outChannels: 24,
      kernelSize: [3, 3],
      stride: 2,
      activation: 'silu',
      squeezed: 4,
    },
  }),
  excited('edge-efficientnet-56x56x24-se6', 56, {
    ...{
      inChannels: 24,
      hiddenChannels: 144,
      outChannels: 24,
      kernelSize: [3, 3],
      stride: 1,
      activation: 'silu',
      squeezed: 6,
    },
  }),
  excited('edge-efficientnet-14x14x80-se20', 14, {
    ...{
      inChannels: 80,
      hiddenChannels: 480,
      outChannels: 80,
      kernelSize: [3, 3],
      stride: 1,
      activation: 'silu',
      squeezed: 20,
    },
  }),
  excited('edge-efficientnet-7x7x192-se48', 7, {
    ...{
      inChannels: 192,
      hiddenChannels: 1152,
      outChannels: 192,
      kernelSize: [5, 5],
      stride: 1,
      activation: 'silu',
      squeezed: 48,
    },
  }),
  excited('edge-mobilenetv3-28x28x40-se32', 28, {
    ...{
      inChannels: 40,
      hiddenChannels: 120,
      outChannels: 40,
      kernelSize: [5, 5],
      stride: 1,
      activation: 'relu',
      squeezed: 32,
    },
  }),
  excited('edge-mobilenetv3-14x14x112-se168', 14, {
    ...{
      inChannels: 112,
      hiddenChannels: 672,
      outChannels: 112,
      kernelSize: [3, 3],
      stride: 1,
      activation: 'hard-swish',
      squeezed: 168,
    },
  }),
  excited('edge-mobilenetv3-7x7x160-se240', 7, {
    ...{
      inChannels: 160,
      hiddenChannels: 960,
      outChannels: 160,
      kernelSize: [5, 5],
      stride: 1,
      activation: 'hard-swish',
      squeezed: 240,
    },
  }),
  excited('edge-mobilenetv3-1x1x160-se240', 1, {
    ...{
      inChannels: 160,
      hiddenChannels: 960,
      outChannels: 160,
      kernelSize: [5, 5],
      stride: 1,
      activation: 'hard-swish',
      squeezed: 240,
    },
  }),
  excited('edge-mobilenetv3-2x2x16-se8', 2, {
    ...{
      inChannels: 16,
      hiddenChannels: 64,
      outChannels: 16,
      kernelSize: [3, 3],
      stride: 1,
      activation: 'relu',
      squeezed: 8,
    },
  }),
  separable('edge-mobilenetv1', [112, 32], RELU6_SEPARABLE),
  separable('edge-mobilenetv1', [28, 256], RELU6_SEPARABLE),
  separable('edge-mobilenetv1', [14, 512], RELU6_SEPARABLE),
  separable('edge-mobilenetv1', [7, 1024], RELU6_SEPARABLE),
  separable('edge-mobilenetv1', [2, 256], RELU6_SEPARABLE),
  separable('edge-mobilenetv1', [1, 512], RELU6_SEPARABLE),
  separable('edge-blazeface', [64, 24], RELU_AFTER_SUM),
  separable('edge-blazeface', [16, 96], RELU_AFTER_SUM),
  separable('edge-blazeface', [8, 96], RELU_AFTER_SUM),
  separable('edge-facemesh', [32, 64], {...RELU_AFTER_SUM, outputActivation: 'prelu'}),
  convNextV2(4, 16),
];

export const PART_CASES: readonly BlockCase[] = [
  efficientNet(28, 40),
  efficientNet(14, 112),
  convNextV2(56, 40),
  convNextV2(28, 80),
  convNextV2(14, 160),
  convNextV2(7, 320),
  separable('blazeface', [64, 24], {...RELU_AFTER_SUM, kernelSize: [5, 5]}),
  separable('mobilenetv1', [56, 128], RELU6_SEPARABLE),
];
