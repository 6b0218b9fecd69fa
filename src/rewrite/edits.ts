/**
 * Changes to a graph, as values: a node and what stands in its place. Applied all at once, since the graph is frozen; what
 * nobody reads any more goes.
 */
import type {io} from '@tensorflow/tfjs-core';

import {editedGraph, type Graph, type GraphNode, parseInputName} from '../graph/graph.ts';
import {type AttrValue, type NodeDef} from '../graph/graphDef.ts';
import type {StoredWeight, WeightSpec} from '../graph/weights.ts';

export interface Edit {
  readonly node: GraphNode;
  /** In its place; the last has its name, so that readers need no change. */
  readonly nodes: readonly NodeDef[];
  readonly weights: readonly StoredWeight[];
  /** Further nodes that these stand for; nobody else reads them. */
  readonly replaces?: readonly GraphNode[];
}

/** The nodes and weights of one edit while it is made: names under the node's own, in nobody's way. */
export class Draft {
  private readonly nodes: NodeDef[] = [];
  private readonly weights: StoredWeight[] = [];
  private readonly taken = new Set<string>();

  constructor(
    private readonly graph: Graph,
    private readonly replaced: GraphNode,
  ) {}

  /** Adds a node and returns its name, which the next nodes read. */
  add(op: string, inputs: readonly string[], attr: Readonly<Record<string, AttrValue>> = {}): string {
    const name = this.nameFor(op);
    this.nodes.push({name, op, input: [...inputs], attr});
    return name;
  }

  /** Adds a constant from bytes as they are to be stored, in one piece or several, and returns its name. */
  weight(label: string, spec: Omit<WeightSpec, 'name'>, ...pieces: readonly Uint8Array[]): string {
    const name = this.nameFor(label);
    const type = spec.dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
    this.nodes.push({name, op: 'Const', attr: {dtype: {type}}});
    this.weights.push({spec: {...spec, name}, pieces});
    return name;
  }

  /** Adds an int32 constant: a scalar from a number, else a vector. */
  ints(label: string, values: number | readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [list.length];
    return this.weight(label, {dtype: 'int32', shape}, new Uint8Array(Int32Array.from(list).buffer));
  }

  /** Adds a float32 scalar. */
  float(label: string, value: number): string {
    return this.weight(label, {dtype: 'float32', shape: []}, new Uint8Array(Float32Array.of(value).buffer));
  }

  /** Returns the edit. The node that was added last takes the replaced one's name; the first waits for what it waited for. */
  finish(): Edit {
    const {replaced} = this;
    const controls = replaced.controls.map(({name}) => `^${name}`);
    const first = this.nodes.findIndex(({op}) => op !== 'Const');
    const nodes = this.nodes.map((def, i) => ({
      ...def,
      ...(i === first && controls.length > 0 ? {input: [...(def.input ?? []), ...controls]} : {}),
      ...(i === this.nodes.length - 1 ? {name: replaced.name} : {}),
    }));
    return {node: replaced, nodes, weights: this.weights};
  }

  private nameFor(label: string): string {
    const name = freeName(this.graph, `${this.replaced.name}/${label}`, this.taken);
    this.taken.add(name);
    return name;
  }
}

/** Returns a name that no node or weight has, in the graph, its functions or `taken`: `base`, or `base` and a number. */
export function freeName(graph: Graph, base: string, taken: ReadonlySet<string> = new Set()): string {
  const isKnown = (name: string): boolean =>
    taken.has(name) || graph.node(name) !== undefined || graph.weights.has(name) || graph.namesElsewhere.has(name);
  let name = base;
  for (let i = 1; isKnown(name); i++) name = `${base}_${i}`;
  return name;
}

export interface ApplyOptions {
  /** Names of nodes that stay though nobody reads them any more. */
  readonly keepNodes?: readonly string[];
  /** What the model says of itself from now on; as before where it is undefined. */
  readonly metadata?: io.ModelArtifacts['userDefinedMetadata'];
}

/**
 * Returns the graph with every edit made, the same where there is none. Nodes that this leaves without a reader are dropped, with
 * their weights.
 */
export function applyEdits(graph: Graph, edits: readonly Edit[], {keepNodes = [], metadata}: ApplyOptions = {}): Graph {
  if (edits.length === 0) return graph;
  const byNode = new Map(edits.map((edit) => [edit.node, edit]));
  const replaced = new Set(edits.flatMap(({replaces = []}) => replaces));
  const edited = graph.nodes.flatMap((node) => byNode.get(node)?.nodes ?? (replaced.has(node) ? [] : [node.def]));
  const nodes = withoutUnread(graph, edited, new Set(keepNodes));

  const kept = new Set(nodes.map(({name}) => name));
  const isKept = ({spec: {name}}: StoredWeight): boolean =>
    kept.has(name) || graph.node(name) === undefined || graph.namesElsewhere.has(name);
  const weights = [...graph.weights.all.filter(isKept), ...edits.flatMap((edit) => edit.weights)];
  return editedGraph(graph, {nodes, weights, metadata});
}

/** Drops what was read before and is not now: constants, and shapes that were computed for a Reshape. */
function withoutUnread(graph: Graph, defs: readonly NodeDef[], keep: ReadonlySet<string>): readonly NodeDef[] {
  const readCount = new Map<string, number>();
  const count = (def: NodeDef, by: number): void => {
    for (const {name} of (def.input ?? []).map(parseInputName)) readCount.set(name, (readCount.get(name) ?? 0) + by);
  };
  for (const def of defs) count(def, 1);
  const mayGo = ({name}: NodeDef): boolean => {
    const before = graph.node(name);
    return (readCount.get(name) ?? 0) === 0 && !keep.has(name) && before !== undefined && !graph.staysUnread(before);
  };
  let nodes = defs;
  for (;;) {
    const gone = new Set(nodes.filter(mayGo));
    if (gone.size === 0) return nodes;
    for (const def of gone) count(def, -1);
    nodes = nodes.filter((def) => !gone.has(def));
  }
}
