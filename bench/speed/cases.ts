/** What the bench times: blocks and networks as data. A new case is one entry here. */
import type {io} from '@tensorflow/tfjs-core';
import {type BlockFields, type BlockSpec, blockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {blazeFaceArtifacts, blazeFaceSize} from '../../models/blazeFace.ts';
import {CONVFIRST, convFirstArtifacts, convFirstSize} from '../../models/convFirst.ts';
import {CONVNEXT_TINY, convNextArtifacts, type ConvNeXtOptions, convNextSize} from '../../models/convNext.ts';
import {CONVNEXT_V2_ATTO, convNextV2Artifacts, convNextV2Size} from '../../models/convNextV2.ts';
import {efficientNetArtifacts, efficientNetSize} from '../../models/efficientNet.ts';
import {mobileNetV2Artifacts, mobileNetV2Size} from '../../models/mbConv.ts';
import {mobileNetV1Artifacts, mobileNetV1Size} from '../../models/mobileNetV1.ts';
import {mobileNetV3Artifacts, mobileNetV3Size} from '../../models/mobileNetV3.ts';

export interface BlockCase {
  readonly kind: 'block';
  readonly name: string;
  readonly spec: BlockSpec;
  readonly size: ImageSize;
}

export interface NetworkCase {
  readonly kind: 'network';
  readonly name: string;
  /** MACs for one image. */
  readonly macs: () => number;
  readonly artifacts: () => io.ModelArtifacts;
}

export type BenchCase = BlockCase | NetworkCase;

/** A network that lies in files: plain values, which a page can be told. */
export interface WrittenNetwork {
  readonly kind: 'network';
  readonly name: string;
  /** MACs for all images. */
  readonly macs: number;
  /** Images at a time. */
  readonly batch: number;
  /** Where its model.json is: a folder, or for a page a URL. */
  readonly model: string;
}

/** Returns the case of a block on one image. */
export function block(name: string, [height, width]: readonly [number, number], spec: BlockFields): BlockCase {
  return {kind: 'block', name, spec: blockSpec(spec), size: {batch: 1, height, width}};
}

/** Returns the name of a case on several images at a time. */
export function batchedName(name: string, batch: number): string {
  return batch === 1 ? name : `${name}-batch${batch}`;
}

/** Returns the case on so many times as many images at a time. */
export function batched(times: number, {name, size, ...rest}: BlockCase): BlockCase {
  const batch = times * size.batch;
  return {...rest, name: batchedName(name, times), size: {...size, batch}};
}

/** A ConvNeXt block of `channels`: depthwise 7×7, LayerNorm, four times as many hidden channels, GELU. */
export const convNext = (side: number, channels: number): BlockCase =>
  block(`convnext-${side}x${side}x${channels}`, [side, side], {
    order: 'conv-first',
    inChannels: channels,
    hiddenChannels: 4 * channels,
    outChannels: channels,
    kernelSize: [7, 7],
    stride: 1,
    padding: 'same',
    groupWidth: 1,
    layerNormEpsilon: 1e-6,
    spatialActivation: 'linear',
    hiddenActivation: 'gelu',
    residual: true,
  });

/** A MobileNetV2 block: expansion 6, ReLU6, depthwise 3×3. */
export const mobileNetV2 = (
  side: number,
  [inChannels, outChannels]: readonly [number, number],
  stride: 1 | 2 = 1,
): BlockCase =>
  block(`mobilenetv2-${side}x${side}x${inChannels}${stride === 2 ? '-stride2' : ''}`, [side, side], {
    order: 'expand-first',
    inChannels,
    hiddenChannels: 6 * inChannels,
    outChannels,
    kernelSize: [3, 3],
    stride,
    padding: 'same',
    groupWidth: 1,
    layerNormEpsilon: null,
    spatialActivation: 'relu6',
    hiddenActivation: 'relu6',
    residual: stride === 1 && inChannels === outChannels,
  });

/** A ConvFirst block: grouped 3×3, expansion 6, SiLU. */
export const convFirst = ([height, width]: readonly [number, number], channels: number): BlockCase =>
  block(`convfirst-${height}x${width}x${channels}`, [height, width], {
    order: 'conv-first',
    inChannels: channels,
    hiddenChannels: 6 * channels,
    outChannels: channels,
    kernelSize: [3, 3],
    stride: 1,
    padding: 'same',
    groupWidth: 8,
    layerNormEpsilon: null,
    spatialActivation: 'linear',
    hiddenActivation: 'silu',
    residual: true,
  });

/** Source: sizes of the ConvFirst and MBConv blocks from scripts/profile_block.py of andravin/spio. */
const GROUPED: readonly BlockCase[] = [
  convFirst([64, 64], 64),
  block('mbconv-16x16x256', [16, 16], {
    order: 'expand-first',
    inChannels: 256,
    hiddenChannels: 4 * 256,
    outChannels: 256,
    kernelSize: [3, 3],
    stride: 1,
    padding: 'same',
    groupWidth: 8,
    layerNormEpsilon: null,
    spatialActivation: 'silu',
    hiddenActivation: 'silu',
    residual: true,
  }),
];

/** In the spelling that stock tfjs runs as it is. */
const CONVNEXT_TINY_DEPTHWISE: ConvNeXtOptions = {...CONVNEXT_TINY, spelling: 'keras-depthwise'};

export const CASES: readonly BenchCase[] = [
  convNext(56, 96),
  convNext(28, 192),
  convNext(14, 384),
  convNext(7, 768),
  ...GROUPED,
  mobileNetV2(56, [24, 24]),
  mobileNetV2(56, [24, 32], 2),
  mobileNetV2(28, [32, 32]),
  mobileNetV2(14, [64, 64]),
  {
    kind: 'network',
    name: 'convnext-tiny',
    macs: () => convNextSize(CONVNEXT_TINY_DEPTHWISE).macs,
    artifacts: () => convNextArtifacts(CONVNEXT_TINY_DEPTHWISE),
  },
  {
    kind: 'network',
    name: 'mobilenet-v2',
    macs: () => mobileNetV2Size().macs,
    artifacts: () => mobileNetV2Artifacts(),
  },
  {
    kind: 'network',
    name: 'convfirst',
    macs: () => convFirstSize(CONVFIRST).macs,
    artifacts: () => convFirstArtifacts(CONVFIRST),
  },
  {
    kind: 'network',
    name: 'efficientnet-b0',
    macs: () => efficientNetSize().macs,
    artifacts: () => efficientNetArtifacts(),
  },
  {
    kind: 'network',
    name: 'mobilenet-v3-large',
    macs: () => mobileNetV3Size({variant: 'large'}).macs,
    artifacts: () => mobileNetV3Artifacts({variant: 'large'}),
  },
  {
    kind: 'network',
    name: 'mobilenet-v1',
    macs: () => mobileNetV1Size().macs,
    artifacts: () => mobileNetV1Artifacts(),
  },
  {
    kind: 'network',
    name: 'blazeface',
    macs: () => blazeFaceSize().macs,
    artifacts: () => blazeFaceArtifacts(),
  },
  {
    kind: 'network',
    name: 'convnext-v2-atto',
    macs: () => convNextV2Size(CONVNEXT_V2_ATTO).macs,
    artifacts: () => convNextV2Artifacts(CONVNEXT_V2_ATTO),
  },
];

/** Blocks of sizes between those of CASES: none of the relative costs is fitted to them, which are judged by them. */
export const BETWEEN_CASES: readonly BlockCase[] = [
  convNext(40, 128),
  convNext(20, 320),
  convNext(10, 512),
  convFirst([32, 32], 128),
  convFirst([48, 24], 96),
  mobileNetV2(28, [32, 64], 2),
];
