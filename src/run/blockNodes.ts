/** Which block of a model a node belongs to, in the stock graph and in the fused one. */

/** A block of the model, fused or not, by its nodes: what FusionReport has in `blocks`. */
export interface BlockNodes {
  /** Of the fused node. */
  readonly name: string;
  /** The nodes that compute it in the stock graph. */
  readonly replaced: readonly string[];
}

/** Returns a function from a node's name to the name of its block; undefined for a node in none. */
export function blockByNode(blocks: readonly BlockNodes[]): (node: string) => string | undefined {
  const names = new Map(blocks.flatMap(({name, replaced}) => [name, ...replaced].map((node) => [node, name])));
  return (node) => byNode(names, node);
}

/** Returns what belongs to a node, or to the one that it was put before: what legalizing adds is named `other/…`. */
export function byNode<T>(map: ReadonlyMap<string, T>, node: string): T | undefined {
  return map.get(node) ?? map.get(node.slice(0, Math.max(0, node.lastIndexOf('/'))));
}
