/** Phase 2 of the rewrite: from a value to the part that it is, by its op. A new op for a part is one line here. */
import {getOrMake} from '../../ops/getOrMake.ts';
import type {Graph, GraphNode, Value} from '../graph/graph.ts';
import {sameDim} from '../graph/dims.ts';
import {createShapes, type Shapes} from '../graph/shapes.ts';
import {add, type PerChannel} from './algebra.ts';
import {liftBatchNormLayerNorm} from './batchNormLayerNorm.ts';
import {liftConv2D, liftDepthwise} from './convolution.ts';
import {perChannelConstant} from './channelConstant.ts';
import {partsContext, type PartsContext} from './context.ts';
import {expressionOf} from './expression.ts';
import {partsOf} from './formulas.ts';
import {liftEinsum, liftMatMul} from './matrixProduct.ts';
import {isRefusal, type Lifted, type Refusal, refuse} from './parts.ts';
import {liftSplitConv} from './splitConvolution.ts';
import {liftSqueezeExcite} from './squeezeExcite.ts';

export interface ValueSum {
  readonly terms: readonly Value[];
  readonly shift: PerChannel;
}

export interface Parts {
  readonly graph: Graph;
  readonly shapes: Shapes;
  /** The part or parts that a value is, and what it is made from; or why it is none. */
  lift(value: Value): Lifted;
  /** A sum of values, and what constants it adds; null where the value is no such sum. */
  sum(value: Value): ValueSum | null;
  /** Whether a node's numbers depend on more than constants and shapes. */
  isData(node: GraphNode): boolean;
  /** The nearest node through which all data of this node comes; null where there is none. */
  soleSource(node: GraphNode): GraphNode | null;
}

type Lift = (node: GraphNode, context: PartsContext) => Lifted;

const LIFTS: Readonly<Record<string, Lift>> = {
  Conv2D: liftConv2D,
  _FusedConv2D: liftConv2D,
  DepthwiseConv2dNative: liftDepthwise,
  FusedDepthwiseConv2dNative: liftDepthwise,
  ConcatV2: liftSplitConv,
  MatMul: liftMatMul,
  _FusedMatMul: liftMatMul,
  BatchMatMul: liftMatMul,
  BatchMatMulV2: liftMatMul,
  BatchMatMulV3: liftMatMul,
  Einsum: liftEinsum,
  Reshape: liftReshape,
  ExpandDims: liftView,
  Squeeze: liftView,
  Mul: liftProduct,
};

/** Parts are the first outputs of their nodes. */
function liftFirst({node, port}: Value, context: PartsContext): Lifted {
  if (port !== 0) return refuse(node, `output ${port} of ${node.op}`);
  return (LIFTS[node.op] ?? liftElementwise)(node, context);
}

/** Returns the parts of a graph. Each value is lifted once. */
export function createParts(graph: Graph, shapes: Shapes = createShapes(graph)): Parts {
  const lifted = new Map<Value, Lifted>();
  const lift = (value: Value): Lifted => getOrMake(lifted, value, () => liftFirst(value, context));
  const context = partsContext(graph, shapes, lift);
  return {
    graph,
    shapes: context.shapes,
    lift,
    sum: (value) => sumOf(value, context),
    isData: (node) => context.sources.isData(node),
    soleSource: (node) => context.sources.soleSource(node),
  };
}

const SUMS: ReadonlySet<string> = new Set(['Add', 'AddV2', 'AddN']);

function sumOf(value: Value, {graph, shapes}: PartsContext): ValueSum | null {
  const {node} = value;
  if (!SUMS.has(node.op)) return null;
  const terms = node.inputs.filter((input) => graph.constant(input) === null);
  const constants = node.inputs.flatMap((input) => graph.constant(input) ?? []);
  const shifts = constants.map((constant) => perChannelConstant(constant, shapes.shape(value)));
  if (shifts.includes(null)) return null;
  return {terms, shift: (shifts as PerChannel[]).reduce(add, 0)};
}

function liftProduct(node: GraphNode, context: PartsContext): Lifted {
  return liftSqueezeExcite(node, context) ?? liftElementwise(node, context);
}

function liftReshape(node: GraphNode, context: PartsContext): Lifted {
  return liftBatchNormLayerNorm(node, context) ?? liftView(node, context);
}

/** A Reshape, ExpandDims or Squeeze that keeps the last axis keeps every row of channels whole and in order. */
function liftView(node: GraphNode, {graph, shapes}: PartsContext): Lifted {
  const [input] = node.inputs;
  const value = graph.value(node.name);
  const before = input && shapes.shape(input)?.at(-1);
  const after = value && shapes.shape(value)?.at(-1);
  if (!input || before === undefined || after === undefined || !sameDim(before, after))
    return refuse(node, `a ${node.op} that does not keep the channels`);
  return {parts: [{kind: 'view'}], input, nodes: [node]};
}

/** How many sources back a formula is looked for: a ReLU6 by Minimum of Maximum takes two. */
const MAX_SOURCES = 4;

const CLAMPS: ReadonlySet<string> = new Set(['Relu', 'Relu6', 'Maximum', 'Minimum', 'ClipByValue']);

/** The formula of the nearest source that makes one; where none does, the reason is that of the nearest. */
function liftElementwise(node: GraphNode, context: PartsContext): Lifted {
  let nearest: Refusal | null = null;
  let source = context.sources.soleSource(node);
  for (let i = 0; i < MAX_SOURCES && source !== null; i++) {
    // Together they make one activation: a ReLU of a Minimum is a ReLU6.
    const isClamped = CLAMPS.has(source.op) && CLAMPS.has(node.op);
    const lifted = isClamped ? null : liftFormula(node, source, context);
    if (lifted !== null && !isRefusal(lifted)) return lifted;
    nearest ??= lifted;
    source = context.sources.soleSource(source);
  }
  return nearest === null || joinsLayers(nearest, context) ? refuse(node, joined(node)) : nearest;
}

/** Whether a formula was refused for a conv or product in it: it joins branches of the network. */
function joinsLayers({at}: Refusal, {graph}: PartsContext): boolean {
  const {op} = graph.node(at)!;
  return op in LIFTS && LIFTS[op] !== liftReshape && LIFTS[op] !== liftView && LIFTS[op] !== liftProduct;
}

function joined({op}: GraphNode): string {
  return SUMS.has(op) ? 'a sum of two branches' : `${op} is no part of a block`;
}

function liftFormula(node: GraphNode, base: GraphNode, context: PartsContext): Lifted {
  const expression = expressionOf(node, base, context);
  if (isRefusal(expression)) return expression;
  const {algebra, sum, source, nodes} = expression;
  const parts = partsOf(sum, algebra);
  if (parts === null) return refuse(node, 'a formula that is neither a scale, nor LayerNorm, nor a known activation');
  return typeof parts === 'string' ? refuse(node, parts) : {parts, input: source, nodes};
}
