/** ConvNeXt V2 networks as converted GraphModels, as Keras 2 code writes them: a response norm, and no layer scale. */
import type {io} from '@tensorflow/tfjs-core';

import {checkStages, stagesOf} from './convNext.ts';
import {GraphBuilder, type NetworkSize, type Value} from './graphBuilder.ts';
import {seededWeights} from './seededWeights.ts';
import {KerasConvNeXt} from './spellings/keras.ts';

export interface ConvNeXtV2Options {
  /** Height and width of the image, in pixels. */
  readonly imageSize: number | readonly [number, number];
  /** Channels of each stage. */
  readonly widths: readonly number[];
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Default 1000. */
  readonly classes?: number;
  /** Images at a time. Default 'open'. */
  readonly batch?: number | 'open';
  /** Default 0. */
  readonly seed?: number;
}

/** ConvNeXt V2-A, "atto" (Woo et al. 2023, table 9): 3.7 M parameters, 0.55 GMAC. */
export const CONVNEXT_V2_ATTO = {imageSize: 224, widths: [40, 80, 160, 320], depths: [2, 2, 6, 2]} as const;

/** Hidden channels of a block, as a multiple of its width. */
const EXPANSION = 4;

/**
 * Returns the network with seeded weights; its input is `input`, its output logits. Stock TensorFlow.js runs it as it is.
 * Throws: `invalid-option` where widths and depths differ in length.
 */
export function convNextV2Artifacts(options: ConvNeXtV2Options): io.ModelArtifacts {
  const {graph, logits} = build(options);
  return graph.artifacts(logits);
}

/** Returns the network's parameters and MACs, without making its weights. Throws: as convNextV2Artifacts. */
export function convNextV2Size(options: ConvNeXtV2Options): NetworkSize {
  return build(options).graph.size();
}

function build(options: ConvNeXtV2Options): {graph: GraphBuilder; logits: Value} {
  const {imageSize, batch = 'open', seed = 0} = options;
  checkStages('convNextV2Artifacts', options);
  const [height, width] = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
  const graph = new GraphBuilder();
  const parts = new KerasConvNeXt(graph, seededWeights(seed), {grouped: false});
  const image = graph.input('input', [batch === 'open' ? -1 : batch, height, width, 3]);
  return {graph, logits: stagesOf(parts, image, {...options, block: (x, layer) => block(parts, x, layer)})};
}

function block(parts: KerasConvNeXt, x: Value, layer: string): Value {
  let y = parts.depthwise(x, `${layer}_depthwise_conv`);
  y = parts.layerNorm(y, `${layer}_layernorm`);
  y = parts.pointwise(y, `${layer}_pointwise_conv_1`, EXPANSION * x.shape[3]!);
  y = parts.gelu(y, `${layer}_gelu`);
  y = parts.responseNorm(y, `${layer}_grn`);
  y = parts.pointwise(y, `${layer}_pointwise_conv_2`, x.shape[3]!);
  return parts.add(y, x);
}
