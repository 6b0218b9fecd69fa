/**
 * Which parts of a graph are worth computing in NHWC: connected nodes that can all be turned (turns.ts), where that leaves fewer numbers
 * to transpose than before, or where tfjs gets NCHW wrong.
 */
import {sizesOf} from '../../graph/dims.ts';
import type {Graph, GraphNode, Value} from '../../graph/graph.ts';
import type {Shapes} from '../../graph/shapes.ts';
import {TO_NCHW, TO_NHWC, type Turn, turnOf} from './turns.ts';

/** A graph, and what may not change in it. */
export interface Layout {
  readonly graph: Graph;
  readonly shapes: Shapes;
  /** Names of nodes that stay as they are. */
  readonly kept: ReadonlySet<string>;
}

/** Nodes that are turned together. */
export interface Region {
  readonly nodes: ReadonlyMap<GraphNode, Turn>;
  /** Images in NCHW that come from outside, and what is read in their place: a value in NHWC, or null for a Transpose of them. */
  readonly sources: ReadonlyMap<Value, Value | null>;
  /** Transposes to NHWC behind the nodes: what they make is there already. */
  readonly undone: ReadonlySet<GraphNode>;
  /** Nodes whose value in NCHW is read outside. */
  readonly needed: ReadonlySet<GraphNode>;
  readonly isForced: boolean;
}

/** Returns the order of a Transpose that is constant; null for any other node. */
export function orderOf({op, inputs}: GraphNode, graph: Graph): readonly number[] | null {
  const order = op === 'Transpose' && inputs[1] ? graph.constant(inputs[1])?.data : undefined;
  return order === undefined ? null : Array.from(order);
}

function isTransposeTo(order: readonly number[], node: GraphNode, graph: Graph): boolean {
  return orderOf(node, graph)?.join() === order.join();
}

/** Returns the regions that are to be turned; only those that must be where `forced`. */
export function regionsOf(layout: Layout, {forced}: {forced: boolean}): Region[] {
  const turns = new Map<GraphNode, Turn>();
  for (const node of layout.graph.nodes) {
    const turn = layout.kept.has(node.name) ? null : turnOf(node, layout);
    if (turn !== null && !isReadElsewhere(node, layout)) turns.set(node, turn);
  }
  return connected(turns, layout)
    .map((nodes) => regionOf(nodes, layout))
    .filter((region) => region.isForced || (!forced && pays(region, layout)));
}

/** Whether more than the first output of a node is read. */
function isReadElsewhere(node: GraphNode, {graph}: Layout): boolean {
  return graph.readersOf(node).some(({inputs}) => inputs.some((value) => value.node === node && value.port > 0));
}

/** Groups of nodes, by the images that go from one to the other. */
function connected(turns: ReadonlyMap<GraphNode, Turn>, {graph}: Layout): Map<GraphNode, Turn>[] {
  const seen = new Set<GraphNode>();
  const groups: Map<GraphNode, Turn>[] = [];
  for (const start of turns.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const open = [start];
    for (const node of open)
      for (const next of neighbours(node, turns, graph))
        if (!seen.has(next)) {
          seen.add(next);
          open.push(next);
        }
    groups.push(new Map(open.map((node) => [node, turns.get(node)!])));
  }
  return groups;
}

function neighbours(node: GraphNode, turns: ReadonlyMap<GraphNode, Turn>, graph: Graph): GraphNode[] {
  const before = imagesRead(node, turns.get(node)!).map((value) => value.node);
  const after = graph.readersOf(node).filter((reader) => {
    const turn = turns.get(reader);
    return turn !== undefined && imagesRead(reader, turn).some((value) => value.node === node);
  });
  const isImage = (other: GraphNode): boolean => turns.get(other)?.isImage === true;
  return [...before.filter(isImage), ...(isImage(node) ? after : [])];
}

