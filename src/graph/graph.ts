/**
 * Phase 1 of the rewrite: a frozen view of a GraphModel's artifacts, with every name resolved: who makes a value, who reads
 * it, what is constant, what goes in and out. Each later phase takes a graph and gives a graph; writeArtifacts, at the end, gives
 * artifacts again.
 */
import type {io} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../../ops/errors.ts';
import {getOrMake} from '../../ops/getOrMake.ts';
import {asGraphDef, asSignature, type GraphDef, layersModelError, type NodeDef, type Signature} from './graphDef.ts';
import {type Constant, createWeights, type StoredWeight, type Weights, weightsOf, wholeBuffer} from './weights.ts';

/** One output of a node. There is one object for each, so that `===` tells whether two are the same. */
export interface Value {
  readonly node: GraphNode;
  readonly port: number;
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly def: NodeDef;
  /** Data inputs, in order. */
  readonly inputs: readonly Value[];
  /** Nodes that must have run before (`^name`). */
  readonly controls: readonly GraphNode[];
}

export interface Graph {
  /** What the model says beside its nodes and weights, and the artifacts themselves as long as nothing was edited. */
  readonly source: io.ModelArtifacts;
  readonly isEdited: boolean;
  readonly def: GraphDef;
  /** In the order of the GraphDef. */
  readonly nodes: readonly GraphNode[];
  /** Each after its inputs (a loop's back edge apart). */
  readonly order: readonly GraphNode[];
  readonly weights: Weights;
  /** The signature in force: that of `userDefinedMetadata`, else the artifacts' own. */
  readonly signature: Signature | null;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Names that `modelInitializer` and `library.function` mention: weights are shared with them by name. */
  readonly namesElsewhere: ReadonlySet<string>;
  node(name: string): GraphNode | undefined;
  /** A node's first output. */
  output(node: GraphNode): Value;
  /** The value that an input name (`name`, `name:1`, `name:output:1`) stands for. */
  value(inputName: string): Value | undefined;
  /** Nodes that read a value, once for each input that does. */
  readers(value: Value): readonly GraphNode[];
  /** Nodes that read any value of this node, or wait for it by a control input. */
  readersOf(node: GraphNode): readonly GraphNode[];
  isOutput(node: GraphNode): boolean;
  /** Whether a node stays in the model though nobody reads it any more. */
  staysUnread(node: GraphNode): boolean;
  /** The numbers behind a value that is constant, seen through Identity; else null. */
  constant(value: Value): Constant | null;
}

/** What an entry of a node's `input` says. */
export interface InputName {
  readonly name: string;
  readonly port: number;
  readonly control: boolean;
}

/** Returns the parts of `name`, `name:port`, `name:output:port` or `^name`. */
export function parseInputName(text: string): InputName {
  const control = text.startsWith('^');
  const parts = (control ? text.slice(1) : text).split(':');
  return {name: parts[0]!, port: parts.length === 1 ? 0 : Number(parts.at(-1)), control};
}

/** Returns the input name of a value. */
export function inputName({node, port}: Value): string {
  return port === 0 ? node.name : `${node.name}:${port}`;
}

/** Returns the name of the node whose first output a name stands for, with `:0` or without. */
export function bareName(name: string): string {
  return name.replace(/:0$/, '');
}

/**
 * Returns the graph of a GraphModel's artifacts. Weights must be in `weightData` (see readWeightData).
 * Throws: `unsupported-model` for a LayersModel, `invalid-model` where artifacts are broken: a node or a weight that is
 * missing, a cycle, a manifest that does not fit the data.
 */
export function createGraph(artifacts: io.ModelArtifacts): Graph {
  if (artifacts.format === 'layers-model') throw layersModelError('format');
  const def = asGraphDef(artifacts.modelTopology, 'modelTopology');
  return graphOf({source: artifacts, isEdited: false, def, weights: createWeights(artifacts)});
}

/** Nodes and weights in the place of a graph's own, and what the model says of itself where that changes. */
export interface GraphEdit {
  readonly nodes: readonly NodeDef[];
  readonly weights: readonly StoredWeight[];
  readonly metadata?: io.ModelArtifacts['userDefinedMetadata'];
}

/**
 * Returns the graph with these nodes and weights.
 * Throws: `invalid-model` as createGraph does.
 */
