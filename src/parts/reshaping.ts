/** Ops of a formula that change the shape: only the last axis may come and go. */
import {boolAttr} from '../graph/attrs.ts';
import {sameShape} from '../graph/dims.ts';
import type {GraphNode} from '../graph/graph.ts';
import type {Algebra, Sum} from './algebra.ts';
import type {FormulaContext, Operand} from './operand.ts';
import {type Refusal, refuse} from './parts.ts';

type ReshapingRule = (node: GraphNode, operand: Operand, of: FormulaContext) => Operand | Refusal;

/** Of these ops only the first input holds numbers. */
export const RESHAPING: Readonly<Record<string, ReshapingRule>> = {
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

function reshaped(node: GraphNode, {sum, extent}: Operand, {shape, context}: FormulaContext): Operand | Refusal {
  const after = context.shapes.shape(context.graph.output(node));
  if (shape === null || after === null) return refuse(node, `${node.op} to a shape that is not known`);
  const rows = shape.slice(0, -1);
  const isConstant = extent === 'constant' && after.slice(0, -1).every((dim) => dim === 1);
  if (isConstant) return {sum, extent};
  if (sameShape(after, shape) && extent === 'full') return {sum, extent};
  if (extent === 'row' || extent === 'squeezed') {
    if (sameShape(after, [...rows, 1])) return {sum, extent: 'row'};
    if (sameShape(after, rows)) return {sum, extent: 'squeezed'};
  }
  return refuse(node, `${node.op} that moves numbers between pixels and channels`);
}

/** Onto the whole source from its rows or from a constant, by BroadcastTo, or by Tile where what is repeated has size 1. */
function broadcast(node: GraphNode, operand: Operand, of: FormulaContext): Operand | Refusal {
  const {shape, context} = of;
  const after = context.shapes.shape(context.graph.output(node));
  const isWhole = shape !== null && after !== null && sameShape(after, shape);
  return isWhole && operand.extent !== 'squeezed' ? {...operand, extent: 'full'} : reshaped(node, operand, of);
}
