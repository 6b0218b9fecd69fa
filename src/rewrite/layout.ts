/**
 * One format throughout, before blocks are looked for: what a graph computes in NCHW is computed in NHWC where Transposes that undo one
 * another stood between (PyTorch exports), or where tfjs passes over that it is NCHW. Exact: the same numbers in another order.
 */
import {behindIdentity, type Graph, type GraphNode, inputName, parseInputName, type Value} from '../graph/graph.ts';
import type {AttrValue, NodeDef} from '../graph/graphDef.ts';
import type {Shapes} from '../graph/shapes.ts';
import type {StoredWeight} from '../graph/weights.ts';
import {applyEdits, type Edit, freeName} from './edits.ts';
import {type Layout, orderOf, type Region, regionsOf} from './layout/regions.ts';
import {TO_NCHW, TO_NHWC, type Turn} from './layout/turns.ts';
import type {StoredConstant} from './legalize/constants.ts';
import type {Legalized} from './report.ts';

export interface LayoutOptions {
  /** Names of nodes to leave as they are. */
  readonly keep?: readonly string[];
  /** Whether Transposes that undo one another go as well, not only what tfjs gets wrong. */
  readonly all: boolean;
}

export interface ChannelsLast {
  readonly graph: Graph;
  readonly legalized: readonly Legalized[];
  /** The names that turned nodes had before, by those that they have. */
  readonly namesBefore: ReadonlyMap<string, string>;
}

/**
 * Returns the graph with its images in NHWC, and what was changed; the graph itself where nothing was. A node that is turned gets a name
 * of its own; where its value in NCHW is still needed, that keeps the name.
 */
export function toChannelsLast(graph: Graph, shapes: Shapes, {keep = [], all}: LayoutOptions): ChannelsLast {
  const kept = new Set(keep);
  const apply = ({graph: from}: Layout, turning: Turning): Graph =>
    applyEdits(from, turning.edits(), {keepNodes: keep});
  const original: Layout = {graph, shapes, kept};
  const pairs = new Turning(original);
  if (all) pairs.undoPairs();
  const single: Layout = {...original, graph: apply(original, pairs)};
  const turns = new Turning(single);
  for (const region of regionsOf(single, {forced: !all})) turns.turn(region);
  return {
    graph: apply(single, turns),
    legalized: [...pairs.legalized, ...turns.legalized],
    namesBefore: turns.namesBefore,
  };
}

const FLOAT_TRANSPOSE = {T: {type: 'DT_FLOAT'}, Tperm: {type: 'DT_INT32'}};

interface Pieces {
  readonly nodes: NodeDef[];
  readonly weights: StoredWeight[];
}

/** The edits of one graph while they are made. */
class Turning {
  readonly legalized: Legalized[] = [];
  readonly namesBefore = new Map<string, string>();
  private readonly taken = new Set<string>();
  private readonly pieces = new Map<GraphNode, Pieces>();
  /** What is read in the place of a value, by its input name. */
  private readonly renamed = new Map<string, string>();

  constructor(private readonly layout: Layout) {}

  /** Lets what reads a Transpose of a Transpose read what the first was made of, where the two undo one another. */
  undoPairs(): void {
    const {graph, kept} = this.layout;
    for (const node of graph.nodes) {
      const second = orderOf(node, graph);
      const before = second && behindIdentity(node.inputs[0]!).node;
      const first = before && orderOf(before, graph);
      if (!first || kept.has(node.name)) continue;
      const isUndone = first.length === second.length && second.every((axis, i) => first[axis] === i);
      if (isUndone) this.replace(node, inputName(before.inputs[0]!));
    }
  }