export function editedGraph({source, def}: Graph, {nodes, weights, metadata}: GraphEdit): Graph {
  return graphOf({
    source: metadata === undefined ? source : {...source, userDefinedMetadata: metadata},
    isEdited: true,
    def: {...def, node: nodes},
    weights: weightsOf(weights),
  });
}

/** Returns the artifacts of a graph: those that it was made of where nothing was edited. */
export function writeArtifacts(graph: Graph): io.ModelArtifacts {
  const {source, isEdited, weights} = graph;
  return isEdited ? artifactsOf(graph, writeWeightData(weights)) : source;
}

/** Returns the artifacts of a graph, with this for its weights. */
export function artifactsOf(
  {source, def, weights}: Graph,
  weightData: NonNullable<io.ModelArtifacts['weightData']>,
): io.ModelArtifacts {
  return {...source, modelTopology: def, weightSpecs: weights.all.map(({spec}) => spec), weightData};
}

/** Returns the bytes of all weights. tfjs takes them in pieces, though none that is empty: joined they would be in memory twice. */
export function writeWeightData({all}: Weights): ArrayBuffer[] {
  return all
    .flatMap(({pieces}) => pieces)
    .filter(({length}) => length > 0)
    .map(wholeBuffer);
}

function graphOf({source, isEdited, def, weights}: Pick<Graph, 'source' | 'isEdited' | 'def' | 'weights'>): Graph {
  const {nodes, byName, valueOf, readers} = link(def.node);
  const order = topologicalOrder(nodes);

  const readersOf = (node: GraphNode): readonly GraphNode[] => readers.get(node) ?? [];
  const value = (inputName: string): Value | undefined => {
    const {name, port} = parseInputName(inputName);
    const node = byName.get(name);
    return node && valueOf(node, port);
  };
  const signature = signatureOf(source);
  const named = (entries: Signature['inputs']): Value[] | null => {
    const listed = Object.values(entries ?? {});
    return listed.length === 0 ? null : listed.flatMap(({name}) => (name === undefined ? [] : (value(name) ?? [])));
  };
  const firstOutputs = (is: (node: GraphNode) => boolean): Value[] => nodes.filter(is).map((node) => valueOf(node, 0));
  const inputs = named(signature?.inputs) ?? firstOutputs(({op}) => op.startsWith('Placeholder'));
  const outputs = named(signature?.outputs) ?? firstOutputs((node) => readersOf(node).length === 0);
  const outputNodes = new Set(outputs.map((v) => v.node));

  checkConstants(nodes, weights, (node) => readersOf(node).length > 0 || outputNodes.has(node));
  const elsewhere = namesElsewhere(source, def);
  const staysUnread = (node: GraphNode): boolean =>
    node.op.startsWith('Placeholder') ||
    outputNodes.has(node) ||
    elsewhere.has(node.name) ||
    readersOf(node).length === 0;

  return Object.freeze({
    source,
    isEdited,
    def,
    nodes,
    order,
    weights,
    signature,
    inputs,
    outputs,
    namesElsewhere: elsewhere,
    node: (name: string) => byName.get(name),
    output: (node: GraphNode) => valueOf(node, 0),
    value,
    readers: (of: Value) =>
      readersOf(of.node).flatMap((reader) => reader.inputs.filter((input) => input === of).map(() => reader)),
    readersOf,
    isOutput: (node: GraphNode) => outputNodes.has(node),
    staysUnread,
    constant: (of: Value) => constantBehind(of, weights),
  });
}

interface Linked {
  readonly nodes: readonly GraphNode[];
  readonly byName: ReadonlyMap<string, GraphNode>;
  readonly readers: ReadonlyMap<GraphNode, readonly GraphNode[]>;
  readonly valueOf: (node: GraphNode, port: number) => Value;
}

