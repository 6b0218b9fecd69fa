/** A face detector after BlazeFace as a converted GraphModel, as Keras writes it: relu(x + pointwise(depthwise(x))). */
import type {io} from '@tensorflow/tfjs-core';

import {attr, FLOAT, GraphBuilder, INT32, type NetworkSize, type Value} from './graphBuilder.ts';
import {seededWeights} from './seededWeights.ts';
import {KerasImageLayers} from './spellings/kerasImage.ts';

export interface BlazeFaceOptions {
  /** Height and width of the image, in pixels: a multiple of 16. Default 128. */
  readonly imageSize?: number;
  /** Side of the depthwise convs' windows: 3 in the published weights, 5 in the paper. Default 3. */
  readonly kernelSize?: number;
  /** Images at a time. Default 'open'. */
  readonly batch?: number | 'open';
  /** Default 0. */
  readonly seed?: number;
}

interface Block {
  readonly width: number;
  readonly stride: 1 | 2;
}

const block = (width: number, stride: 1 | 2 = 1): Block => ({width, stride});

/** The front camera's network of MediaPipe (Bazarevsky et al. 2019): 16 blocks, and what is detected after 11 and after 16. */
const STEM_WIDTH = 24;
const STAGES = [
  {
    blocks: [
      ...[block(24), block(28), block(32, 2), block(36), block(42), block(48, 2)],
      ...[block(56), block(64), block(72), block(80), block(88)],
    ],
    anchors: 2,
  },
  {blocks: [block(96, 2), block(96), block(96), block(96), block(96)], anchors: 6},
] as const;
/** Of each anchor a score, a box, and six points of the face. */
const OUTPUTS = 1 + 4 + 2 * 6;

/** What a residual branch adds to its input's scale: a deep network stays level, and a lost block is seen. */
const BRANCH_GAIN = 0.25;

/** Returns the network with seeded weights; its input is `input`. Shapes: the output is `[n, anchors, 17]`, 896 anchors of 128 pixels. */
export function blazeFaceArtifacts(options: BlazeFaceOptions = {}): io.ModelArtifacts {
  const {graph, anchors} = build(options);
  return graph.artifacts(anchors);
}

/** Returns the network's parameters and MACs, without making its weights. */
export function blazeFaceSize(options: BlazeFaceOptions = {}): NetworkSize {
  return build(options).graph.size();
}

function build(options: BlazeFaceOptions): {graph: GraphBuilder; anchors: Value} {
  const {imageSize = 128, kernelSize = 3, batch = 'open', seed = 0} = options;
  const graph = new GraphBuilder();
  const layers = new KerasImageLayers(graph, seededWeights(seed), 'blazeface');
  const image = graph.input('input', [batch === 'open' ? -1 : batch, imageSize, imageSize, 3]);
  const stem = {layer: 'conv2d', kernel: 5, stride: 2, outputs: STEM_WIDTH, norm: false} as const;
  let x = layers.conv(image, {...stem, activation: 'relu'});
  let index = 0;
  const found = STAGES.map(({blocks, anchors}, stage) => {
    for (const {width, stride} of blocks)
      x = blazeBlock(layers, x, {layer: `block_${index++}`, width, stride, kernelSize});
    return detections(layers, x, {layer: `detections_${stage}`, anchors});
  });
  return {graph, anchors: concatenated(graph, found)};
}

interface BlazeBlock extends Block {
  readonly layer: string;
  readonly kernelSize: number;
}

/** Where the block is narrower on its input's side, the skip gets channels of zeros; where it has a stride, it is max-pooled. */
function blazeBlock(layers: KerasImageLayers, x: Value, {layer, width, stride, kernelSize}: BlazeBlock): Value {
  const channels = x.shape[3]!;
  const common = {activation: 'linear', norm: false} as const;
  const spatial = {...common, kernel: kernelSize, stride, outputs: channels, groupWidth: 1} as const;
  const filtered = layers.conv(x, {...spatial, layer: `${layer}_depthwise`, after: 'relu'});
  const point = {...common, kernel: 1, outputs: width, gain: BRANCH_GAIN} as const;
  const y = layers.conv(filtered, {...point, layer: `${layer}_pointwise`});
  const pooled = stride === 2 ? layers.maxPool(x, `${layer}_max_pooling2d`) : x;
  const skip = width > channels ? layers.padChannels(pooled, `${layer}_channels`, width - channels) : pooled;
  return layers.relu(layers.add(skip, y, `${layer}_add`), `${layer}_re_lu`);
}

/** Shapes: `[n, h, w, c]` to `[n, h·w·anchors, 17]`. */
function detections(layers: KerasImageLayers, x: Value, {layer, anchors}: {layer: string; anchors: number}): Value {
  const conv = {
    layer,
    kernel: 1,
    outputs: anchors * OUTPUTS,
    activation: 'linear',
    after: 'relu',
    norm: false,
  } as const;
  const y = layers.conv(x, conv);
  return layers.reshape(y, `${layer}_reshape`, [anchors * y.shape[1]! * y.shape[2]!, OUTPUTS]);
}

function concatenated(graph: GraphBuilder, parts: readonly Value[]): Value {
  const name = 'StatefulPartitionedCall/blazeface/concatenate/concat';
  const anchors = parts.reduce((sum, {shape}) => sum + shape[1]!, 0);
  return graph.node({
    op: 'ConcatV2',
    name,
    inputs: [...parts, graph.int(`${name}/axis`, 1)],
    shape: [parts[0]!.shape[0]!, anchors, OUTPUTS],
    attrs: {N: attr.int(parts.length), T: FLOAT, Tidx: INT32},
  });
}
