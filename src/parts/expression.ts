/**
 * From graph to algebra: what a value computes, elementwise, from its sole source. A new spelling of an elementwise part is
 * one line in the table of ops.
 */
import {boolAttr, floatAttr, stringAttr} from '../graph/attrs.ts';
import {type Dim, sameDim, sameShape, type Shape} from '../graph/dims.ts';
import type {Graph, GraphNode, Value} from '../graph/graph.ts';
import type {Shapes} from '../graph/shapes.ts';
import type {Constant} from '../graph/weights.ts';
import {Algebra, everywhere, type PerChannel, perChannel, type Sum} from './algebra.ts';
import {clippedAtSix, clippedAtZero} from './formulas.ts';
import {type Refusal, refuse} from './parts.ts';
import type {Sources} from './sources.ts';

/** What the readers of a graph's parts look things up in. */
export interface PartsContext {
  readonly graph: Graph;
  readonly shapes: Shapes;
  readonly sources: Sources;
}

export interface Expression {
  readonly algebra: Algebra;
  readonly sum: Sum;
  /** What x stands for. */
  readonly source: Value;
  /** The nodes between, the last one among them. */
  readonly nodes: readonly GraphNode[];
}

/**
 * How a value lies beside its source `[…, C]`: of the same shape, one number a row `[…, 1]`, the same without its last axis, or
 * constant.
 */
type Extent = 'full' | 'row' | 'squeezed' | 'constant';

interface Operand {
  readonly sum: Sum;
  readonly extent: Extent;
}

/** Constants of a float32 model are off by rounding; those of a float16 model by float16's. */
const TOLERANCE = {float32: 2e-6, float16: 1e-3};

/** Null where what the op computes is in no part, and where a broken model gives it too few operands. */
type SumRule = (m: Algebra, operands: readonly Sum[], node: GraphNode) => Sum | null;

const unary =
  (f: (m: Algebra, x: Sum) => Sum | null): SumRule =>
  (m, [x]) =>
    x ? f(m, x) : null;
const binary =
  (f: (m: Algebra, a: Sum, b: Sum) => Sum | null): SumRule =>
  (m, [a, b]) =>
    a && b ? f(m, a, b) : null;

const plus: SumRule = (m, operands) => m.plus(...operands);
const same = unary((_, x) => x);
const divide = binary((m, a, b) => (b.length === 0 ? null : m.times(a, m.reciprocal(b))));
const reciprocal = unary((m, x) => (x.length === 0 ? null : m.reciprocal(x)));
const erf = (m: Algebra, x: Sum): Sum => m.apply('erf', x);

const ELEMENTWISE: Readonly<Record<string, SumRule>> = {
  Identity: same,
  StopGradient: same,
  Snapshot: same,
  PreventGradient: same,
  Add: plus,
  AddV2: plus,
  AddN: plus,
  BiasAdd: (m, operands, node) => (isChannelsLast(node) ? m.plus(...operands) : null),
  Sub: binary((m, a, b) => m.minus(a, b)),
  Neg: unary((m, x) => m.scaled(x, -1)),
  Mul: binary((m, a, b) => m.times(a, b)),
  RealDiv: divide,
  Div: divide,
  Reciprocal: reciprocal,
  Inv: reciprocal,
  Square: unary((m, x) => m.power(x, 2)),
  SquaredDifference: binary((m, a, b) => m.power(m.minus(a, b), 2)),
  Pow: binary((m, x, exponent) => power(m, x, m.constantOf(exponent))),
  Rsqrt: unary((m, x) => m.apply('rsqrt', x)),
  Sqrt: unary((m, x) => m.power(m.apply('rsqrt', x), -1)),
  Exp: unary((m, x) => m.apply('exp', x)),
  Erf: unary(erf),
  Erfc: unary((m, x) => m.minus(m.constant(1), erf(m, x))),
  Tanh: unary((m, x) => m.apply('tanh', x)),
  Sigmoid: unary((m, x) => m.apply('sigmoid', x)),
  Relu: unary((m, x) => m.apply('relu', x)),
  Relu6: unary((m, x) => m.apply('relu6', x)),
  Elu: unary((m, x) => m.apply('elu', x)),
  Maximum: binary((m, a, b) => (b.length === 0 ? clippedAtZero(a, m) : a.length === 0 ? clippedAtZero(b, m) : null)),
  Minimum: binary((m, a, b) => (isSix(m, b) ? clippedAtSix(a, m) : isSix(m, a) ? clippedAtSix(b, m) : null)),
  ClipByValue: (m, [x, low, high]) => (x && low?.length === 0 && high && isSix(m, high) ? m.apply('relu6', x) : null),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
};