/** Makes the nodes first and their inputs after, since a GraphDef may name a node before it comes. */
function link(defs: readonly NodeDef[]): Linked {
  type Draft = GraphNode & {inputs: Value[]; controls: GraphNode[]};
  const drafts = defs.map((def): Draft => ({name: def.name, op: def.op, def, inputs: [], controls: []}));
  const byName = new Map(drafts.map((node) => [node.name, node]));
  const values = new Map<GraphNode, Map<number, Value>>();
  const valueOf = (node: GraphNode, port: number): Value => {
    const ports = getOrMake(values, node, () => new Map<number, Value>());
    return getOrMake(ports, port, () => Object.freeze({node, port}));
  };

  const readers = new Map<GraphNode, GraphNode[]>();
  for (const node of drafts) {
    const sources = new Set<GraphNode>();
    for (const text of node.def.input ?? []) {
      const {name, port, control} = parseInputName(text);
      const source = byName.get(name);
      if (source === undefined || !Number.isSafeInteger(port) || port < 0)
        throw new BlockFusionError('invalid-model', {
          where: `modelTopology: ${node.name}`,
          must: 'every input must name a node of the graph',
          got: text,
          fix: 'convert the model again',
        });
      if (control) node.controls.push(source);
      else node.inputs.push(valueOf(source, port));
      sources.add(source);
    }
    for (const source of sources) getOrMake(readers, source, (): GraphNode[] => []).push(node);
    Object.freeze(node.inputs);
    Object.freeze(node.controls);
    Object.freeze(node);
  }
  return {nodes: Object.freeze(drafts), byName, readers, valueOf};
}

/** Depth first, without recursion: a network may be deeper than the stack. */
function topologicalOrder(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const order: GraphNode[] = [];
  const state = new Map<GraphNode, 'open' | 'done'>();
  for (const start of nodes) {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (state.get(node) === undefined) {
        state.set(node, 'open');
        for (const source of sourcesOf(node)) {
          if (state.get(source) === 'open') throw cycleError(node, source);
          if (state.get(source) === undefined) stack.push(source);
        }
      } else {
        stack.pop();
        if (state.get(node) === 'open') order.push(node);
        state.set(node, 'done');
      }
    }
  }
  return Object.freeze(order);
}

/** What must run before a node. A loop of TensorFlow's first control flow comes back by NextIteration: no cycle of values. */
function sourcesOf(node: GraphNode): GraphNode[] {
  return [...node.inputs.map((value) => value.node), ...node.controls].filter(
    (source) => source.op !== 'NextIteration',
  );
}

function cycleError(node: GraphNode, source: GraphNode): BlockFusionError {
  return new BlockFusionError('invalid-model', {
    where: `modelTopology: ${node.name}`,
    must: 'the graph must have no cycle',
    got: `an input, ${source.name}, that depends on it`,
    fix: 'convert the model again',
  });
}

function signatureOf(artifacts: io.ModelArtifacts): Signature | null {
  const metadata = artifacts.userDefinedMetadata as {signature?: object} | undefined;
  const signature = metadata?.signature ?? artifacts.signature;
  return signature === undefined ? null : asSignature(signature);
}

function checkConstants(nodes: readonly GraphNode[], weights: Weights, isUsed: (node: GraphNode) => boolean): void {
  const missing = nodes.find((node) => node.op === 'Const' && !weights.has(node.name) && isUsed(node));
  if (missing !== undefined)
    throw new BlockFusionError('invalid-model', {
      where: `modelTopology: ${missing.name}`,
      must: 'a Const must have its weight in the manifest',
      got: 'none',
      fix: 'fetch or convert the model again, with all its shards',
    });
}

/** What was found behind an Identity: chains of them are asked for at every node of theirs. */
const behind = new WeakMap<Value, Value>();

/** Returns the value that stands behind any number of Identity. */
export function behindIdentity(value: Value): Value {
  let end = value;
  const passed: Value[] = [];
  while (end.node.op === 'Identity' && end.node.inputs.length === 1) {
    passed.push(end);
    end = behind.get(end) ?? end.node.inputs[0]!;
  }
  for (const each of passed) behind.set(each, end);
  return end;
}

function constantBehind(value: Value, weights: Weights): Constant | null {
  const {node} = behindIdentity(value);
  return node.op === 'Const' ? weights.constant(node.name) : null;
}

function namesElsewhere(artifacts: io.ModelArtifacts, def: GraphDef): ReadonlySet<string> {
  const {modelInitializer: initializer} = artifacts;
  const graphs: GraphDef[] = initializer && 'node' in initializer ? [asGraphDef(initializer, 'modelInitializer')] : [];
  const bodies = [def, ...graphs].flatMap((graph) => (graph.library?.function ?? []).map((body) => body.nodeDef ?? []));
  const nodes = [...graphs.map((graph) => graph.node), ...bodies].flat();
  return new Set(
    nodes.flatMap((node) => [node.name, ...(node.input ?? []).map((input) => parseInputName(input).name)]),
  );
}
