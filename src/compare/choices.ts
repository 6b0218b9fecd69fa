/**
 * Which outputs of a model were chosen: by order or size, as top-k, argmax and non-max suppression choose. Two candidates that are
 * almost equal change places for a rounding error, and with them whole rows of the outputs.
 */
import type {NodeDef} from '../graph/graphDef.ts';
import {type Graph, type GraphNode, inputName, type Value} from '../graph/graph.ts';

/** Ops that choose, and which of their outputs has the indices of what was chosen. */
const CHOOSING_OPS: ReadonlyMap<string, number> = new Map([
  ['TopKV2', 1],
  ['ArgMax', 0],
  ['ArgMin', 0],
  ['NonMaxSuppressionV2', 0],
  ['NonMaxSuppressionV3', 0],
  ['NonMaxSuppressionV4', 0],
  ['NonMaxSuppressionV5', 0],
  ['Where', 0],
  ['Unique', 1],
  ['UniqueV2', 1],
  ['ListDiff', 1],
  ['LowerBound', 0],
  ['UpperBound', 0],
]);

/** Ops whose value is a handle, which says nothing of what it holds, or is there in one branch alone. */
const UNREADABLE_OPS = /^(TensorList|TensorArray|Switch$)/;

export interface Choices {
  /** The names of the output nodes that depend on a choice. */
  readonly outputs: ReadonlySet<string>;
  /** The choosing ops that they depend on, each once. */
  readonly ops: readonly string[];
  /** The names of the values that say what was chosen; null where one of them cannot be read, as in a loop. */
  readonly indices: readonly string[] | null;
  /** What is chosen from, as far as it depends on no other choice. */
  readonly candidates: readonly Value[];
  /** Returns what a value is made of: for a candidate that is no float, as the result of a comparison. */
  readonly madeOf: (value: Value) => readonly Value[];
}

/** Returns the choices that outputs of the model depend on; null where there are none. */
export function choicesOf(graph: Graph): Choices | null {
  const choosing = choosingNodes(graph);
  const chosen = dependents(graph, choosing, () => true);
  const outputs = graph.outputs.map(({node}) => node).filter((node) => chosen.has(node));
  if (outputs.length === 0) return null;

  const inLoop = loopNodes(graph);
  const needed = ancestors(outputs);
  const relevant = choosing.filter((node) => needed.has(node));
  const candidatesFor = (values: readonly Value[]): Value[] => readable(values, {chosen, inLoop});
  return {
    outputs: new Set(outputs.map(({name}) => name)),
    ops: [...new Set(relevant.map(({op}) => op))],
    indices: relevant.some((node) => !CHOOSING_OPS.has(node.op) || inLoop.has(node)) ? null : relevant.map(indicesOf),
    candidates: candidatesFor(relevant.flatMap(({inputs}) => inputs)),
    madeOf: ({node}) => candidatesFor(node.inputs),
  };
}

function indicesOf(node: GraphNode): string {
  return inputName({node, port: CHOOSING_OPS.get(node.op)!});
}

interface Unreadable {
  /** Nodes that depend on a choice. */
  readonly chosen: ReadonlySet<GraphNode>;
  /** Nodes that have a value for each turn of a loop. */
  readonly inLoop: ReadonlySet<GraphNode>;
}

/** Returns the values that can be read and may differ; for those that cannot be read, what they are made of. */
function readable(values: readonly Value[], {chosen, inLoop}: Unreadable): Value[] {
  const seen = new Set<Value>();
  const visit = (value: Value): Value[] => {
    const {node} = value;
    if (seen.has(value) || node.op === 'Const' || node.op.startsWith('Placeholder')) return [];
    seen.add(value);
    if (inLoop.has(node) || UNREADABLE_OPS.test(node.op)) return node.inputs.flatMap(visit);
    return chosen.has(node) ? [] : [value];
  };
  return values.flatMap(visit);
}

/** Nodes that choose, or that call a function which does: While, If. */
function choosingNodes({nodes, def}: Graph): GraphNode[] {
  const functions = def.library?.function ?? [];
  const choosing = new Set<string>();
  const chooses = (node: NodeDef): boolean =>
    CHOOSING_OPS.has(node.op) || calls(node).some((name) => choosing.has(name));
  // A function may call one that comes after it.
  for (let before = -1; before < choosing.size;) {
    before = choosing.size;
    for (const {signature, nodeDef = []} of functions) if (nodeDef.some(chooses)) choosing.add(signature.name);
  }
  return nodes.filter((node) => chooses(node.def));
}

/** The names of the functions that a node calls. */
function calls({attr = {}}: NodeDef): string[] {
  return Object.values(attr).flatMap(({func}) => func?.name ?? []);
}

/** Between the Enter and Exit of TensorFlow's first control flow. */
function loopNodes(graph: Graph): ReadonlySet<GraphNode> {
  const enters = graph.nodes.filter(({op}) => op === 'Enter');
  return dependents(graph, enters, ({op}) => op !== 'Exit');
}

/** Returns the nodes and all that read them, as far as `isPart` says. */
function dependents(
  graph: Graph,
  nodes: readonly GraphNode[],
  isPart: (node: GraphNode) => boolean,
): ReadonlySet<GraphNode> {
  const readers = (node: GraphNode): GraphNode[] =>
    graph.readersOf(node).filter((reader) => isPart(reader) && reader.inputs.some((value) => value.node === node));
  return closure(nodes, readers);
}

/** Returns the nodes and all that they are made of. */
function ancestors(nodes: readonly GraphNode[]): ReadonlySet<GraphNode> {
  return closure(nodes, ({inputs}) => inputs.map(({node}) => node));
}

function closure(nodes: readonly GraphNode[], next: (node: GraphNode) => readonly GraphNode[]): Set<GraphNode> {
  const found = new Set(nodes);
  // A set goes on to what is added meanwhile.
  for (const node of found) for (const each of next(node)) found.add(each);
  return found;
}