function imagesRead({inputs}: GraphNode, turn: Turn): Value[] {
  return inputs.filter((_, i) => turn.inputs[i] === 'image');
}

function regionOf(nodes: ReadonlyMap<GraphNode, Turn>, layout: Layout): Region {
  const {graph, kept} = layout;
  const isInside = ({node}: Value): boolean => nodes.get(node)?.isImage === true;
  const outside = [...nodes].flatMap(([node, turn]) => imagesRead(node, turn)).filter((value) => !isInside(value));
  const sources = new Map(
    outside.map((value) => [value, isTransposeTo(TO_NCHW, value.node, graph) ? value.node.inputs[0]! : null]),
  );
  const undone = new Set<GraphNode>();
  const needed = new Set<GraphNode>();
  for (const [node, {isImage}] of nodes) {
    if (!isImage) continue;
    if (graph.staysUnread(node)) needed.add(node);
    for (const reader of graph.readersOf(node)) {
      const turn = nodes.get(reader);
      const reads = reader.inputs.filter((value) => value.node === node).length;
      const isTurned =
        turn !== undefined && imagesRead(reader, turn).filter(({node: n}) => n === node).length === reads;
      if (reads > 0 && isTransposeTo(TO_NHWC, reader, graph) && !kept.has(reader.name)) undone.add(reader);
      else if (!isTurned || reader.controls.includes(node)) needed.add(node);
    }
  }
  return {nodes, sources, undone, needed, isForced: [...nodes.values()].some(({isForced}) => isForced)};
}

/**
 * Whether less is transposed when a region is turned: in numbers, or in Transposes where sizes are open. As much will do for the sum
 * behind a block, which then takes it in.
 */
function pays(region: Region, layout: Layout): boolean {
  const {before, after} = transposedAround(region, layout);
  const sizes = (values: readonly Value[]): (number | undefined)[] => values.map((value) => imageSize(value, layout));
  const isOpen = sizes([...before, ...after]).includes(undefined);
  const total = (values: readonly Value[]): number =>
    isOpen ? values.length : sizes(values).reduce<number>((sum, size) => sum + size!, 0);
  const difference = total(after) - total(before);
  return difference < 0 || (difference === 0 && hasResidualSum(region));
}

const SUMS: readonly string[] = ['Add', 'AddV2', 'AddN'];

/** Whether a region adds images, one of them out of NHWC, and what it makes goes into NHWC. */
function hasResidualSum({nodes, sources, undone}: Region): boolean {
  const isSum = ([node, turn]: [GraphNode, Turn]): boolean => {
    const images = SUMS.includes(node.op) ? imagesRead(node, turn) : [];
    return images.length > 1 && images.some((value) => (sources.get(value) ?? null) !== null);
  };
  return undone.size > 0 && [...nodes].some(isSum);
}

/** What is transposed around a region alone: now, and once it is turned. */
function transposedAround(region: Region, layout: Layout): {before: Value[]; after: Value[]} {
  const {sources, undone, needed} = region;
  const output = (node: GraphNode): Value => layout.graph.output(node);
  const ends = [...sources].filter(([{node}, source]) => source !== null && isReadInside(node, region, layout));
  return {
    before: [...ends.map(([value]) => value), ...Array.from(undone, output)],
    after: [
      ...[...sources].filter(([, source]) => source === null).map(([value]) => value),
      ...Array.from(needed, output),
    ],
  };
}

/** Whether nobody outside a region needs a node that it reads. */
function isReadInside(node: GraphNode, {nodes}: Region, {graph, kept}: Layout): boolean {
  return !kept.has(node.name) && !graph.staysUnread(node) && graph.readersOf(node).every((reader) => nodes.has(reader));
}

/** Elements of one image. */
function imageSize(value: Value, {shapes}: Layout): number | undefined {
  const shape = shapes.shape(value)?.slice(1);
  return shape && sizesOf(shape)?.reduce((product, size) => product * size, 1);
}
