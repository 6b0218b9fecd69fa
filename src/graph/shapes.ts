/**
 * Shapes of a graph's values, inferred forwards from the placeholders, with open sizes as symbols (dims.ts), and the integer
 * vectors that say shapes to Reshape and its like, followed through the arithmetic that makes them.
 */
import {decodeBlockAttrs, FUSED_RESIDUAL_BLOCK, readRawBlockAttrs} from '../../ops/attrs.ts';
import type {BlockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {boolAttr, intAttr, intsAttr, stringAttr} from './attrs.ts';
import {
  addToDim,
  broadcastShapes,
  type Dim,
  divideDim,
  multiplyDims,
  openDim,
  sameDim,
  type Shape,
  sizeOf,
  sizesOf,
} from './dims.ts';
import {type Graph, type GraphNode, inputName, type Value} from './graph.ts';
import {statedShape} from './inputs.ts';
import {sliceRanges} from './slices.ts';

/**
 * They hold for every graph of one load: a rewrite lets values that are read keep their names, by which shapes are kept.
 */
export interface Shapes {
  /** The shape of a value; null where not even the rank is known. */
  shape(value: Value): Shape | null;
  /** The numbers of an integer vector or scalar, sizes among them as symbols; null where they are not known. */
  ints(value: Value): Shape | null;
}

interface Inference extends Shapes {
  readonly graph: Graph;
  /** The numbers of vectors that were asked for. */
  readonly vectors: Map<Value, Shape | null>;
}

type ShapeRule = (node: GraphNode, of: Inference) => Shape | null;

/**
 * Returns the shapes of a graph. `inputShapes` says at which sizes a model is run that leaves them open, by placeholder name: these
 * sizes stay open and get a value (dims.ts), so that what is concluded from shapes holds at any size.
 */
export function createShapes(graph: Graph, inputShapes: ReadonlyMap<string, readonly number[]> = new Map()): Shapes {
  const known = new Map<string, Shape | null>();
  const placeholder = (node: GraphNode): Shape | null => {
    const given = inputShapes.get(node.name);
    const stated = statedShape(graph, node) ?? given?.map(() => -1);
    return stated?.map((size, axis) => (size < 0 ? openDim(`${node.name}[${axis}]`, given?.[axis]) : size)) ?? null;
  };
  const infer = (value: Value): Shape | null => {
    const {node, port} = value;
    if (node.op.startsWith('Placeholder')) return placeholder(node);
    if (node.op === 'Const') return graph.weights.spec(node.name)?.shape ?? null;
    // Further outputs of an op have shapes of their own; those of Split are alike.
    return port === 0 || node.op === 'Split' ? (SHAPE_RULES[node.op]?.(node, inference) ?? null) : null;
  };
  const inference: Inference = {
    graph,
    vectors: new Map(),
    shape: (value) => {
      const name = inputName(value);
      if (!known.has(name)) known.set(name, infer(value));
      return known.get(name) ?? null;
    },
    ints: (value) => inferInts(value, inference),
  };
  // Inputs first, so that a deep graph does not recurse deeply.
  for (const node of graph.order) inference.shape(graph.output(node));
  return inference;
}

/** Returns how large images of this shape are, an open batch counted as one; null where height or width is not known. */
export function imageSize(shape: Shape | null): ImageSize | null {
  const [batch, height, width] = shape?.map(sizeOf) ?? [];
  return height === undefined || width === undefined ? null : {batch: batch ?? 1, height, width};
}

const input = (node: GraphNode, of: Inference, i: number): Shape | null => {
  const value = node.inputs[i];
  return value === undefined ? null : of.shape(value);
};

/** The numbers of an input that is constant. */
function numbers(node: GraphNode, of: Inference, i: number): readonly number[] | null {
  const value = node.inputs.at(i);
  const constant = value === undefined ? null : of.graph.constant(value);
  return constant && Array.from(constant.data);
}

/** The numbers of an input that says a shape: constant, or made of sizes. */
const ints = (node: GraphNode, of: Inference, i: number): Shape | null => inferInts(node.inputs[i], of);

/** An axis counted from the front, where a negative one counts from the end. */
const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const sameAsInput: ShapeRule = (node, of) => input(node, of, 0);

const broadcast: ShapeRule = (node, of) =>
  node.inputs.reduce<Shape | null>((shape, value) => {
    const other = of.shape(value);
    return shape === null || other === null ? null : broadcastShapes(shape, other);
  }, []);

/** Where a window of `kernel` taps, `stride` apart, stops along one axis. */
function windowed(
  dim: Dim,
  {kernel, stride, padding}: {kernel: number; stride: number; padding: 'SAME' | number},
): Dim {
  if (padding === 'SAME') return divideDim(dim, stride, 'up');
  return addToDim(divideDim(addToDim(dim, padding - kernel), stride, 'down'), 1);
}

/** Where height, width and channels stand in an image. */
export function imageAxes({def}: GraphNode): {height: number; width: number; channels: number} {
  return stringAttr(def, 'data_format') === 'NCHW'
    ? {height: 2, width: 3, channels: 1}
    : {height: 1, width: 2, channels: 3};
}

/** The shape rule of an op that slides a window over an image. */
function slide(
  node: GraphNode,
  shape: Shape | null,
  {window, channels}: {window: readonly [number, number]; channels: Dim},
): Shape | null {
  const axes = imageAxes(node);
  const image = shape?.length === 4 ? shape : [0, 1, 2, 3].map((axis) => openDim(`${node.name}[${axis}]`));
  const strides = intsAttr(node.def, 'strides');
  const dilations = intsAttr(node.def, 'dilations');
  const pads = intsAttr(node.def, 'explicit_paddings');
  const padding = stringAttr(node.def, 'padding');
  const along = (i: number, kernel: number): Dim =>
    windowed(image[i]!, {
      kernel: (kernel - 1) * (dilations[i] ?? 1) + 1,
      stride: strides[i] ?? 1,
      padding: padding === 'SAME' ? 'SAME' : (pads[2 * i] ?? 0) + (pads[2 * i + 1] ?? 0),
    });
  const slid = new Map([
    [axes.height, along(axes.height, window[0])],
    [axes.width, along(axes.width, window[1])],
    [axes.channels, channels],
  ]);
  return image.map((dim, i) => slid.get(i) ?? dim);
}

/** The shape rule of a conv whose filter's last two sizes say its output channels. */
const convolved =
  (channels: (inputs: number, outputs: number) => number): ShapeRule =>
  (node, of) => {
    const filter = input(node, of, 1)?.map(Number);
    if (filter?.length !== 4) return null;
    const [height, width, inputs, outputs] = filter as [number, number, number, number];
    return slide(node, input(node, of, 0), {window: [height, width], channels: channels(inputs, outputs)});
  };

const conv2d = convolved((_inputs, outputs) => outputs);

const depthwise = convolved((inputs, multiplier) => inputs * multiplier);

const pool: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  const {height, width, channels} = imageAxes(node);
  const sizes = intsAttr(node.def, 'ksize');
  return shape && slide(node, shape, {window: [sizes[height] ?? 1, sizes[width] ?? 1], channels: shape[channels]!});
};

