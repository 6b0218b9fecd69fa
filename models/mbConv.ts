/** MBConv networks as converted GraphModels, as Keras writes them; MobileNetV2 is one of them. */
import type {io} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../ops/errors.ts';
import {divisibleByEight} from './divisibleByEight.ts';
import {GraphBuilder, type NetworkSize, type Value} from './graphBuilder.ts';
import {invertedResidual} from './invertedResidual.ts';
import {seededWeights} from './seededWeights.ts';
import {type ImageActivation, KerasImageLayers} from './spellings/kerasImage.ts';

export interface MBConvStage {
  readonly width: number;
  readonly depth: number;
  /** Stride of the stage's first block. */
  readonly stride: 1 | 2;
  /** Hidden channels of a block, as a multiple of its input channels; 1 leaves the expand layer out. */
  readonly expansion: number;
}

export interface MBConvOptions {
  /** Height and width of the image, in pixels. */
  readonly imageSize: number;
  readonly stages: readonly MBConvStage[];
  /** Channels of the stem, a 3×3 conv of stride 2. Default: the first stage's width. */
  readonly stemWidth?: number;
  /** Channels of a 1×1 conv before the global average; none where absent. */
  readonly headWidth?: number;
  /** Channels of a group of the spatial conv; divides all hidden channels. Default 1: depthwise. */
  readonly groupWidth?: number;
  /** Side of the spatial conv's window. Default 3. */
  readonly kernelSize?: number;
  /** Default 'silu'. */
  readonly activation?: Exclude<ImageActivation, 'linear'>;
  /** How a block of stride 2 gets its zeros: by SAME, or by a Pad node, as in MobileNetV2. Default 'same'. */
  readonly strideBy?: 'same' | 'pad';
  /** Default 1000. */
  readonly classes?: number;
  /** Images at a time. Default 'open'. */
  readonly batch?: number | 'open';
  /** Default 0. */
  readonly seed?: number;
}

/** MobileNetV2 1.0 (Sandler et al. 2018, table 2): 224 pixels, 3.5 M parameters, 300 MMAC. */
export const MOBILENET_V2 = {
  imageSize: 224,
  stemWidth: 32,
  headWidth: 1280,
  stages: [
    {width: 16, depth: 1, stride: 1, expansion: 1},
    {width: 24, depth: 2, stride: 2, expansion: 6},
    {width: 32, depth: 3, stride: 2, expansion: 6},
    {width: 64, depth: 4, stride: 2, expansion: 6},
    {width: 96, depth: 3, stride: 1, expansion: 6},
    {width: 160, depth: 3, stride: 2, expansion: 6},
    {width: 320, depth: 1, stride: 1, expansion: 6},
  ],
  activation: 'relu6',
  strideBy: 'pad',
} as const satisfies MBConvOptions;

export interface MobileNetV2Options extends Pick<MBConvOptions, 'classes' | 'batch' | 'seed'> {
  /** Height and width of the image, in pixels. Default 224. */
  readonly imageSize?: number;
  /** The width multiplier of the paper. Default 1. */
  readonly alpha?: number;
}

/**
 * Returns the network with seeded weights; its input is `input`, its output logits.
 * Throws: `invalid-option` where the group width does not divide a block's hidden channels.
 */
export function mbConvArtifacts(options: MBConvOptions): io.ModelArtifacts {
  const {graph, logits} = build(options, 'mbconv');
  return graph.artifacts(logits);
}

/** Returns the network's parameters and MACs, without making its weights. Throws: as mbConvArtifacts. */
export function mbConvSize(options: MBConvOptions): NetworkSize {
  return build(options, 'mbconv').graph.size();
}

/** Returns MobileNetV2 with seeded weights; its input is `input`, its output logits. */
export function mobileNetV2Artifacts(options: MobileNetV2Options = {}): io.ModelArtifacts {
  const {graph, logits} = build(mobileNetV2(options), 'mobilenetv2');
  return graph.artifacts(logits);
}

/** Returns MobileNetV2's parameters and MACs, without making its weights. */
export function mobileNetV2Size(options: MobileNetV2Options = {}): NetworkSize {
  return mbConvSize(mobileNetV2(options));
}

function mobileNetV2({alpha = 1, ...rest}: MobileNetV2Options): MBConvOptions {
  const scaled = (width: number): number => divisibleByEight(alpha * width);
  return {
    ...MOBILENET_V2,
    stemWidth: scaled(MOBILENET_V2.stemWidth),
    headWidth: alpha > 1 ? scaled(MOBILENET_V2.headWidth) : MOBILENET_V2.headWidth,
    stages: MOBILENET_V2.stages.map((stage) => ({...stage, width: scaled(stage.width)})),
    ...rest,
  };
}

function build(options: MBConvOptions, model: string): {graph: GraphBuilder; logits: Value} {
  const {
    imageSize,
    stages,
    stemWidth = stages[0]!.width,
    headWidth,
    classes = 1000,
    batch = 'open',
    seed = 0,
  } = options;
  const {activation = 'silu', groupWidth = 1, kernelSize = 3, strideBy = 'same'} = options;
  const graph = new GraphBuilder();
  const layers = new KerasImageLayers(graph, seededWeights(seed), model);
  const image = graph.input('input', [batch === 'open' ? -1 : batch, imageSize, imageSize, 3]);
  let x = layers.conv(image, {layer: 'Conv1', kernel: 3, stride: 2, outputs: stemWidth, activation});
  let index = 0;
  for (const {width, depth, stride: firstStride, expansion} of stages)
    for (let i = 0; i < depth; i++) {
      const stride = i === 0 ? firstStride : 1;
      const shape = {stride, outputs: width, expansion, groupWidth, kernelSize, strideBy};
      x = block(layers, x, {index: index++, activation, ...shape});
    }
  if (headWidth !== undefined) x = layers.conv(x, {layer: 'Conv_1', kernel: 1, outputs: headWidth, activation});
  return {graph, logits: layers.classifier(x, classes)};
}

interface Block extends Required<Pick<MBConvOptions, 'activation' | 'groupWidth' | 'kernelSize' | 'strideBy'>> {
  readonly index: number;
  readonly stride: 1 | 2;
  readonly outputs: number;
  readonly expansion: number;
}

function block(layers: KerasImageLayers, x: Value, {index, expansion, ...rest}: Block): Value {
  const hidden = expansion * x.shape[3]!;
  if (hidden % rest.groupWidth !== 0)
    throw new BlockFusionError('invalid-option', {
      where: `mbConvArtifacts: block ${index}`,
      must: 'the group width must divide the hidden channels',
      got: `${rest.groupWidth} for ${hidden} channels`,
      fix: 'change one of them',
    });
  const layer = expansion === 1 ? 'expanded_conv' : 'block';
  const named = (part: string): string => `${layer}_${index}_${part}`;
  return invertedResidual(layers, x, {...rest, named, hidden, expand: expansion !== 1, sum: 'x + y'});
}
