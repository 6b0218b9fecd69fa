/** What stock tfjs computes otherwise than TensorFlow, without an error, and legalize.ts knows no other spelling for: to be said. */
import {boolAttr, intAttr, intsAttr, stringAttr} from '../graph/attrs.ts';
import type {Graph, GraphNode} from '../graph/graph.ts';
import type {Shapes} from '../graph/shapes.ts';
import {BATCH_NORMS} from '../parts/batchNormLayerNorm.ts';
import {FORMAT_OPS} from './layout/turns.ts';
import {misreadStacks} from './legalize/batchMatMul.ts';
import {sizesIn} from './legalize.ts';
import type {Misread} from './report.ts';
import type {Context} from './legalize/rule.ts';

type Reason = (node: GraphNode, context: Pick<Context, 'sizes'>) => string | null;

const ofIntegers =
  (reason: string): Reason =>
  ({def}) =>
    def.attr?.['T']?.type === 'DT_INT32' ? reason : null;

const REASONS: Readonly<Record<string, Reason>> = {
  BatchMatMul: misreadStacks,
  BatchMatMulV2: misreadStacks,
  Conv2DBackpropInput: ({def}) =>
    intsAttr(def, 'dilations').some((dilation) => dilation > 1) ? 'its dilations are passed over' : null,
  Div: ofIntegers('of integers, rounded down and not towards zero'),
  GatherV2: ({def, inputs}, {sizes}) => {
    const count = intAttr(def, 'batch_dims', 0);
    const batch = inputs[0] && sizes(inputs[0])?.slice(0, count);
    return count === 0 || batch?.every((size) => size === 1) === true
      ? null
      : 'batch_dims: on wasm the indices of the first image are taken for all';
  },
  Mean: ofIntegers('of integers, not rounded towards zero'),
  Mod: () => 'the sign of the divisor, not that of the dividend',
  OneHot: ({def}) => (intAttr(def, 'axis', -1) === -1 ? null : 'its axis is passed over'),
};

/** Ops whose `data_format` tfjs passes over, or reads in part. */
const IMAGE_OPS: ReadonlySet<string> = new Set([...FORMAT_OPS, 'Conv2DBackpropInput']);

/** Returns the nodes of a legalized graph that stock tfjs computes wrongly, at some size of image or batch, and why. */
export function misreadNodes(graph: Graph, shapes: Shapes): Misread[] {
  const sizes = sizesIn(shapes);
  return graph.nodes.flatMap((node) => {
    const reason = formatReason(node) ?? trainingReason(node) ?? REASONS[node.op]?.(node, {sizes}) ?? null;
    return reason === null ? [] : [{name: node.name, op: node.op, reason}];
  });
}

function formatReason({op, def}: GraphNode): string | null {
  return IMAGE_OPS.has(op) && stringAttr(def, 'data_format') === 'NCHW' ? 'in NCHW' : null;
}

function trainingReason({op, def}: GraphNode): string | null {
  return BATCH_NORMS.has(op) && boolAttr(def, 'is_training', true) ? 'in training mode' : null;
}
