/**
 * Where numbers come from: which nodes carry numbers of the image, which only constants or shapes, and for each value the one
 * earlier value that everything in it is made from (its immediate dominator). Both follow loops: what goes round by NextIteration
 * comes from the loop's body.
 */
import type {Graph, GraphNode} from '../graph/graph.ts';

export interface Sources {
  /** Whether a node's numbers depend on more than constants and shapes. */
  isData(node: GraphNode): boolean;
  /** The nearest node through which all data of this node comes; null where there is none. */
  soleSource(node: GraphNode): GraphNode | null;
}

/** Returns the sources of a graph's nodes. */
export function createSources(graph: Graph): Sources {
  const data = dataNodes(graph);
  const dominators = immediateDominators(graph, data);
  return {isData: (node) => data.has(node), soleSource: (node) => dominators.get(node) ?? null};
}

/** In order of the graph, again as long as a loop's back edge brings data to nodes that came before it. */
function dataNodes({order}: Graph): ReadonlySet<GraphNode> {
  const data = new Set<GraphNode>();
  let before: number;
  do {
    before = data.size;
    for (const node of order) if (!data.has(node) && isMadeOfData(node, data)) data.add(node);
  } while (data.size > before && order.some(isBackEdge));
  return data;
}

function isBackEdge({op}: GraphNode): boolean {
  return op === 'NextIteration';
}

/** Whether a node is an input, or makes numbers of its own, or has data among its inputs. */
function isMadeOfData({op, inputs}: GraphNode, data: ReadonlySet<GraphNode>): boolean {
  if (op.startsWith('Placeholder')) return true;
  if (op === 'Const' || op === 'Shape') return false;
  return inputs.length === 0 || inputs.some((value) => data.has(value.node));
}

/**
 * The immediate dominators of the data flow, with the model's inputs under one root, which stands as null.
 * Source: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
 */
function immediateDominators(graph: Graph, data: ReadonlySet<GraphNode>): ReadonlyMap<GraphNode, GraphNode | null> {
  const sourcesOf = ({inputs}: GraphNode): GraphNode[] => inputs.map(({node}) => node).filter((node) => data.has(node));
  const order = flowOrder(graph, data);
  const rank = new Map(order.map((node, i) => [node, i]));
  const dominators = new Map<GraphNode, GraphNode | null>();
  const rankOf = (node: GraphNode | null): number => (node === null ? -1 : rank.get(node)!);
  const common = (a: GraphNode | null, b: GraphNode | null): GraphNode | null => {
    while (a !== b) {
      if (rankOf(a) > rankOf(b)) a = dominators.get(a!)!;
      else b = dominators.get(b!)!;
    }
    return a;
  };
  for (let isSettled = false; !isSettled;) {
    isSettled = true;
    for (const node of order) {
      const sources = sourcesOf(node);
      const reached = sources.filter((source) => dominators.has(source));
      const dominator = sources.length === 0 ? null : reached.reduce<GraphNode | null>(common, reached[0]!);
      if (dominators.get(node) === dominator) continue;
      dominators.set(node, dominator);
      isSettled = false;
    }
  }
  return dominators;
}

/** The data nodes, each after one at least of those it reads: depth first from the inputs, reversed. */
function flowOrder(graph: Graph, data: ReadonlySet<GraphNode>): GraphNode[] {
  const isRead = (node: GraphNode, reader: GraphNode): boolean =>
    data.has(reader) && reader.inputs.some((value) => value.node === node);
  const isStart = (node: GraphNode): boolean => data.has(node) && !node.inputs.some((value) => data.has(value.node));
  const seen = new Set<GraphNode>();
  const done: GraphNode[] = [];
  for (const start of graph.nodes.filter(isStart)) {
    if (seen.has(start)) continue;
    seen.add(start);
    const open = [{node: start, next: 0}];
    while (open.length > 0) {
      const at = open.at(-1)!;
      const reader = graph.readersOf(at.node)[at.next++];
      if (reader === undefined) done.push(open.pop()!.node);
      else if (!seen.has(reader) && isRead(at.node, reader)) {
        seen.add(reader);
        open.push({node: reader, next: 0});
      }
    }
  }
  return done.reverse();
}
