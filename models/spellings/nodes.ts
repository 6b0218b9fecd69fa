/** Nodes that every framework's graph has after conversion, with all the attrs that the converter writes. */
import {
  convAttrs,
  FUSED_CONV,
  FUSED_MATMUL,
  fusedAttrs,
  MATMUL,
  type NodeAttrs,
  type PaddingName,
  PLAIN_CONV,
  windowAttrs,
} from '../../src/graph/nodeAttrs.ts';
import {attr, elements, FLOAT, type GraphBuilder, INT32, type Value} from '../graphBuilder.ts';

export type FusedActivation = 'Relu' | 'Relu6';
export type {PaddingName};

export interface ConvFields {
  readonly name: string;
  readonly x: Value;
  /** Shapes: `[kh, kw, in/groups, out]`, or `[kh, kw, channels, 1]` of a depthwise conv. */
  readonly filter: Value;
  readonly bias?: Value;
  readonly stride?: number;
  readonly padding: PaddingName;
  /** Fused into the node; needs a bias. */
  readonly activation?: FusedActivation | undefined;
}

/** Adds a convolution, grouped where its filter says so: Conv2D, or _FusedConv2D with a bias. */
export function conv2D(graph: GraphBuilder, fields: ConvFields): Value {
  const {name, x, filter, bias} = fields;
  const outputs = filter.shape[3]!;
  const shape = convShape(fields, outputs);
  const macs = elements(shape) * elements(filter.shape.slice(0, 3));
  const window = windowOf(fields);
  if (bias === undefined)
    return graph.node({op: 'Conv2D', name, inputs: [x, filter], shape, attrs: {...window, ...PLAIN_CONV}, macs});
  const attrs = {...window, ...fusedAttrs(fields.activation), ...FUSED_CONV};
  return graph.node({op: '_FusedConv2D', name, inputs: [x, filter, bias], shape, attrs, macs});
}

/** Adds a depthwise convolution with its bias. */
export function depthwiseConv2D(graph: GraphBuilder, fields: ConvFields & {readonly bias: Value}): Value {
  const {name, x, filter, bias} = fields;
  const shape = convShape(fields, filter.shape[2]!);
  const attrs = {...windowOf(fields), ...fusedAttrs(fields.activation)};
  const macs = elements(shape) * elements(filter.shape.slice(0, 2));
  return graph.node({op: 'FusedDepthwiseConv2dNative', name, inputs: [x, filter, bias], shape, attrs, macs});
}

/** Adds a matrix product `[rows, k] × [k, n]`; `rows` says how many of them one image has. */
export function matMul(
  graph: GraphBuilder,
  {name, x, weights, rows}: {name: string; x: Value; weights: Value; rows: number},
): Value {
  const shape = [x.shape[0]!, weights.shape[1]!];
  const macs = rows * elements(weights.shape);
  return graph.node({op: 'MatMul', name, inputs: [x, weights], shape, attrs: MATMUL, macs});
}

/** Adds a matrix product with bias: the dense layer of a classifier. */
export function fusedMatMul(
  graph: GraphBuilder,
  {name, x, weights, bias}: {name: string; x: Value; weights: Value; bias: Value},
): Value {
  const shape = [x.shape[0]!, weights.shape[1]!];
  const attrs = {...MATMUL, ...fusedAttrs(), ...FUSED_MATMUL};
  const macs = elements(x.shape) * shape[1]!;
  return graph.node({op: '_FusedMatMul', name, inputs: [x, weights, bias], shape, attrs, macs});
}

/** Adds an elementwise op that broadcasts its inputs to the largest of them. */
export function elementwise(graph: GraphBuilder, op: string, name: string, ...inputs: readonly Value[]): Value {
  const largest = inputs.reduce((a, b) => (elements(b.shape) > elements(a.shape) ? b : a));
  return graph.node({op, name, inputs, shape: largest.shape});
}

