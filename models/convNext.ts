/** ConvNeXt networks as converted GraphModels, in the spellings of four frameworks. */
import type {io} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../ops/errors.ts';
import {GraphBuilder, type NetworkSize, type Value} from './graphBuilder.ts';
import {seededWeights} from './seededWeights.ts';
import {FlaxConvNeXt} from './spellings/flax.ts';
import {KerasConvNeXt} from './spellings/keras.ts';
import {Onnx2TfConvNeXt} from './spellings/onnx2tf.ts';
import type {ConvNeXtParts} from './spellings/parts.ts';

/**
 * - `keras-grouped`: keras.applications; depthwise convs are grouped Conv2D, pointwise ones a Tensordot chain.
 * - `keras-depthwise`: the same from DepthwiseConv2D layers. Stock TensorFlow.js runs it as it is.
 * - `keras-static`: keras-grouped with a fixed batch, its chains folded to constant shapes.
 * - `onnx2tf`: PyTorch by ONNX; pointwise layers are 1×1 convs.
 * - `flax`: jax2tf; Einsum, GELU by tanh (all others: by erf), LayerNorm by E[x²] − E[x]².
 */
export const CONVNEXT_SPELLINGS = ['keras-grouped', 'keras-depthwise', 'keras-static', 'onnx2tf', 'flax'] as const;
export type ConvNeXtSpelling = (typeof CONVNEXT_SPELLINGS)[number];

export interface ConvNeXtOptions {
  /** Height and width of the image, in pixels. */
  readonly imageSize: number;
  /** Channels of each stage. */
  readonly widths: readonly number[];
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Default 1000. */
  readonly classes?: number;
  /** Hidden channels of a block, as a multiple of its width. Default 4. */
  readonly expansion?: number;
  /** Default 'keras-grouped'. */
  readonly spelling?: ConvNeXtSpelling;
  /** Images at a time, or 'open'. Default: open where the spelling can be (keras-grouped, keras-depthwise), else 1. */
  readonly batch?: number | 'open';
  /** Default 0. The same seed gives the same weights in every spelling. */
  readonly seed?: number;
}

/** ConvNeXt-T (Liu et al. 2022, table 9): 28.6 M parameters, 4.46 GMAC. */
export const CONVNEXT_TINY = {imageSize: 224, widths: [96, 192, 384, 768], depths: [3, 3, 9, 3]} as const;

/**
 * Returns the network with seeded weights; its input is `input`, its output logits.
 * Throws: `invalid-option` where widths and depths differ in length, or the spelling needs a fixed batch.
 */
export function convNextArtifacts(options: ConvNeXtOptions): io.ModelArtifacts {
  const {graph, logits} = build(options);
  return graph.artifacts(logits);
}

/** Returns the network's parameters and MACs, without making its weights. Throws: as convNextArtifacts. */
export function convNextSize(options: ConvNeXtOptions): NetworkSize {
  return build(options).graph.size();
}

function build(options: ConvNeXtOptions): {graph: GraphBuilder; logits: Value} {
  const {imageSize, expansion = 4} = options;
  checkStages('convNextArtifacts', options);
  const graph = new GraphBuilder();
  const parts = partsOf(graph, options);
  const image = graph.input('input', [batchOf(options), imageSize, imageSize, 3]);
  const logits = stagesOf(parts, image, {
    ...options,
    block: (x, layer) => block(parts, x, {layer, hidden: expansion * x.shape[3]!}),
  });
  return {graph, logits};
}

/** Throws: `invalid-option` where widths and depths differ in length. */
export function checkStages(where: string, {widths, depths}: Pick<ConvNeXtOptions, 'widths' | 'depths'>): void {
  if (widths.length !== depths.length)
    throw new BlockFusionError('invalid-option', {
      where,
      must: 'widths and depths must be of one length',
      got: {widths, depths},
      fix: 'give each stage both',
    });
}

export interface StageFields extends Pick<ConvNeXtOptions, 'widths' | 'depths' | 'classes'> {
  /** Adds a block. */
  readonly block: (x: Value, layer: string) => Value;
}

/** Adds stem, stages and head, which ConvNeXt and its second version have in common: an image to logits. */
export function stagesOf(parts: ConvNeXtParts, image: Value, fields: StageFields): Value {
  const {widths, depths, classes = 1000, block} = fields;
  let x = parts.layerNorm(parts.patchify(image, 'stem_conv', {patch: 4, width: widths[0]!}), 'stem_layernorm');
  for (const [stage, width] of widths.entries()) {
    if (stage > 0) x = downsample(parts, x, {index: stage - 1, width});
    for (let index = 0; index < depths[stage]!; index++) x = block(x, `stage_${stage}_block_${index}`);
  }
  const features = parts.layerNorm(parts.globalAverage(x, 'head_gap'), 'head_layernorm');
  return parts.classifier(features, 'head_dense', classes);
}

function downsample(parts: ConvNeXtParts, x: Value, {index, width}: {index: number; width: number}): Value {
  const normed = parts.layerNorm(x, `downsampling_layernorm_${index}`);
  return parts.patchify(normed, `downsampling_conv_${index}`, {patch: 2, width});
}

function block(parts: ConvNeXtParts, x: Value, {layer, hidden}: {layer: string; hidden: number}): Value {
  let y = parts.depthwise(x, `${layer}_depthwise_conv`);
  y = parts.layerNorm(y, `${layer}_layernorm`);
  y = parts.pointwise(y, `${layer}_pointwise_conv_1`, hidden);
  y = parts.gelu(y, `${layer}_gelu`);
  y = parts.pointwise(y, `${layer}_pointwise_conv_2`, x.shape[3]!);
  y = parts.layerScale(y, `${layer}_layer_scale`);
  return parts.add(x, y, layer);
}

function partsOf(graph: GraphBuilder, {spelling = 'keras-grouped', seed = 0}: ConvNeXtOptions): ConvNeXtParts {
  const weights = seededWeights(seed);
  switch (spelling) {
    case 'keras-grouped':
    case 'keras-static':
      return new KerasConvNeXt(graph, weights, {grouped: true});
    case 'keras-depthwise':
      return new KerasConvNeXt(graph, weights, {grouped: false});
    case 'onnx2tf':
      return new Onnx2TfConvNeXt(graph, weights);
    case 'flax':
      return new FlaxConvNeXt(graph, weights);
    default:
      return spelling satisfies never;
  }
}

function batchOf({spelling = 'keras-grouped', batch}: ConvNeXtOptions): number {
  const canBeOpen = spelling === 'keras-grouped' || spelling === 'keras-depthwise';
  const chosen = batch ?? (canBeOpen ? 'open' : 1);
  if (chosen !== 'open') return chosen;
  if (canBeOpen) return -1;
  throw new BlockFusionError('invalid-option', {
    where: `convNextArtifacts: spelling ${spelling}`,
    must: 'batch must be a number',
    got: batch,
    fix: 'leave it out for 1, or use keras-grouped or keras-depthwise',
  });
}
