/** MobileNetV1 as a converted GraphModel, as Keras writes it: depthwise and 1×1 convs in turn, without a sum. */
import type {io} from '@tensorflow/tfjs-core';

import {GraphBuilder, type NetworkSize, type Value} from './graphBuilder.ts';
import {seededWeights} from './seededWeights.ts';
import {KerasImageLayers} from './spellings/kerasImage.ts';

export interface MobileNetV1Block {
  readonly width: number;
  readonly stride: 1 | 2;
}

export interface MobileNetV1Options {
  /** Height and width of the image, in pixels. Default 224. */
  readonly imageSize?: number;
  /** Channels of the stem, a 3×3 conv of stride 2. Default 32. */
  readonly stemWidth?: number;
  /** Default: the 13 of the paper. */
  readonly blocks?: readonly MobileNetV1Block[];
  /** Default 1000. */
  readonly classes?: number;
  /** Images at a time. Default 'open'. */
  readonly batch?: number | 'open';
  /** Default 0. */
  readonly seed?: number;
}

/** MobileNetV1 1.0 (Howard et al. 2017, table 1): 4.2 M parameters, 569 MMAC. */
const BLOCKS: readonly MobileNetV1Block[] = [
  {width: 64, stride: 1},
  {width: 128, stride: 2},
  {width: 128, stride: 1},
  {width: 256, stride: 2},
  {width: 256, stride: 1},
  {width: 512, stride: 2},
  ...Array<MobileNetV1Block>(5).fill({width: 512, stride: 1}),
  {width: 1024, stride: 2},
  {width: 1024, stride: 1},
];

/** Returns the network with seeded weights; its input is `input`, its output logits. */
export function mobileNetV1Artifacts(options: MobileNetV1Options = {}): io.ModelArtifacts {
  const {graph, logits} = build(options);
  return graph.artifacts(logits);
}

/** Returns the network's parameters and MACs, without making its weights. */
export function mobileNetV1Size(options: MobileNetV1Options = {}): NetworkSize {
  return build(options).graph.size();
}

function build(options: MobileNetV1Options): {graph: GraphBuilder; logits: Value} {
  const {imageSize = 224, stemWidth = 32, blocks = BLOCKS, classes = 1000, batch = 'open', seed = 0} = options;
  const graph = new GraphBuilder();
  const layers = new KerasImageLayers(graph, seededWeights(seed), 'mobilenet');
  const image = graph.input('input', [batch === 'open' ? -1 : batch, imageSize, imageSize, 3]);
  const activation = 'relu6';
  let x = layers.conv(image, {layer: 'conv1', kernel: 3, stride: 2, outputs: stemWidth, activation});
  for (const [index, {width, stride}] of blocks.entries()) {
    const spatial = {kernel: 3, stride, outputs: x.shape[3]!, groupWidth: 1, strideBy: 'pad'} as const;
    x = layers.conv(x, {...spatial, layer: `conv_dw_${index + 1}`, activation, after: activation});
    x = layers.conv(x, {layer: `conv_pw_${index + 1}`, kernel: 1, outputs: width, activation, after: activation});
  }
  return {graph, logits: layers.classifier(x, classes)};
}