/** A block's padding in all, down and across. */
function paddingOf({padding}: BlockSpec): ['SAME', 'SAME'] | [number, number] {
  if (padding === 'same') return ['SAME', 'SAME'];
  if (padding === 'valid') return [0, 0];
  return [padding.top + padding.bottom, padding.left + padding.right];
}

const fusedBlock: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  if (shape?.length !== 4) return null;
  const spec = decodeBlockAttrs(readRawBlockAttrs(node.def.attr ?? {}));
  const {kernelSize, stride, outChannels} = spec;
  const [vertical, horizontal] = paddingOf(spec);
  const height = windowed(shape[1]!, {kernel: kernelSize[0], stride, padding: vertical});
  const width = windowed(shape[2]!, {kernel: kernelSize[1], stride, padding: horizontal});
  return [shape[0]!, height, width, outChannels];
};

const pad: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  const pads = numbers(node, of, 1);
  return shape && pads && shape.map((dim, i) => addToDim(dim, pads[2 * i]! + pads[2 * i + 1]!));
};

const matMul: ShapeRule = (node, of) => {
  const a = input(node, of, 0);
  const b = input(node, of, 1);
  if (!a || !b || a.length < 2 || b.length < 2) return null;
  const flip = (name: string, alias: string): boolean => boolAttr(node.def, name, boolAttr(node.def, alias, false));
  const rows = flip('transpose_a', 'adj_x') ? a.at(-1)! : a.at(-2)!;
  const columns = flip('transpose_b', 'adj_y') ? b.at(-2)! : b.at(-1)!;
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  return batch && [...batch, rows, columns];
};

const einsum: ShapeRule = (node, of) => {
  const [inputs = '', output = ''] = stringAttr(node.def, 'equation').replaceAll(' ', '').split('->');
  if (inputs.includes('.')) return null;
  const sizes = new Map<string, Dim>();
  for (const [i, labels] of inputs.split(',').entries()) {
    const shape = input(node, of, i);
    if (shape?.length !== labels.length) return null;
    shape.forEach((dim, axis) => sizes.set(labels[axis]!, dim));
  }
  return Array.from(output, (label) => sizes.get(label)!);
};

