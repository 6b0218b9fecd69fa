/** Ops of a formula that change the shape: the last axis may come and go, and those of height and width together. */
import {boolAttr} from '../graph/attrs.ts';
import {sameShape, type Shape} from '../graph/dims.ts';
import type {GraphNode} from '../graph/graph.ts';
import {type Extent, type FormulaContext, FULL, isFull, type Operand, shapeOfExtent} from './operand.ts';
import {type Refusal, refuse} from './parts.ts';

type ReshapingRule = (node: GraphNode, operand: Operand, of: FormulaContext) => Operand | Refusal;

/** Of these ops only the first input holds numbers. */
export const RESHAPING: Readonly<Record<string, ReshapingRule>> = {
  Mean: overChannels,
  Sum: (node, operand, of) => overPixels(node, operand, of) ?? overChannels(node, operand, of),
  Reshape: reshaped,
  ExpandDims: reshaped,
  Squeeze: reshaped,
  BroadcastTo: broadcast,
  Tile: broadcast,
};

/** The axes that a node reduces, counted from the front, in order; null where they are not known. */
export function reducedAxes({inputs}: GraphNode, rank: number, {graph}: FormulaContext['context']): number[] | null {
  const data = inputs[1] && graph.constant(inputs[1])?.data;
  return data === undefined ? null : Array.from(data, (axis) => (axis < 0 ? axis + rank : axis)).sort();
}

export function keepsDims({def}: GraphNode): boolean {
  return boolAttr(def, 'keep_dims', boolAttr(def, 'keepDims', false));
}

function overChannels(
  node: GraphNode,
  {sum, extent}: Operand,
  {algebra, shape, context}: FormulaContext,
): Operand | Refusal {
  const channels = shape?.at(-1);
  const reduced = extent === 'constant' || shape === null ? null : shapeOfExtent(extent, shape);
  const axes = reducedAxes(node, reduced?.length ?? shape?.length ?? 0, context);
  if (axes === null || typeof channels !== 'number')
    return refuse(node, `${node.op} over axes or channels that are not known`);
  const isLast = axes.length === 1 && axes[0] === (reduced?.length ?? 0) - 1;
  if (extent === 'constant' || extent.channels !== 'each' || !isLast)
    return refuse(node, `${node.op} over axes ${axes.join(', ')}, not over channels alone`);
  const mean = algebra.mean(sum);
  return {
    sum: node.op === 'Mean' ? mean : algebra.scaled(mean, channels),
    extent: {...extent, channels: keepsDims(node) ? 'one' : 'gone'},
  };
}

/** A sum over height and width of what is as large as the source; null for any other. */
function overPixels(
  node: GraphNode,
  {sum, extent}: Operand,
  {algebra, shape, context}: FormulaContext,
): Operand | null {
  if (!isFull(extent) || shape?.length !== 4 || reducedAxes(node, 4, context)?.join() !== '1,2') return null;
  return {sum: algebra.pixelSum(sum), extent: {pixels: keepsDims(node) ? 'one' : 'gone', channels: 'each'}};
}

function reshaped(node: GraphNode, {sum, extent}: Operand, {shape, context}: FormulaContext): Operand | Refusal {
  const after = context.shapes.shape(context.graph.output(node));
  if (shape === null || after === null) return refuse(node, `${node.op} to a shape that is not known`);
  const isSame = (candidate: Extent): boolean => {
    const shapeThen = shapeOfExtent(candidate, shape);
    return shapeThen !== null && sameShape(after, shapeThen);
  };
  const found = extent === 'constant' ? (hasOneRow(after) ? extent : undefined) : alternatives(extent).find(isSame);
  return found === undefined
    ? refuse(node, `${node.op} that moves numbers between pixels and channels`)
    : {sum, extent: found};
}

function hasOneRow(shape: Shape): boolean {
  return shape.slice(0, -1).every((dim) => dim === 1);
}

/** The extents of the same numbers: axes of size 1 come and go. */
function alternatives({pixels, channels}: Extent): Extent[] {
  const others = (along: Extent['pixels']): Extent['pixels'][] => (along === 'each' ? ['each'] : ['one', 'gone']);
  return others(pixels).flatMap((p) => others(channels).map((c) => ({pixels: p, channels: c})));
}

/** Onto the whole source from its rows, its image or a constant, by BroadcastTo, or by Tile where what is repeated has size 1. */
function broadcast(node: GraphNode, operand: Operand, of: FormulaContext): Operand | Refusal {
  const {shape, context} = of;
  const after = context.shapes.shape(context.graph.output(node));
  const isWhole = shape !== null && after !== null && sameShape(after, shape);
  const {extent} = operand;
  const isKept = extent === 'constant' || (extent.pixels !== 'gone' && extent.channels !== 'gone');
  return isWhole && isKept ? {...operand, extent: FULL} : reshaped(node, operand, of);
}
