/**
 * LayerNorm as Keras 2 writes it where its epsilon allows: every pixel is a channel of one NCHW image, `[1, pixels, channels, 1]`,
 * so that a batch norm in training normalizes each over its channels. Source: LayerNormalization.call of Keras 2.
 */
import {boolAttr, floatAttr, stringAttr} from '../graph/attrs.ts';
import {sameDim, sameShape} from '../graph/dims.ts';
import type {Graph, GraphNode, Value} from '../graph/graph.ts';
import type {PartsContext} from './context.ts';
import type {Step} from './parts.ts';

export const BATCH_NORMS: ReadonlySet<string> = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);

/** Lifts the Reshape back from such a batch norm; null for any other node. */
export function liftBatchNormLayerNorm(
  node: GraphNode,
  {graph, shapes}: Pick<PartsContext, 'graph' | 'shapes'>,
): Step | null {
  const [normed] = node.inputs;
  if (normed === undefined) return null;
  const norm = normed.node;
  const flat = norm.inputs[0]?.node;
  const input = flat?.inputs[0];
  const isInTraining = boolAttr(norm.def, 'is_training', true) && stringAttr(norm.def, 'data_format') === 'NCHW';
  if (!BATCH_NORMS.has(norm.op) || normed.port !== 0 || !isInTraining) return null;
  if (flat?.op !== 'Reshape' || input === undefined) return null;

  const [images, , channels, width] = shapes.shape(norm.inputs[0]!) ?? [];
  const [before, after] = [shapes.shape(input), shapes.shape(graph.value(node.name)!)];
  const depth = before?.at(-1);
  const isOverChannels = images === 1 && width === 1 && channels && depth && sameDim(channels, depth);
  if (isOverChannels !== true || !before || !after || !sameShape(before, after)) return null;
  if (!isFilledWith(1, norm.inputs[1], graph) || !isFilledWith(0, norm.inputs[2], graph)) return null;
  const epsilon = floatAttr(norm.def, 'epsilon', 1e-4);
  return {parts: [{kind: 'layer-norm', epsilon}], input, nodes: [flat, norm, node]};
}

/** Returns whether a value is one number throughout: a constant, or a Fill. */
export function isFilledWith(number: number, value: Value | undefined, graph: Graph): boolean {
  const source = value?.node.op === 'Fill' ? value.node.inputs[1] : value;
  const data = source && graph.constant(source)?.data;
  return data !== undefined && data.length > 0 && data.every((v) => v === number);
}