  /** Adds the nodes of a region in NHWC, and Transposes where its values are needed in NCHW. */
  turn({nodes, sources, undone, needed}: Region): void {
    const names = new Map([...nodes.keys()].map((node) => [node, this.nameFor(`${node.name}/nhwc`)]));
    const images = new Map([...sources].map(([value, source]) => [value, source && inputName(source)]));
    for (const [node, turn] of nodes) {
      const pieces: Pieces = {nodes: [], weights: []};
      const image = (value: Value): string => {
        const inside = nodes.get(value.node)?.isImage === true ? names.get(value.node) : undefined;
        const name = inside ?? images.get(value) ?? this.transpose(inputName(value), TO_NHWC, pieces);
        images.set(value, name);
        return name;
      };
      const inputs = node.inputs.map((value, i) => this.inputOf(value, turn.inputs[i]!, {image, pieces, node}));
      const controls = node.controls.map(({name}) => `^${name}`);
      const name = turn.isImage ? names.get(node)! : node.name;
      this.namesBefore.set(name, node.name);
      pieces.nodes.push({...node.def, name, input: [...inputs, ...controls], attr: {...node.def.attr, ...turn.attr}});
      if (needed.has(node)) this.transpose(names.get(node)!, TO_NCHW, pieces, node.name);
      this.pieces.set(node, pieces);
      if (turn.isForced) {
        const {op} = node;
        this.legalized.push({name: node.name, from: `${op}: in NCHW`, to: `${op} in NHWC`, wrong: true});
      }
    }
    for (const node of undone) this.replace(node, names.get(node.inputs[0]!.node)!);
  }

  /** The edits: those of nodes that are turned or go, and of what reads something else now. */
  edits(): Edit[] {
    const {graph} = this.layout;
    return graph.nodes.flatMap((node): Edit[] => {
      const pieces = this.pieces.get(node);
      const nodes = (pieces?.nodes ?? [node.def]).map((def) => this.rewired(def));
      const isSame = pieces === undefined && nodes[0] === node.def;
      return isSame ? [] : [{node, nodes, weights: pieces?.weights ?? []}];
    });
  }

  /** Lets readers of a Transpose read another value; it goes where nobody needs it by its name. */
  private replace(node: GraphNode, by: string): void {
    const {graph} = this.layout;
    const isNamed = graph.staysUnread(node) || graph.readersOf(node).some(({controls}) => controls.includes(node));
    const attr = {T: node.def.attr?.['T'] ?? FLOAT_TRANSPOSE.T};
    const controls = node.controls.map(({name}) => `^${name}`);
    const stands: NodeDef[] = isNamed ? [{name: node.name, op: 'Identity', input: [by, ...controls], attr}] : [];
    this.pieces.set(node, {nodes: stands, weights: []});
    this.renamed.set(node.name, by);
    this.legalized.push({name: node.name, from: 'Transpose: undone by another', to: 'nothing'});
  }

  private inputOf(
    value: Value,
    input: Turn['inputs'][number],
    {image, pieces, node}: {image: (value: Value) => string; pieces: Pieces; node: GraphNode},
  ): string {
    if (input === 'image') return image(value);
    return input === 'same' ? inputName(value) : this.constant(`${node.name}/nhwc/${value.node.name}`, input, pieces);
  }

  private constant(label: string, {spec, bytes}: StoredConstant, {nodes, weights}: Pieces): string {
    const name = this.nameFor(label);
    nodes.push({name, op: 'Const', attr: {dtype: {type: spec.dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT'}}});
    weights.push({spec: {...spec, name}, pieces: [bytes]});
    return name;
  }

  private transpose(x: string, order: readonly number[], pieces: Pieces, name?: string): string {
    const bytes = new Uint8Array(Int32Array.from(order).buffer);
    const base = name ?? `${x.replace(':', '_')}/nhwc`;
    const perm = this.constant(`${base}/perm`, {spec: {name: '', dtype: 'int32', shape: [4]}, bytes}, pieces);
    const own = name ?? this.nameFor(base);
    const attr: Record<string, AttrValue> = FLOAT_TRANSPOSE;
    pieces.nodes.push({name: own, op: 'Transpose', input: [x, perm], attr});
    return own;
  }

  private rewired(def: NodeDef): NodeDef {
    const input = def.input?.map((text) => {
      const {name, port, control} = parseInputName(text);
      return control || port !== 0 || !this.renamed.has(name) ? text : this.current(name);
    });
    return input?.some((text, i) => text !== def.input![i]) === true ? {...def, input} : def;
  }

  /** What is read in the place of a value, which may be replaced itself. */
  private current(name: string): string {
    let text = name;
    for (let next = this.renamed.get(text); next !== undefined; next = this.renamed.get(text)) text = next;
    return text;
  }

  private nameFor(label: string): string {
    const name = freeName(this.layout.graph, label, this.taken);
    this.taken.add(name);
    return name;
  }
}