/** The exponents that spellings use: whole ones, and those of a root. */
function power(m: Algebra, x: Sum, exponent: PerChannel | null): Sum | null {
  if (exponent === -0.5) return m.apply('rsqrt', x);
  if (exponent === 0.5) return m.power(m.apply('rsqrt', x), -1);
  return typeof exponent === 'number' && Number.isInteger(exponent) ? m.power(x, exponent) : null;
}

function isSix(m: Algebra, sum: Sum): boolean {
  return m.same(sum, m.constant(6));
}

function isChannelsLast({def}: GraphNode): boolean {
  const format = stringAttr(def, 'data_format');
  return format === '' || format === 'NHWC';
}

function batchNorm(m: Algebra, [x, scale, offset, mean, variance]: readonly Sum[], node: GraphNode): Sum | null {
  if (!isChannelsLast(node) || boolAttr(node.def, 'is_training', true)) return null;
  if (!x || !scale || !offset || !mean || !variance) return null;
  const epsilon = floatAttr(node.def, 'epsilon', 1e-4);
  const gain = m.constantOf(scale);
  const spread = m.constantOf(variance);
  if (gain === null || spread === null) return null;
  const factor = perChannel((g, v) => g / Math.sqrt(v + epsilon), gain, spread);
  return m.plus(m.scaled(m.minus(x, mean), factor), offset);
}

/** Returns what a node computes from another one that all its data comes through, or why that is not elementwise. */
export function expressionOf(target: GraphNode, base: GraphNode, context: PartsContext): Expression | Refusal {
  const {graph, shapes, sources} = context;
  const isHalf = graph.weights.all.some(({spec}) => spec.quantization?.dtype === 'float16');
  const algebra = new Algebra(isHalf ? TOLERANCE.float16 : TOLERANCE.float32);
  const nodes = new Set<GraphNode>();
  const known = new Map<Value, Operand | Refusal>();
  const found: {source: Value | null} = {source: null};

  const evaluate = (value: Value): Operand | Refusal => {
    const {node} = value;
    if (node === base) {
      if (found.source !== null && found.source !== value) return refuse(node, 'more than one of its outputs is read');
      found.source = value;
      return {sum: algebra.x, extent: 'full'};
    }
    const constant = graph.constant(value);
    if (constant !== null) return constantOperand(node, constant, {algebra, shape: sourceShape()});
    return value.port === 0 ? evaluateNode(node) : refuse(node, `output ${value.port} of ${node.op}`);
  };
  const remembered = (value: Value): Operand | Refusal => {
    const result = known.get(value) ?? evaluate(value);
    known.set(value, result);
    return result;
  };
  const sourceShape = (): Shape | null => {
    const value = found.source ?? graph.value(base.name);
    return value === undefined ? null : shapes.shape(value);
  };
  const evaluateNode = (node: GraphNode): Operand | Refusal => {
    const rule = ELEMENTWISE[node.op];
    const shapeRule = RESHAPING[node.op];
    if ((rule === undefined && shapeRule === undefined) || node.inputs.length === 0)
      return refuse(node, `${node.op} is no part of a block`);
    if (sources.isData(node)) nodes.add(node);
    const operands: Operand[] = [];
    for (const input of rule === undefined ? node.inputs.slice(0, 1) : node.inputs) {
      const operand = remembered(input);
      if ('reason' in operand) return operand;
      operands.push(operand);
    }
    if (shapeRule !== undefined) return shapeRule(node, operands[0]!, {algebra, shape: sourceShape(), context});
    const extent = commonExtent(operands);
    if (extent === null) return refuse(node, 'it broadcasts over other axes than channels');
    const sum = rule!(
      algebra,
      operands.map((operand) => operand.sum),
      node,
    );
    return sum === null ? refuse(node, `${node.op} in a formula of no known part`) : {sum, extent};
  };

  const result = evaluateNode(target);
  if ('reason' in result) return result;
  if (found.source === null || result.extent !== 'full')
    return refuse(target, 'it is not as large as what it is made from');
  return {algebra, sum: result.sum, source: found.source, nodes: [...nodes]};
}

/** How a result lies beside the source; null where operands broadcast over other axes than channels. */
function commonExtent(operands: readonly Operand[]): Extent | null {
  const extents = new Set(operands.map((operand) => operand.extent));
  const hasVector = operands.some(({sum, extent}) => extent === 'constant' && sum.some(isVector));
  if (extents.has('squeezed')) return extents.has('full') || extents.has('row') || hasVector ? null : 'squeezed';
  if (extents.has('full')) return 'full';
  if (extents.has('row')) return hasVector ? 'full' : 'row';
  return 'constant';
}

