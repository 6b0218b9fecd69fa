/** What of a block is needed outside it: then it cannot become one node. */
import type {Graph, GraphNode, Value} from '../graph/graph.ts';
import {zeroPads} from '../parts/convolution.ts';
import type {Parts} from '../parts/lift.ts';
import {type Refusal, refuse} from '../parts/parts.ts';

export interface Surroundings {
  readonly parts: Parts;
  /** Names of nodes whose values must stay. */
  readonly kept: ReadonlySet<string>;
  /** Nodes of other blocks. */
  readonly claimed: ReadonlySet<GraphNode>;
}

/** Returns the nodes without a Pad of the block's input that others read too: it stays for them, and the block pads for itself. */
export function withoutSharedPads(nodes: readonly GraphNode[], x: Value, graph: Graph): readonly GraphNode[] {
  const isShared = (node: GraphNode): boolean =>
    zeroPads(node, graph) !== null &&
    node.inputs[0] === x &&
    graph.readersOf(node).some((reader) => !nodes.includes(reader));
  return nodes.filter((node) => !isShared(node));
}

/** Returns which of a block's nodes is needed outside it, if any but the output of its root is. */
export function heldOutside(
  nodes: readonly GraphNode[],
  root: GraphNode,
  {parts, kept, claimed}: Surroundings,
): Refusal | null {
  const {graph} = parts;
  const inside = new Set(nodes);
  // The fused node waits for what these waited for.
  const awaited = new Set(nodes.flatMap(({controls}) => controls));
  const stays = (reader: GraphNode): boolean =>
    parts.isData(reader) || graph.staysUnread(reader) || kept.has(reader.name) || awaited.has(reader);
  for (const node of nodes) {
    if (claimed.has(node)) return refuse(node, 'a layer that belongs to another block');
    if (node === root) {
      if (isReadFurther(root, graph)) return refuse(root, `a further output of ${root.op} is read`);
      continue;
    }
    if (graph.isOutput(node)) return refuse(node, 'a value inside the block is a model output');
    if (kept.has(node.name)) return refuse(node, 'a value inside the block is to be kept');
    const reader = stayingReader(node, {graph, passed: new Set(inside), stays});
    if (reader !== null) return refuse(node, `a value inside the block is also read by ${reader.op} outside it`);
  }
  return null;
}

/** Returns whether more than the first output of a node is read, which is all that a fused node has. */
export function isReadFurther(node: GraphNode, graph: Graph): boolean {
  const read = [...graph.readersOf(node).flatMap(({inputs}) => inputs), ...graph.outputs];
  return read.some((value) => value.node === node && value.port > 0);
}

/** The first node outside that needs this one and stays, be it through shapes that are made from it. */
function stayingReader(
  node: GraphNode,
  {graph, passed, stays}: {graph: Graph; passed: Set<GraphNode>; stays: (reader: GraphNode) => boolean},
): GraphNode | null {
  const open = [node];
  for (const each of open)
    for (const reader of graph.readersOf(each)) {
      if (passed.has(reader)) continue;
      if (stays(reader)) return reader;
      passed.add(reader);
      open.push(reader);
    }
  return null;
}