const reduce: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  const axes = numbers(node, of, 1);
  if (!shape || !axes) return null;
  const reduced = new Set(axes.map((axis) => fromFront(axis, shape.length)));
  const keep = boolAttr(node.def, 'keep_dims', boolAttr(node.def, 'keepDims', false));
  return keep ? shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim)) : shape.filter((_, axis) => !reduced.has(axis));
};

const reshape: ShapeRule = (node, of) => {
  const target = ints(node, of, 1);
  if (!target) return null;
  const rest = target.indexOf(-1);
  if (rest < 0) return target;
  const shape = input(node, of, 0);
  return target.map((dim, i) => (i === rest ? remainder(node, shape, target) : dim));
};

/** What −1 stands for: the one size of the input that the target does not name, where that is plain to see. */
function remainder(node: GraphNode, shape: Shape | null, target: Shape): Dim {
  if (shape === null) return openDim(`${node.name}[-1]`);
  const named = target.filter((dim) => dim !== -1 && dim !== 1);
  const left = [...shape];
  for (const dim of named) {
    const at = left.findIndex((size) => sameDim(size, dim));
    if (at >= 0) left.splice(at, 1);
    else return quotient(node, shape, named);
  }
  return multiplyDims(left);
}

function quotient(node: GraphNode, shape: Shape, named: Shape): Dim {
  const [whole, part] = [multiplyDims(shape), multiplyDims(named)];
  if (typeof whole === 'number' && typeof part === 'number') return whole / part;
  const [size, divisor] = [sizeOf(whole), sizeOf(part)];
  return openDim(`${node.name}[-1]`, size === undefined || divisor === undefined ? undefined : size / divisor);
}

const tile: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  const times = ints(node, of, 1);
  return shape && times?.length === shape.length ? shape.map((dim, i) => multiplyDims([dim, times[i]!])) : null;
};

/** A batch made of pixels, or pixels of a batch: the channels stay. */
const regrouped: ShapeRule = (node, of) =>
  input(node, of, 0)?.map((dim, i, {length}) => (i === length - 1 ? dim : openDim(`${node.name}[${i}]`))) ?? null;

const expandDims: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  const at = numbers(node, of, 1)?.[0];
  if (!shape || at === undefined) return null;
  const axis = fromFront(at, shape.length + 1);
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
};

const squeeze: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  if (!shape) return null;
  const axes = new Set(intsAttr(node.def, 'squeeze_dims').map((axis) => fromFront(axis, shape.length)));
  return shape.filter((dim, axis) => (axes.size === 0 ? dim !== 1 : !axes.has(axis)));
};

const transpose: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  const order = numbers(node, of, 1);
  return shape && order && order.map((axis) => shape[axis]!);
};

const withSize = (shape: Shape, axis: number, size: Dim): Shape => shape.map((dim, i) => (i === axis ? size : dim));

const concat: ShapeRule = (node, of) => {
  const parts = node.inputs.slice(0, -1).map((value) => of.shape(value));
  const axis = numbers(node, of, -1)?.[0];
  const [first] = parts;
  if (axis === undefined || !first || parts.includes(null)) return null;
  const at = fromFront(axis, first.length);
  const joined = parts.map((shape) => shape![at]!);
  const sum = sizesOf(joined)?.reduce((total, size) => total + size, 0);
  const isKnown = joined.every((dim) => typeof dim === 'number');
  return withSize(first, at, isKnown ? sum! : openDim(`${node.name}[${at}]`, sum));
};

const split: ShapeRule = (node, of) => {
  const axis = numbers(node, of, 0)?.[0];
  const shape = input(node, of, 1);
  if (!shape || axis === undefined) return null;
  const at = fromFront(axis, shape.length);
  return withSize(shape, at, divideDim(shape[at]!, intAttr(node.def, 'num_split', 1), 'down'));
};

const sliced: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  return (shape && sliceRanges(node, shape, of.graph)?.map(({from, to}) => addToDim(to, -from))) ?? null;
};

const resize: ShapeRule = (node, of) => {
  const shape = input(node, of, 0);
  const size = ints(node, of, 1);
  return shape && size ? [shape[0]!, ...size, shape[3]!] : null;
};

/** As many as are stacked, then the shape of each, where a vector says it. */
const stacked: ShapeRule = (node, of) => {
  const value = node.inputs[1];
  const element = value && of.graph.constant(value);
  if (element?.shape.length !== 1) return null;
  return [-1, ...element.data].map((size, axis) => (size < 0 ? openDim(`${node.name}[${axis}]`) : size));
};

const each = (ops: string, rule: ShapeRule): [string, ShapeRule][] => ops.split(' ').map((op) => [op, rule]);

