/** ConvFirst networks as converted GraphModels: grouped convs with a small group width, as Keras writes them. */
import type {io} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../ops/errors.ts';
import {GraphBuilder, type NetworkSize, type Value} from './graphBuilder.ts';
import {seededWeights} from './seededWeights.ts';
import {KerasImageLayers} from './spellings/kerasImage.ts';

export interface ConvFirstStage {
  readonly width: number;
  readonly depth: number;
  /** Hidden channels of a block, as a multiple of its input channels. */
  readonly expansion: number;
}

export interface ConvFirstOptions {
  /** Height and width of the image, in pixels. */
  readonly imageSize: number;
  /** Each stage but the first begins with a block of stride 2, without residual. */
  readonly stages: readonly ConvFirstStage[];
  /** The stem: one conv of this size and stride, with SiLU. Default 3×3, stride 2. */
  readonly stem?: {readonly kernel: number; readonly stride: number};
  /**
   * Channels of a group of the spatial conv; divides every width. Default 8. 1 makes it depthwise; a stage as wide as one
   * group has a dense conv, whose blocks are not fused.
   */
  readonly groupWidth?: number;
  /** Side of the spatial conv's window. Default 3. */
  readonly kernelSize?: number;
  /** Default 1000. */
  readonly classes?: number;
  /** Images at a time. Default 'open'. */
  readonly batch?: number | 'open';
  /** Default 0. */
  readonly seed?: number;
}

/**
 * A ConvFirst network of ours: 224 pixels, 6.8 M parameters, 1.29 GMAC. Its blocks are those of Lavin, "On the Efficiency of
 * Convolutional Neural Networks" (arXiv 2404.03617); its widths and depths are not, since the paper's network is not public.
 */
export const CONVFIRST = {
  imageSize: 224,
  stem: {kernel: 4, stride: 4},
  stages: [
    {width: 64, depth: 2, expansion: 6},
    {width: 128, depth: 2, expansion: 6},
    {width: 256, depth: 6, expansion: 4},
    {width: 512, depth: 2, expansion: 4},
  ],
} as const;

/** What a residual branch adds to its input's scale: a deep network stays level, and a lost block is seen. */
const BRANCH_GAIN = 0.5;

/**
 * Returns the network with seeded weights; its input is `input`, its output logits.
 * Throws: `invalid-option` where the group width does not divide a width.
 */
export function convFirstArtifacts(options: ConvFirstOptions): io.ModelArtifacts {
  const {graph, logits} = build(options);
  return graph.artifacts(logits);
}

/** Returns the network's parameters and MACs, without making its weights. Throws: as convFirstArtifacts. */
export function convFirstSize(options: ConvFirstOptions): NetworkSize {
  return build(options).graph.size();
}

function build(options: ConvFirstOptions): {graph: GraphBuilder; logits: Value} {
  const {imageSize, stages, stem = {kernel: 3, stride: 2}, classes = 1000, batch = 'open', seed = 0} = options;
  const {groupWidth = 8, kernelSize = 3} = options;
  const bad = stages.find(({width}) => width % groupWidth !== 0);
  if (bad !== undefined)
    throw new BlockFusionError('invalid-option', {
      where: 'convFirstArtifacts',
      must: `the group width must divide every stage's width`,
      got: `${groupWidth} for ${bad.width} channels`,
      fix: 'change one of them',
    });
  const graph = new GraphBuilder();
  const layers = new KerasImageLayers(graph, seededWeights(seed), 'convfirst');
  const image = graph.input('input', [batch === 'open' ? -1 : batch, imageSize, imageSize, 3]);
  let x = layers.conv(image, {layer: 'stem', ...stem, outputs: stages[0]!.width, activation: 'silu'});
  let index = 0;
  for (const [stage, {width, depth, expansion}] of stages.entries())
    for (let i = 0; i < depth; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      x = block(layers, x, {index: index++, stride, outputs: width, expansion, groupWidth, kernelSize});
    }
  return {graph, logits: layers.classifier(x, classes)};
}

interface Block {
  readonly index: number;
  readonly stride: number;
  readonly outputs: number;
  readonly expansion: number;
  readonly groupWidth: number;
  readonly kernelSize: number;
}

function block(layers: KerasImageLayers, x: Value, fields: Block): Value {
  const {index, stride, outputs, expansion, groupWidth, kernelSize} = fields;
  const channels = x.shape[3]!;
  const residual = stride === 1 && channels === outputs;
  const layer = `block_${index}`;
  let y = layers.conv(x, {
    layer: `${layer}_spatial`,
    kernel: kernelSize,
    stride,
    outputs: channels,
    groupWidth,
    activation: 'linear',
  });
  y = layers.conv(y, {layer: `${layer}_expand`, kernel: 1, outputs: expansion * channels, activation: 'silu'});
  y = layers.conv(y, {
    layer: `${layer}_project`,
    kernel: 1,
    outputs,
    activation: 'linear',
    after: 'silu',
    gain: residual ? BRANCH_GAIN : 1,
  });
  return residual ? layers.add(y, x, `${layer}_add`) : y;
}
