/**
 * Blocks at the edges of what is worth fusing: small images, few channels, sizes that leave tails, kernels that have no
 * micro-kernel of their own. `npm run bench -- --edges`. The relative costs of ops/wasm are fitted to them and to CASES
 * (test/ops/wasm/measuredBlocks.ts).
 */
import type {BlockFields} from '../../ops/block.ts';
import {batched, BETWEEN_CASES, type BenchCase, block, type BlockCase, CASES} from './cases.ts';
import {PART_CASES, PART_EDGE_CASES} from './partCases.ts';

const DEPTHWISE: BlockFields = {
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

type Size = readonly [number, number];

/** MobileNetV2's block of other widths. */
function mobile(size: Size, [inChannels, hiddenChannels, outChannels]: readonly [number, number, number]): BlockCase {
  return block(`edge-mbconv-${size.join('x')}x${inChannels}-${hiddenChannels}-${outChannels}`, size, {
    ...DEPTHWISE,
    ...{inChannels, hiddenChannels, outChannels, residual: inChannels === outChannels},
  });
}

/** EfficientNet-B0's block, without its squeeze-and-excite. */
function efficient(
  side: number,
  [inChannels, outChannels]: Size,
  [kernel, stride]: readonly [number, 1 | 2],
): BlockCase {
  const name = `edge-efficientnet-${side}x${side}x${inChannels}-${outChannels}-k${kernel}-stride${stride}`;
  return block(name, [side, side], {
    ...{...DEPTHWISE, spatialActivation: 'silu', hiddenActivation: 'silu'},
    ...{inChannels, hiddenChannels: 6 * inChannels, outChannels, kernelSize: [kernel, kernel]},
    ...{stride, residual: stride === 1 && inChannels === outChannels},
  });
}

function convFirst(size: Size, [channels, hiddenChannels]: Size, changes: Partial<BlockFields> = {}): BlockCase {
  const spec: BlockFields = {
    ...{...DEPTHWISE, order: 'conv-first', spatialActivation: 'linear', hiddenActivation: 'silu', groupWidth: 8},
    ...{inChannels: channels, hiddenChannels, outChannels: channels, ...changes},
  };
  const {kernelSize, groupWidth, stride} = spec;
  const kind = `k${kernelSize[0]}-g${groupWidth}${stride === 2 ? '-stride2' : ''}-${spec.hiddenActivation}`;
  return block(`edge-convfirst-${size.join('x')}x${channels}-${hiddenChannels}-${kind}`, size, spec);
}

const CONVNEXT = {groupWidth: 1, kernelSize: [7, 7], layerNormEpsilon: 1e-6, hiddenActivation: 'gelu'} as const;
const RELU_DEPTHWISE = {groupWidth: 1, hiddenActivation: 'relu'} as const;

/** Fewer pixels than the matrix kernels take at a time. */
const FEW_PIXELS: readonly BlockCase[] = [
  mobile([1, 1], [8, 8, 8]),
  mobile([1, 1], [16, 96, 16]),
  mobile([1, 1], [32, 192, 32]),
  mobile([1, 1], [64, 384, 64]),
  mobile([1, 1], [160, 960, 160]),
  batched(8, mobile([1, 1], [160, 960, 160])),
  batched(8, mobile([1, 1], [16, 96, 16])),
  batched(8, mobile([1, 5], [160, 960, 160])),
  batched(8, mobile([2, 2], [160, 960, 160])),
  batched(8, mobile([3, 3], [160, 960, 160])),
  batched(8, mobile([7, 7], [160, 960, 160])),
  batched(8, convFirst([7, 7], [768, 3072], CONVNEXT)),
  mobile([1, 2], [160, 960, 160]),
  mobile([1, 3], [160, 960, 160]),
  mobile([2, 2], [160, 960, 160]),
  mobile([1, 5], [160, 960, 160]),
  mobile([2, 3], [160, 960, 160]),
  mobile([3, 3], [160, 960, 160]),
  convFirst([1, 1], [64, 384]),
  convFirst([1, 1], [96, 384], CONVNEXT),
  convFirst([1, 1], [768, 3072], CONVNEXT),
  convFirst([1, 2], [768, 3072], CONVNEXT),
  convFirst([1, 3], [768, 3072], CONVNEXT),
  convFirst([2, 2], [768, 3072], CONVNEXT),
  convFirst([1, 5], [768, 3072], CONVNEXT),
  convFirst([2, 2], [320, 1280], CONVNEXT),
];

const FEW_CHANNELS: readonly BlockCase[] = [
  mobile([4, 4], [4, 8, 4]),
  mobile([7, 7], [4, 24, 4]),
  mobile([14, 14], [4, 8, 4]),
  mobile([56, 56], [4, 24, 4]),
  mobile([56, 56], [3, 13, 3]),
  mobile([7, 7], [16, 96, 16]),
  mobile([28, 28], [32, 8, 32]),
  mobile([112, 112], [16, 16, 16]),
  mobile([112, 112], [16, 96, 24]),
  convFirst([224, 224], [8, 48]),
  convFirst([4, 4], [16, 32]),
  convFirst([56, 56], [16, 16], {hiddenActivation: 'relu'}),
  convFirst([8, 8], [16, 64], CONVNEXT),
  convFirst([4, 4], [8, 32], CONVNEXT),
];

/** Kernels and groups without a micro-kernel of their own, blocks with little to save, many weights for few pixels. */
const ODD_SHAPES: readonly BlockCase[] = [
  mobile([4, 4], [160, 960, 320]),
  efficient(112, [16, 24], [3, 2]),
  efficient(56, [24, 40], [5, 2]),
  efficient(28, [40, 40], [5, 1]),
  efficient(14, [112, 112], [5, 1]),
  efficient(14, [112, 192], [5, 2]),
  efficient(7, [192, 192], [5, 1]),
  convFirst([7, 7], [512, 2048]),
  convFirst([28, 28], [64, 128], {groupWidth: 32}),
  convFirst([14, 14], [256, 1024], {groupWidth: 32}),
  convFirst([56, 56], [64, 384], {stride: 2, residual: false}),
  convFirst([28, 28], [64, 256], {kernelSize: [5, 5]}),
  convFirst([28, 28], [64, 64], {...RELU_DEPTHWISE, kernelSize: [1, 1]}),
  convFirst([28, 28], [64, 64], RELU_DEPTHWISE),
  convFirst([56, 56], [96, 384], {...RELU_DEPTHWISE, kernelSize: [7, 7]}),
  convFirst([28, 28], [64, 256], {...RELU_DEPTHWISE, kernelSize: [9, 9]}),
];

export const EDGE_CASES: readonly BlockCase[] = [
  ...FEW_PIXELS,
  ...FEW_CHANNELS,
  ...ODD_SHAPES,
  ...PART_CASES,
  ...PART_EDGE_CASES,
];

/** What can be asked for by name. */
export const ALL_CASES: readonly BenchCase[] = [...CASES, ...EDGE_CASES, ...BETWEEN_CASES];
