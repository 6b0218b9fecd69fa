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
  const dominators = immediateDominators(flowOrder(graph));
  return {isData: (node) => dominators.has(node), soleSource: (node) => dominators.get(node) ?? null};
}

/** The nodes that data reaches, each after one at least of those it reads: depth first from where data starts, reversed. */
function flowOrder(graph: Graph): GraphNode[] {
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
      else if (!seen.has(reader) && passesOn(at.node, reader)) {
        seen.add(reader);
        open.push({node: reader, next: 0});
      }
    }
  }
  return done.reverse();
}

/** Whether a node is an input of the model, or makes numbers of its own. */
function isStart({op, inputs}: GraphNode): boolean {
  return op.startsWith('Placeholder') || (inputs.length === 0 && op !== 'Const');
}

/** Whether a reader takes numbers from a node: not its shape alone, and not only its turn. */
function passesOn(node: GraphNode, {op, inputs}: GraphNode): boolean {
  return op !== 'Shape' && inputs.some((value) => value.node === node);
}

/**
 * The immediate dominators of nodes in the order of the flow, where all starts stand under one root: null.
 * Source: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
 */
function immediateDominators(order: readonly GraphNode[]): ReadonlyMap<GraphNode, GraphNode | null> {
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
      // A loop's back edge may come from a node that is not reached yet: then the next round takes it in.
      const sources = isStart(node)
        ? []
        : node.inputs.map((value) => value.node).filter((source) => dominators.has(source));
      const dominator = sources.length === 0 ? null : sources.reduce<GraphNode | null>(common, sources[0]!);
      if (dominators.get(node) === dominator) continue;
      dominators.set(node, dominator);
      isSettled = false;
    }
  }
  return dominators;
}