function isVector({coefficient}: Sum[number]): boolean {
  return typeof coefficient !== 'number';
}

interface Beside {
  readonly algebra: Algebra;
  /** Of the source. */
  readonly shape: Shape | null;
}

interface Surroundings extends Beside {
  readonly context: PartsContext;
}

type ReshapingRule = (node: GraphNode, operand: Operand, of: Surroundings) => Operand | Refusal;

/** Ops that change the shape: only the last axis may come and go. */
const RESHAPING: Readonly<Record<string, ReshapingRule>> = {
  Mean: overChannels((sum, m) => m.mean(sum)),
  Sum: overChannels((sum, m, channels) => m.scaled(m.mean(sum), channels)),
  Reshape: reshaped,
  ExpandDims: reshaped,
  Squeeze: reshaped,
  BroadcastTo: broadcast,
  Tile: broadcast,
};

function overChannels(reduce: (sum: Sum, m: Algebra, channels: number) => Sum): ReshapingRule {
  return (node, {sum, extent}, {algebra, shape, context}) => {
    const axes = node.inputs[1] && context.graph.constant(node.inputs[1])?.data;
    const channels = shape?.at(-1);
    if (axes === undefined || typeof channels !== 'number' || shape === null)
      return refuse(node, `${node.op} over axes or channels that are not known`);
    const isLast = axes.length === 1 && (axes[0] === -1 || axes[0] === shape.length - 1);
    if (extent !== 'full' || !isLast)
      return refuse(node, `${node.op} over axes ${axes.join(', ')}, not over channels alone`);
    const keep = boolAttr(node.def, 'keep_dims', boolAttr(node.def, 'keepDims', false));
    return {sum: reduce(sum, algebra, channels), extent: keep ? 'row' : 'squeezed'};
  };
}

function reshaped(node: GraphNode, {sum, extent}: Operand, {shape, context}: Surroundings): Operand | Refusal {
  const value = context.graph.value(node.name);
  const after = value === undefined ? null : context.shapes.shape(value);
  if (shape === null || after === null) return refuse(node, `${node.op} to a shape that is not known`);
  const rows = shape.slice(0, -1);
  const isConstant = extent === 'constant' && after.slice(0, -1).every((dim) => dim === 1);
  if (isConstant) return {sum, extent};
  if (sameShape(after, shape) && extent === 'full') return {sum, extent};
  if (extent === 'row' || extent === 'squeezed') {
    if (sameShape(after, [...rows, 1])) return {sum, extent: 'row'};
    if (sameShape(after, rows)) return {sum, extent: 'squeezed'};
  }
  return refuse(node, `${node.op} moves numbers between pixels and channels`);
}

/** Onto the whole source from its rows or from a constant, by BroadcastTo, or by Tile where what is repeated has size 1. */
function broadcast(node: GraphNode, operand: Operand, beside: Surroundings): Operand | Refusal {
  const {shapes, graph} = beside.context;
  const after = shapes.shape(graph.value(node.name)!);
  const isWhole = beside.shape !== null && after !== null && sameShape(after, beside.shape);
  return isWhole && operand.extent !== 'squeezed' ? {...operand, extent: 'full'} : reshaped(node, operand, beside);
}

/** A constant that is the same at every pixel, of one number or one for each channel. */
function constantOperand(node: GraphNode, constant: Constant, {algebra, shape}: Beside): Operand | Refusal {
  if (constant.dtype !== 'float32') return refuse(node, `a constant of dtype ${constant.dtype}`);
  const value = perChannelConstant(constant, shape);
  if (value === null)
    return refuse(node, `a constant of shape [${constant.shape.join(', ')}] is not one number a channel`);
  return {sum: algebra.constant(value), extent: 'constant'};
}

/** Returns a constant as one number a channel of a value `[…, C]`; null where it differs from pixel to pixel. */
export function perChannelConstant({shape, data}: Constant, beside: Shape | null): PerChannel | null {
  const [first] = data;
  if (first === undefined) return null;
  const width = shape.at(-1) ?? 1;
  const rank = beside?.length ?? 0;
  const fits = (dim: number, axis: number): boolean => {
    const other: Dim | undefined = beside?.[axis - shape.length + rank];
    return dim === 1 ? other !== undefined : other !== undefined && sameDim(dim, other);
  };
  if (shape.length > 0 && !shape.every(fits)) return null;
  for (let i = width; i < data.length; i++) if (data[i] !== data[i - width]) return null;
  const channels = Float64Array.from(data.subarray(0, width));
  return everywhere(channels, (v) => v === first) ? first : channels;
}
