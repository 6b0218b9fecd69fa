/** Convolutions and Dense. A Dense layer on more than rows is a 1×1 conv, which every backend has and the rewrite knows. */
import {convAttrs, type ConvWindow, MATMUL, PLAIN_CONV} from '../graph/nodeAttrs.ts';
import {activate} from './activations.ts';
import {
  channelsOf,
  expandDims,
  imageInput,
  type LayerCall,
  type LayerWriter,
  node,
  onlyInput,
  shapeText,
  squeeze,
} from './call.ts';
import type {Draft} from './drafts.ts';
import {brokenModel, unsupportedLayer} from './errors.ts';
import {flagOf, type Layer, type PairOfSizes, sizeOf, sizesOf, titleOf, wordOf} from './layer.ts';

const POINTWISE: ConvWindow = {padding: 'VALID'};

/** Returns the padding as ops name it. */
export function paddingOf(layer: Layer): ConvWindow['padding'] {
  return wordOf(layer, 'padding', ['valid', 'same'], 'valid') === 'same' ? 'SAME' : 'VALID';
}

/** Returns the sizes of an image after a window went over it: −1 where they are open. */
export function windowed(
  [, height, width]: readonly number[],
  kernel: PairOfSizes,
  {strides = [1, 1], dilations = [1, 1], padding}: ConvWindow,
): number[] {
  return [height!, width!].map((size, i) => {
    const extent = (kernel[i]! - 1) * dilations[i]! + 1;
    if (size < 0) return -1;
    return padding === 'SAME' ? Math.ceil(size / strides[i]!) : Math.floor((size - extent) / strides[i]!) + 1;
  });
}

/** Refuses an image that a window does not fit into. */
export function checkWindowed({layer}: LayerCall, {shape}: Draft, sizes: readonly number[]): void {
  if (sizes.includes(0) || sizes.some((size) => size < -1))
    throw brokenModel(titleOf(layer), 'its window must fit into its input', shapeText(shape));
}

interface ConvParts {
  readonly x: Draft;
  readonly filter: Draft;
  readonly window: ConvWindow;
  /** Channels of the output. */
  readonly outputs: number;
}

function conv(call: LayerCall, op: 'Conv2D' | 'DepthwiseConv2dNative', {x, filter, window, outputs}: ConvParts): Draft {
  const [height, width] = filter.shape as [number, number];
  const sizes = windowed(x.shape, [height, width], window);
  checkWindowed(call, x, sizes);
  const attrs = {...convAttrs(window), ...(op === 'Conv2D' ? PLAIN_CONV : {})};
  return node(call, op, {inputs: [x, filter], shape: [x.shape[0]!, ...sizes, outputs], attrs});
}

/** Adds the bias that a layer has unless it says otherwise, and its activation. */
function finished(call: LayerCall, x: Draft): Draft {
  if (!flagOf(call.layer, 'use_bias', true)) return activate(call, x);
  const bias = call.weight('bias', [x.shape.at(-1)!]);
  return activate(call, node(call, 'BiasAdd', {inputs: [x, bias], shape: x.shape}));
}

function windowOf(layer: Layer): ConvWindow {
  const strides = sizesOf(layer, 'strides', [1, 1]);
  const dilations = sizesOf(layer, 'dilation_rate', [1, 1]);
  if (Math.max(...strides) > 1 && Math.max(...dilations) > 1)
    throw unsupportedLayer(titleOf(layer), 'strides or dilation_rate must be 1', {strides, dilation_rate: dilations});
  return {strides, dilations, padding: paddingOf(layer)};
}

const conv2D: LayerWriter = (call) => {
  const {layer} = call;
  const x = imageInput(call);
  const channels = channelsOf(call, x);
  const groups = sizeOf(layer, 'groups', 1);
  if (channels % groups !== 0) throw brokenModel(titleOf(layer), `groups must divide ${channels} channels`, groups);
  const outputs = sizeOf(layer, 'filters');
  const filter = call.weight('kernel', [...sizesOf(layer, 'kernel_size'), channels / groups, outputs]);
  return finished(call, conv(call, 'Conv2D', {x, filter, window: windowOf(layer), outputs}));
};

const depthwiseConv2D: LayerWriter = (call) => {
  const {layer} = call;
  const x = imageInput(call);
  const window = windowOf(layer);
  if (Math.max(...window.dilations!) > 1)
    throw unsupportedLayer(
      titleOf(layer),
      'dilation_rate must be 1, as tf.loadLayersModel takes it',
      layer.config['dilation_rate'],
    );
  return finished(call, depthwise(call, x, {names: ['depthwise_kernel', 'kernel'], window}));
};

function depthwise(call: LayerCall, x: Draft, {names, window}: {names: readonly string[]; window: ConvWindow}): Draft {
  const {layer} = call;
  const channels = channelsOf(call, x);
  const multiplier = sizeOf(layer, 'depth_multiplier', 1);
  const filter = call.weight(names, [...sizesOf(layer, 'kernel_size'), channels, multiplier]);
  return conv(call, 'DepthwiseConv2dNative', {x, filter, window, outputs: channels * multiplier});
}

const separableConv2D: LayerWriter = (call) => {
  const {layer} = call;
  const spatial = depthwise(call, imageInput(call), {names: ['depthwise_kernel'], window: windowOf(layer)});
  const outputs = sizeOf(layer, 'filters');
  const filter = call.weight('pointwise_kernel', [1, 1, channelsOf(call, spatial), outputs]);
  return finished(call, conv(call, 'Conv2D', {x: spatial, filter, window: POINTWISE, outputs}));
};

const dense: LayerWriter = (call) => {
  const x = onlyInput(call);
  const rank = x.shape.length;
  const kernel = [channelsOf(call, x), sizeOf(call.layer, 'units')] as const;
  if (rank === 2) {
    const weights = call.weight('kernel', kernel);
    return finished(call, node(call, 'MatMul', {inputs: [x, weights], shape: [x.shape[0]!, kernel[1]], attrs: MATMUL}));
  }
  if (rank !== 3 && rank !== 4)
    throw unsupportedLayer(titleOf(call.layer), 'its input must be of rank 2, 3 or 4', shapeText(x.shape));
  const filter = call.weight('kernel', kernel, [1, 1, ...kernel]);
  const image = rank === 3 ? expandDims(call, x, 1) : x;
  const y = finished(call, conv(call, 'Conv2D', {x: image, filter, window: POINTWISE, outputs: kernel[1]}));
  return rank === 3 ? squeeze(call, y, 1) : y;
};

export const CONV_LAYERS: Readonly<Record<string, LayerWriter>> = {
  Conv2D: conv2D,
  DepthwiseConv2D: depthwiseConv2D,
  SeparableConv2D: separableConv2D,
  Dense: dense,
};
