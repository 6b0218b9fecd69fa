/**
 * Blocks at the edges of what is worth fusing: small images, few channels, sizes that leave tails, kernels that have no
 * micro-kernel of their own. `npm run bench -- --edges`; the rates of src/rewrite/whenFaster.ts are read off it.
 */
import type {BlockSpec} from '../ops/block.ts';
import {block, type BlockCase} from './cases.ts';

const DEPTHWISE: BlockSpec = {
  order: 'expand-first',
  inChannels: 16,
  hiddenChannels: 96,
  outChannels: 16,
  kernelSize: [3, 3],
  stride: 1,
  padding: 'same',
  groupWidth: 1,
  layerNormEpsilon: null,
  spatialActivation: 'relu6',
  hiddenActivation: 'relu6',
  residual: true,
};

/** MobileNetV2's block of other widths. */
const mobile = (
  side: number,
  [inChannels, hiddenChannels, outChannels]: readonly [number, number, number],
): BlockCase =>
  block(`edge-mbconv-${side}x${side}x${inChannels}-${hiddenChannels}-${outChannels}`, side, {
    ...DEPTHWISE,
    ...{inChannels, hiddenChannels, outChannels, residual: inChannels === outChannels},
  });

const SILU = {spatialActivation: 'silu', hiddenActivation: 'silu'} as const;

/** EfficientNet-B0's block, without its squeeze-and-excite. */
const efficient = (side: number, channels: number, {out = channels, kernel = 5, stride = 1 as 1 | 2}): BlockCase =>
  block(`edge-efficientnet-${side}x${side}x${channels}-k${kernel}-stride${stride}`, side, {
    ...{...DEPTHWISE, ...SILU, inChannels: channels, hiddenChannels: 6 * channels, outChannels: out},
    ...{kernelSize: [kernel, kernel], stride, residual: stride === 1 && out === channels},
  });

const convFirst = (
  side: number,
  [channels, hidden]: readonly [number, number],
  changes: Partial<BlockSpec> = {},
): BlockCase => {
  const spec: BlockSpec = {
    ...{...DEPTHWISE, order: 'conv-first', spatialActivation: 'linear', hiddenActivation: 'silu'},
    ...{inChannels: channels, hiddenChannels: hidden, outChannels: channels, groupWidth: 8, ...changes},
  };
  const {kernelSize, groupWidth, stride, hiddenActivation} = spec;
  const name = `edge-convfirst-${side}x${side}x${channels}-${hidden}-k${kernelSize[0]}-g${groupWidth}`;
  return block(
    `${name}${stride === 2 ? '-stride2' : ''}${hiddenActivation === 'silu' ? '' : `-${hiddenActivation}`}`,
    side,
    spec,
  );
};

const CONVNEXT = {groupWidth: 1, kernelSize: [7, 7], layerNormEpsilon: 1e-6, hiddenActivation: 'gelu'} as const;

export const EDGE_CASES: readonly BlockCase[] = [
  mobile(1, [8, 8, 8]),
  mobile(1, [16, 96, 16]),
  mobile(1, [160, 960, 160]),
  mobile(2, [64, 384, 64]),
  mobile(4, [4, 8, 4]),
  mobile(7, [16, 96, 16]),
  mobile(7, [4, 24, 4]),
  mobile(14, [4, 8, 4]),
  mobile(56, [4, 24, 4]),
  mobile(56, [3, 13, 3]),
  mobile(28, [32, 8, 32]),
  mobile(112, [16, 96, 24]),
  mobile(112, [16, 16, 16]),
  mobile(4, [160, 960, 320]),
  efficient(112, 16, {out: 24, kernel: 3, stride: 2}),
  efficient(56, 24, {out: 40, stride: 2}),
  efficient(28, 40, {}),
  efficient(14, 112, {}),
  efficient(14, 112, {out: 192, stride: 2}),
  efficient(7, 192, {}),
  convFirst(224, [8, 48]),
  convFirst(1, [64, 384]),
  convFirst(4, [16, 32]),
  convFirst(7, [512, 2048]),
  convFirst(28, [64, 128], {groupWidth: 32}),
  convFirst(14, [256, 1024], {groupWidth: 32}),
  convFirst(56, [64, 384], {stride: 2, residual: false}),
  convFirst(28, [64, 256], {kernelSize: [5, 5]}),
  convFirst(56, [16, 16], {hiddenActivation: 'relu'}),
  convFirst(1, [768, 3072], CONVNEXT),
  convFirst(2, [320, 1280], CONVNEXT),
  convFirst(8, [16, 64], CONVNEXT),
  convFirst(4, [8, 32], CONVNEXT),
  convFirst(56, [96, 384], {groupWidth: 1, kernelSize: [7, 7], hiddenActivation: 'relu'}),
  convFirst(28, [64, 64], {groupWidth: 1, kernelSize: [1, 1], hiddenActivation: 'relu'}),
  convFirst(28, [64, 64], {groupWidth: 1, kernelSize: [3, 3], hiddenActivation: 'relu'}),
  convFirst(28, [64, 256], {groupWidth: 1, kernelSize: [9, 9], hiddenActivation: 'relu'}),
];
