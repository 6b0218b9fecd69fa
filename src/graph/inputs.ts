/** What a model says of its inputs: the one place that reads it. */
import {shapeAttr, shapeOf} from './attrs.ts';
import type {Graph, GraphNode} from './graph.ts';

/** Returns the node of the model's first input; null where it has none. */
export function firstInput({inputs}: Graph): GraphNode | null {
  return inputs[0]?.node ?? null;
}

/**
 * Returns the shape that a model states for an input, by its node or where that leaves a size open by the signature, −1 for a size
 * that both leave open; null where not even the rank is stated.
 */
export function statedShape(graph: Graph, {name, def}: GraphNode): readonly number[] | null {
  const entries = Object.values(graph.signature?.inputs ?? {});
  const entry = entries.find((each) => each.name !== undefined && graph.value(each.name)?.node.name === name);
  const signed = entry?.tensorShape === undefined ? null : shapeOf(entry.tensorShape);
  const own = shapeAttr(def, 'shape');
  if (own === null || own.length !== signed?.length) return own ?? signed;
  return own.map((size, axis) => (size < 0 ? signed[axis]! : size));
}

/** Returns the shape of the first input with an open batch as 1; null where the model leaves another size open. */
export function closedInputShape(graph: Graph): readonly number[] | null {
  const first = firstInput(graph);
  const [batch = -1, ...sizes] = (first && statedShape(graph, first)) ?? [];
  return sizes.length === 0 || sizes.includes(-1) ? null : [Math.max(batch, 1), ...sizes];
}