const SHAPE_RULES: Readonly<Record<string, ShapeRule>> = Object.fromEntries([
  ...each(
    'Identity StopGradient Snapshot PreventGradient Cast Neg Abs Square Sqrt Rsqrt Exp Log Erf Erfc Reciprocal Inv',
    sameAsInput,
  ),
  ...each(
    'Relu Relu6 Elu Selu LeakyRelu Sigmoid Tanh Softplus Softmax Floor Ceil Round Sign ClipByValue BiasAdd',
    sameAsInput,
  ),
  ...each('FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN Prelu', sameAsInput),
  ...each('Add AddV2 AddN Sub Mul RealDiv Div FloorDiv Maximum Minimum Pow SquaredDifference', broadcast),
  ...each('Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr', broadcast),
  ...each('Conv2D _FusedConv2D', conv2d),
  ...each('DepthwiseConv2dNative FusedDepthwiseConv2dNative', depthwise),
  ...each('MaxPool AvgPool', pool),
  ...each(FUSED_RESIDUAL_BLOCK, fusedBlock),
  ...each('Pad PadV2 MirrorPad', pad),
  ...each('MatMul _FusedMatMul BatchMatMul BatchMatMulV2 BatchMatMulV3', matMul),
  ...each('Einsum', einsum),
  ...each('Mean Sum Max Min Prod', reduce),
  ...each('Reshape', reshape),
  ...each('BroadcastTo', (node, of) => ints(node, of, 1)),
  ...each('Tile', tile),
  ...each('SpaceToBatchND BatchToSpaceND', regrouped),
  ...each('ExpandDims', expandDims),
  ...each('Squeeze', squeeze),
  ...each('Transpose', transpose),
  ...each('ConcatV2', concat),
  ...each('Split', split),
  ...each('Slice StridedSlice', sliced),
  ...each('TensorListStack', stacked),
  ...each('ResizeBilinear ResizeNearestNeighbor', resize),
]);

/** How many numbers a vector may have that says a shape. */
const MAX_INTS = 16;
/** How many ops arithmetic on shapes may be deep. Networks take about ten. */
const MAX_DEPTH = 100;

/** Returns the numbers of a vector: each is worked out once, since arithmetic on shapes may read the same one over and over. */
function inferInts(value: Value | undefined, of: Inference, depth = 0): Shape | null {
  if (value === undefined || depth > MAX_DEPTH) return null;
  const known = of.vectors.get(value);
  if (known !== undefined) return known;
  const found = intsBehind(value, of, depth + 1);
  const vector = found !== null && found.length <= MAX_INTS ? found : null;
  of.vectors.set(value, vector);
  return vector;
}

/** Follows the arithmetic on shapes that TensorFlow writes: Shape, then gathered, sliced, multiplied and packed again. */
function intsBehind(value: Value, of: Inference, depth: number): Shape | null {
  const constant = of.graph.constant(value);
  if (constant !== null) return constant.length <= MAX_INTS ? Array.from(constant.data) : null;
  const {node} = value;
  const vectors = (values: readonly Value[]): Shape[] | null => {
    const all = values.map((v) => inferInts(v, of, depth));
    return all.includes(null) ? null : (all as Shape[]);
  };
  switch (node.op) {
    case 'Shape':
      return input(node, of, 0);
    case 'Identity':
    case 'Cast':
    case 'Reshape':
    case 'ExpandDims':
    case 'Squeeze':
      return inferInts(node.inputs[0], of, depth);
    case 'GatherV2': {
      const vector = inferInts(node.inputs[0], of, depth);
      const at = numbers(node, of, 1);
      return vector && at && at.every((i) => i < vector.length) ? at.map((i) => vector.at(i)!) : null;
    }
    case 'Prod': {
      const vector = inferInts(node.inputs[0], of, depth);
      return vector && [multiplyDims(vector)];
    }
    case 'Mul': {
      const factors = vectors(node.inputs);
      return factors?.every((f) => f.length === 1) ? [multiplyDims(factors.flat())] : null;
    }
    case 'Pack':
      return vectors(node.inputs)?.flat() ?? null;
    case 'ConcatV2':
      return vectors(node.inputs.slice(0, -1))?.flat() ?? null;
    case 'StridedSlice':
      return slice(node, of, inferInts(node.inputs[0], of, depth));
    default:
      return null;
  }
}

/** What StridedSlice takes of a vector. */
function slice(node: GraphNode, of: Inference, vector: Shape | null): Shape | null {
  const {def} = node;
  const [begin, end, strides] = [1, 2, 3].map((i) => numbers(node, of, i));
  if (!vector || !begin || !end || begin.length !== 1 || strides?.[0] !== 1) return null;
  const start = intAttr(def, 'begin_mask', 0) & 1 ? 0 : begin[0]!;
  if (intAttr(def, 'shrink_axis_mask', 0) & 1) return vector.at(start) === undefined ? null : [vector.at(start)!];
  return vector.slice(start, intAttr(def, 'end_mask', 0) & 1 ? undefined : end[0]);
}
