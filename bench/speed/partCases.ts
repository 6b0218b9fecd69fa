/**
 * Blocks with the parts that few have: squeeze-and-excite (EfficientNet-B0), the response norm (ConvNeXt V2 atto), none before the
 * spatial conv (MobileNetV1, BlazeFace). `npm run bench -- --only …`, `npm run bench:gpu -- --only …`.
 */
import type {BlockFields} from '../../ops/block.ts';
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
  changes: Pick<BlockFields, 'kernelSize' | 'spatialActivation' | 'outputActivation' | 'residual'>,
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

export const PART_CASES: readonly BlockCase[] = [
  efficientNet(28, 40),
  efficientNet(14, 112),
  convNextV2(56, 40),
  convNextV2(28, 80),
  convNextV2(14, 160),
  convNextV2(7, 320),
  separable('blazeface', [64, 24], {
    kernelSize: [5, 5],
    spatialActivation: 'linear',
    outputActivation: 'relu',
    residual: true,
  }),
  separable('mobilenetv1', [56, 128], {
    kernelSize: [3, 3],
    spatialActivation: 'relu6',
    outputActivation: 'relu6',
    residual: false,
  }),
];