/** Adds a Reshape to the sizes that the second input holds. */
export function reshape(
  graph: GraphBuilder,
  {name, x, to, shape}: {name: string; x: Value; to: Value; shape: readonly number[]},
): Value {
  return graph.node({op: 'Reshape', name, inputs: [x, to], shape, attrs: {T: FLOAT, Tshape: INT32}});
}

/** Adds an op that computes with sizes: so many of them, or one of rank 0. */
export function sizes(
  graph: GraphBuilder,
  {op, name, inputs, count}: {op: keyof typeof SIZE_ATTRS; name: string; inputs: readonly Value[]; count?: number},
): Value {
  const attrs = op === 'Pack' ? {...SIZE_ATTRS.Pack, N: attr.int(inputs.length)} : SIZE_ATTRS[op];
  return graph.node({op, name, inputs, shape: count === undefined ? [] : [count], attrs});
}

/** Adds a Mean or Sum over the axes, which the graph holds as a constant: a vector, or one number, which may count from the end. */
export function reduce(
  graph: GraphBuilder,
  {
    op,
    name,
    x,
    axes,
    keepDims,
  }: {
    op: 'Mean' | 'Sum';
    name: string;
    x: Value;
    axes: readonly number[] | number;
    keepDims: boolean;
  },
): Value {
  const constant = `${name}/reduction_indices`;
  const indices = typeof axes === 'number' ? graph.int(constant, axes) : graph.ints(constant, axes);
  const rank = x.shape.length;
  const reduced = [axes].flat().map((axis) => (axis + rank) % rank);
  const kept = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !reduced.includes(axis));
  const attrs = {T: FLOAT, Tidx: INT32, keep_dims: attr.bool(keepDims)};
  return graph.node({op, name, inputs: [x, indices], shape, attrs});
}

/** Adds the largest of each `size × size` pixels, at as large a stride; pixels that are left over at the end are dropped. */
export function maxPool(graph: GraphBuilder, {name, x, size}: {name: string; x: Value; size: number}): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const attrs = {...windowAttrs({strides: [size, size], padding: 'VALID'}), ksize: attr.ints([1, size, size, 1])};
  const shape = [batch, Math.floor(height / size), Math.floor(width / size), channels];
  return graph.node({op: 'MaxPool', name, inputs: [x], shape, attrs});
}

/** Adds a Pad with these zeros before and after each axis. */
export function pad(graph: GraphBuilder, name: string, x: Value, sides: readonly (readonly [number, number])[]): Value {
  const paddings = graph.ints(`${name}/paddings`, sides.flat(), [sides.length, 2]);
  const shape = x.shape.map((size, axis) => size + sides[axis]![0] + sides[axis]![1]);
  return graph.node({op: 'Pad', name, inputs: [x, paddings], shape, attrs: {T: FLOAT, Tpaddings: INT32}});
}

const SIZE_ATTRS = {
  Shape: {T: FLOAT, out_type: INT32},
  GatherV2: {Tparams: INT32, Taxis: INT32, Tindices: INT32, batch_dims: attr.int(0)},
  Prod: {T: INT32, Tidx: INT32, keep_dims: attr.bool(false)},
  ConcatV2: {N: attr.int(2), T: INT32, Tidx: INT32},
  Pack: {axis: attr.int(0), T: INT32},
  /** One element: the axis is taken away. */
  StridedSlice: {
    begin_mask: attr.int(0),
    end_mask: attr.int(0),
    ellipsis_mask: attr.int(0),
    new_axis_mask: attr.int(0),
    shrink_axis_mask: attr.int(1),
    Index: INT32,
    T: INT32,
  },
};

function windowOf({stride = 1, padding}: ConvFields): NodeAttrs {
  return convAttrs({strides: [stride, stride], padding});
}

function convShape({x, filter, stride = 1, padding}: ConvFields, outputs: number): number[] {
  const out = (size: number, kernel: number): number =>
    padding === 'SAME' ? Math.ceil(size / stride) : Math.floor((size - kernel) / stride) + 1;
  return [x.shape[0]!, out(x.shape[1]!, filter.shape[0]!), out(x.shape[2]!, filter.shape[1]!), outputs];
}
