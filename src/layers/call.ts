/** A layer's call while its nodes are written: what the files of the families share. */
import {attr, FLOAT, INT32, type NodeAttrs} from '../graph/nodeAttrs.ts';
import type {Draft, Drafts} from './drafts.ts';
import {brokenModel, unsupportedLayer} from './errors.ts';
import {type Layer, titleOf} from './layer.ts';

/** A call of a layer that is no model. */
export interface LayerCall {
  readonly layer: Layer;
  /** What names of its nodes start with. */
  readonly scope: string;
  readonly inputs: readonly Draft[];
  readonly drafts: Drafts;
  /** Whether Keras 3 wrote the model. */
  readonly isOfKeras3: boolean;
  /** Returns a weight of the layer. `names`: the first of those that the model has. `as`: the shape to put its elements into. */
  readonly weight: (names: string | readonly string[], shape: readonly number[], as?: readonly number[]) => Draft;
}

/** Writes the nodes of a layer's call; returns its output. */
export type LayerWriter = (call: LayerCall) => Draft;

/** Returns the one input of a call. Throws: `invalid-model` where there are several, or one of another rank. */
export function onlyInput({layer, inputs}: LayerCall, rank?: number): Draft {
  const [x, ...more] = inputs;
  if (x === undefined || more.length > 0) throw brokenModel(titleOf(layer), 'must have one input', inputs.length);
  if (rank !== undefined && x.shape.length !== rank)
    throw brokenModel(titleOf(layer), `must have an input of rank ${rank}`, shapeText(x.shape));
  return x;
}

/** Returns the one input of a layer of images, as NHWC with a known number of channels. */
export function imageInput(call: LayerCall): Draft {
  const {layer} = call;
  const {data_format: format} = layer.config;
  if (format === 'channels_first' || format === 'channelsFirst')
    throw unsupportedLayer(titleOf(layer), 'data_format must be channels_last', format);
  return onlyInput(call, 4);
}

/** Returns the size of the last axis. Throws: `invalid-model` where it is open. */
export function channelsOf({layer}: LayerCall, {shape}: Draft): number {
  const channels = shape.at(-1)!;
  if (channels < 0) throw brokenModel(titleOf(layer), 'the last size of its input must be known', shapeText(shape));
  return channels;
}

/** Returns a shape as text, `?` for an open size. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.map((size) => (size < 0 ? '?' : size)).join(', ')}]`;
}

export interface NodeParts {
  readonly inputs: readonly Draft[];
  readonly shape: readonly number[];
  readonly attrs?: NodeAttrs;
  /** Default: the op's. */
  readonly name?: string;
}

/** Adds a node, named after the layer and its op. */
export function node({drafts, scope}: LayerCall, op: string, {name = op, ...fields}: NodeParts): Draft {
  return drafts.node({op, name: `${scope}/${name}`, ...fields});
}

/** Adds an op on each element. */
export function unary(call: LayerCall, op: string, x: Draft, attrs: NodeAttrs = {}): Draft {
  return node(call, op, {inputs: [x], shape: x.shape, attrs: {T: FLOAT, ...attrs}});
}

/** Adds an op on two values, which broadcasts. Throws: `invalid-model` where the shapes do not fit. */
export function binary(call: LayerCall, op: string, a: Draft, b: Draft): Draft {
  return node(call, op, {inputs: [a, b], shape: broadcast(call, a.shape, b.shape)});
}

function broadcast({layer}: LayerCall, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({length: rank}, (_, i) => {
    const [x, y] = [a, b].map((shape) => shape[i - rank + shape.length] ?? 1) as [number, number];
    if (x === 1 || x === y) return y;
    if (y === 1) return x;
    if (x < 0 || y < 0) return Math.max(x, y);
    throw brokenModel(titleOf(layer), 'its inputs must be of shapes that fit', `${shapeText(a)} and ${shapeText(b)}`);
  });
}

/** Adds a number. */
export function scalar({drafts, scope}: LayerCall, name: string, value: number): Draft {
  return drafts.floats(`${scope}/${name}`, [], Float32Array.of(value));
}

/** Adds a vector of ints. */
export function ints(
  {drafts, scope}: LayerCall,
  name: string,
  values: readonly number[],
  shape?: readonly number[],
): Draft {
  return drafts.ints(`${scope}/${name}`, values, shape);
}

/** Adds a Reshape to these sizes, −1 for one at most. */
export function reshape(call: LayerCall, x: Draft, shape: readonly number[]): Draft {
  const to = ints(call, 'Reshape/shape', shape);
  return node(call, 'Reshape', {inputs: [x, to], shape, attrs: {T: FLOAT, Tshape: INT32}});
}

/** Adds an axis of size 1. */
export function expandDims(call: LayerCall, x: Draft, axis: number): Draft {
  const dim = ints(call, 'ExpandDims/dim', [axis], []);
  const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
  return node(call, 'ExpandDims', {inputs: [x, dim], shape, attrs: {T: FLOAT, Tdim: INT32}});
}

/** Takes an axis of size 1 away. */
export function squeeze(call: LayerCall, x: Draft, axis: number): Draft {
  const shape = x.shape.filter((_, each) => each !== axis);
  return node(call, 'Squeeze', {inputs: [x], shape, attrs: {T: FLOAT, squeeze_dims: attr.ints([axis])}});
}

/** Puts the axes into this order. */
export function transpose(call: LayerCall, x: Draft, order: readonly number[]): Draft {
  const perm = ints(call, 'transpose/perm', order);
  const shape = order.map((axis) => x.shape[axis]!);
  return node(call, 'Transpose', {name: 'transpose', inputs: [x, perm], shape, attrs: {T: FLOAT, Tperm: INT32}});
}

/** Adds a Mean or a Max over axes. */
export function reduce(
  call: LayerCall,
  op: 'Mean' | 'Max',
  {x, axes, keepDims}: {x: Draft; axes: readonly number[]; keepDims: boolean},
): Draft {
  const indices = ints(call, `${op}/reduction_indices`, axes);
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const shape = keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
  const attrs = {T: FLOAT, Tidx: INT32, keep_dims: attr.bool(keepDims)};
  return node(call, op, {inputs: [x, indices], shape, attrs});
}
