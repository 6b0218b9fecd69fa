/**
 * Where numbers come from: which nodes carry numbers of the image, which only constants or shapes, and for each value the one
 * earlier value that everything in it is made from (its immediate dominator).
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
  const data = new Set<GraphNode>();
  const dominators = new Map<GraphNode, {source: GraphNode | null; depth: number}>();
  const depth = (node: GraphNode | null): number => (node === null ? 0 : (dominators.get(node)?.depth ?? 0));
  const above = (node: GraphNode): GraphNode | null => dominators.get(node)?.source ?? null;
  const common = (a: GraphNode | null, b: GraphNode | null): GraphNode | null => {
    while (a !== b) {
      if (depth(a) >= depth(b)) a = a && above(a);
      else b = b && above(b);
    }
    return a;
  };
  for (const node of graph.order) {
    const sources = node.inputs.map((value) => value.node).filter((source) => data.has(source));
    const isFed = node.op.startsWith('Placeholder');
    const isConstant = node.op === 'Const' || node.op === 'Shape' || (node.inputs.length > 0 && sources.length === 0);
    if (isFed || !isConstant) data.add(node);
    const source = sources.length === 0 ? null : sources.reduce<GraphNode | null>(common, sources[0]!);
    dominators.set(node, {source, depth: depth(source) + 1});
  }
  return {isData: (node) => data.has(node), soleSource: above};
}
