/**
 * Phase 3 of the rewrite: finds the blocks of a graph. The rules say what a block is; this engine owns what they share: the sum
 * with the residual in either order, the same value twice, and that nothing inside a block is read outside it. No cycle can
 * arise: whatever a fused node reads was already read by the nodes that it replaces.
 */
import {stringAttr} from '../graph/attrs.ts';
import {sameShape, type Shape} from '../graph/dims.ts';
import {behindIdentity, type Graph, type GraphNode, type Value} from '../graph/graph.ts';
import type {Parts} from '../parts/lift.ts';
import type {Approximation} from '../parts/approximation.ts';
import {isRefusal, type Refusal, refuse} from '../parts/parts.ts';
import type {Miss} from '../rewrite/report.ts';
import {compose, isUnscaled, shiftBy} from './affine.ts';
import {passOneStep, type Path, pathFrom, type Walk, walkLayers} from './chain.ts';
import {convFirst} from './convFirst.ts';
import {expandFirst} from './expandFirst.ts';
import type {Block, BlockRule, EmittedBlock} from './rule.ts';

/** Tried in this order. */
const BLOCK_RULES: readonly BlockRule[] = [convFirst, expandFirst];

export interface BlockMatch extends EmittedBlock {
  readonly rule: string;
  readonly root: GraphNode;
  readonly x: Value;
  /** The nodes that the fused node stands for, the root among them. */
  readonly nodes: readonly GraphNode[];
  /** Parts whose constants are not the model's own. */
  readonly approximations: readonly Approximation[];
  /** Whether the model stored every matrix of the block quantized. */
  readonly isQuantized: boolean;
}

export interface FoundBlocks {
  /** In the order of the graph. */
  readonly blocks: readonly BlockMatch[];
  readonly misses: readonly Miss[];
}

/** A try that failed: the layers and nodes that it bound tell how near it came. */
interface Failure extends Miss {
  readonly layers: number;
  readonly bound: readonly GraphNode[];
}

export interface MatchOptions {
  readonly rules?: readonly BlockRule[];
  /** Names of nodes whose values must stay. */
  readonly keepNodes?: readonly string[];
}

/** Returns the blocks of a graph, and the near misses. Each node belongs to one block at most. */
export function findBlocks(parts: Parts, {rules = BLOCK_RULES, keepNodes = []}: MatchOptions = {}): FoundBlocks {
  const kept = new Set(keepNodes);
  const claimed = new Set<GraphNode>();
  const blocks: BlockMatch[] = [];
  const failures: Failure[] = [];
  // Last first: a block's tail (a layer scale, the sum) is met before the nodes that it could do without.
  for (const root of [...parts.graph.order].reverse()) {
    if (claimed.has(root) || !parts.isData(root)) continue;
    const tries = rules.flatMap((rule) => tryRule(rule, root, {parts, kept, claimed}));
    const match = tries.find((result) => 'spec' in result);
    if (match !== undefined) {
      match.nodes.forEach((node) => claimed.add(node));
      blocks.push(match);
    } else failures.push(...(tries as Failure[]));
  }
  return {blocks: blocks.reverse(), misses: nearMisses(failures, parts, claimed)};
}

interface Matching {
  readonly parts: Parts;
  readonly kept: ReadonlySet<string>;
  readonly claimed: ReadonlySet<GraphNode>;
}

type Try = BlockMatch | Failure;

/** A block ends in its last layer, or in the sum of that and its input. */
function tryRule(rule: BlockRule, root: GraphNode, matching: Matching): Try[] {
  const {parts} = matching;
  const value = parts.graph.value(root.name)!;
  const bare = tryChain(rule, {root, path: pathFrom(value), skip: null}, matching);
  if ('spec' in bare) return [bare];
  const sums = sumsAt(value, parts).map((end) =>
    isRefusal(end) ? {...missOf(rule, root, end), layers: 0, bound: []} : tryChain(rule, {root, ...end}, matching),
  );
  return [...sums.filter((result) => 'spec' in result), bare, ...sums];
}

interface End {
  /** Back from the block's last layer. */
  readonly path: Path;
  /** The other term of the sum; null where there is no sum. */
  readonly skip: Value | null;
}

/** The two ways to see the sum that a value is, constants after it or in it: either term may be the block. */
function sumsAt(value: Value, parts: Parts): (End | Refusal)[] {
  let tail = pathFrom(value);
  for (let next: Path | null = tail; next !== null; next = passOneStep(tail, parts)) tail = next;
  const sum = parts.sum(tail.value);
  if (sum?.terms.length !== 2) return [];
  const [a, b] = sum.terms as [Value, Value];
  const {node} = tail.value;
  if (!isUnscaled(tail.after)) return [refuse(node, 'the sum with the residual is scaled')];
  const end = (branch: Value, skip: Value): End => ({
    path: {...tail, value: branch, nodes: [...tail.nodes, node], after: compose(tail.after, shiftBy(sum.shift))},
    skip,
  });
  return a === b ? [] : [end(a, b), end(b, a)];
}

function tryChain(rule: BlockRule, {root, path, skip}: End & {root: GraphNode}, matching: Matching): Try {
  const {parts} = matching;
  const walk = walkLayers(path, rule.layers, parts);
  const fail = (at: Refusal): Failure => ({
    ...missOf(rule, root, at),
    layers: walk.layers.size,
    bound: walk.path.nodes,
  });
  if (walk.stopped !== null) return fail(walk.stopped);
  const start = inputOf(walk.path, skip, parts);
  if (isRefusal(start)) return fail(start);

  const block = blockOf(rule, {root, walk, start, residual: skip !== null});
  for (const guard of Object.values(rule.require)) {
    const found = guard(block);
    if (found !== null) return fail(refuse(block.spatial.node, found));
  }
  const nodes = [...new Set(start.nodes)];
  const held = (start.hasViews ? movedPixels(block, parts) : null) ?? heldOutside(nodes, root, matching);
  if (held !== null) return fail(held);
  const kernels = [block.spatial.part.filter, block.expand.part.matrix, block.project.part.matrix];
  const isQuantized = kernels.every(({stored}) => stored !== 'float32');
  const approximations = [block.spatialActivation, block.norm, block.hidden].flatMap(
    (layer) => layer?.part.approximation ?? [],
  );
  return {rule: rule.name, root, x: block.x, nodes, ...rule.emit(block), approximations, isQuantized};
}

/** Back to the block's input: an image, and the residual's own value where there is one. */
function inputOf(first: Path, skip: Value | null, parts: Parts): Path | Refusal {
  const isInput = ({value, nodes}: Path): boolean =>
    skip === null ? isImage(value, nodes, parts) : behindIdentity(value) === behindIdentity(skip);
  let path: Path | null = first;
  while (path !== null && !isInput(path)) path = passOneStep(path, parts);
  if (path !== null) return path;
  const {node} = first.value;
  return skip === null
    ? refuse(node, 'the input of the block is not known to be an image')
    : refuse(skip.node, `the sum adds ${skip.node.name}, not the input of the block, ${node.name}`);
}

/** Whether a value has rank 4: by its shape, or where that is not known, since one of these nodes is a conv of it. */
function isImage(value: Value, nodes: readonly GraphNode[], {shapes}: Parts): boolean {
  const shape = shapes.shape(value);
  return shape === null ? nodes.some(({op, inputs}) => /Conv2d/i.test(op) && inputs[0] === value) : shape.length === 4;
}

function blockOf(
  rule: BlockRule,
  {root, walk, start, residual}: {root: GraphNode; walk: Walk; start: Path; residual: boolean},
): Block {
  // The walk captured what the rule's pattern names, each with the kind that the pattern says.
  const layers = Object.fromEntries(walk.layers) as unknown as Pick<Block, 'spatial' | 'expand' | 'project'> &
    Partial<Pick<Block, 'spatialActivation' | 'norm' | 'hidden'>>;
  const {spatial, expand, project, spatialActivation = null, norm = null, hidden = null} = layers;
  const inChannels = rule.layers[0]!.layer === 'spatial' ? spatial.part.channels : expand.part.inputs;
  const before = start.after;
  return {
    root,
    x: start.value,
    inChannels,
    before,
    spatial,
    spatialActivation,
    norm,
    expand,
    hidden,
    project,
    residual,
  };
}

/** Reshapes between the layers are nothing as long as the conv sees the image and the output is one again. */
function movedPixels({spatial, x, root}: Block, {graph, shapes}: Parts): Refusal | null {
  const pixels = (value: Value): Shape | undefined => shapes.shape(value)?.slice(0, -1);
  const isSame = (a: Shape | undefined, b: Shape | undefined): boolean =>
    a?.length === 3 && b !== undefined && sameShape(a, b);
  const output = (node: GraphNode): Value => graph.value(node.name)!;
  if (isSame(pixels(x), pixels(spatial.input)) && isSame(pixels(output(spatial.node)), pixels(output(root))))
    return null;
  return refuse(root, 'a Reshape that is not known to put every pixel back into its place');
}

/** What of a block is needed outside it, if anything but its output is. */
function heldOutside(nodes: readonly GraphNode[], root: GraphNode, {parts, kept, claimed}: Matching): Refusal | null {
  const {graph} = parts;
  const inside = new Set(nodes);
  // The fused node waits for what these waited for.
  const awaited = new Set(nodes.flatMap(({controls}) => controls));
  const stays = (reader: GraphNode): boolean =>
    parts.isData(reader) || graph.staysUnread(reader) || kept.has(reader.name) || awaited.has(reader);
  for (const node of nodes) {
    if (claimed.has(node)) return refuse(node, 'it belongs to another block');
    if (node === root) {
      if (isReadFurther(root, graph)) return refuse(root, 'a further output of it is read');
      continue;
    }
    if (graph.isOutput(node)) return refuse(node, `its value inside the block is a model output`);
    if (kept.has(node.name)) return refuse(node, 'its value inside the block is to be kept');
    const reader = stayingReader(node, {graph, inside, stays});
    if (reader !== null) return refuse(node, `its value inside the block is also read by ${reader.name}`);
  }
  return null;
}

/** Whether more than the first output of a node is read, which is all that a fused node has. */
function isReadFurther(node: GraphNode, graph: Graph): boolean {
  const read = [...graph.readersOf(node).flatMap(({inputs}) => inputs), ...graph.outputs];
  return read.some((value) => value.node === node && value.port > 0);
}

/** The first node outside that needs this one and stays, be it through shapes that are made from it. */
function stayingReader(
  node: GraphNode,
  {graph, inside, stays}: {graph: Graph; inside: ReadonlySet<GraphNode>; stays: (reader: GraphNode) => boolean},
): GraphNode | null {
  for (const reader of graph.readersOf(node)) {
    if (inside.has(reader)) continue;
    const found = stays(reader) ? reader : stayingReader(reader, {graph, inside, stays});
    if (found !== null) return found;
  }
  return null;
}

function missOf(rule: BlockRule, root: GraphNode, {at, reason}: Refusal): Miss {
  return {rule: rule.name, root: root.name, at, reason};
}

/** One miss for each would-be block that ends in an image: that of the try that bound the most. */
function nearMisses(failures: readonly Failure[], {graph, shapes}: Parts, claimed: ReadonlySet<GraphNode>): Miss[] {
  const nearestFirst = [...failures].sort((a, b) => b.layers - a.layers || b.bound.length - a.bound.length);
  const told = new Set([...claimed].map((node) => node.name));
  const misses: Miss[] = [];
  for (const {layers, bound, ...miss} of nearestFirst) {
    const rank = shapes.shape(graph.value(miss.root)!)?.length ?? 4;
    if (layers === 0 || rank !== 4 || told.has(miss.root)) continue;
    bound.forEach((node) => told.add(node.name));
    misses.push(miss);
  }
  return [...misses, ...channelsFirst(failures, graph)];
}

/** One miss for all convs in NCHW: none is a part, so that nothing comes near a block. */
function channelsFirst(failures: readonly Failure[], graph: Graph): Miss[] {
  const isInNchw = ({at}: Failure): boolean => {
    const {op, def} = graph.node(at)!;
    return /Conv2d/i.test(op) && stringAttr(def, 'data_format') === 'NCHW';
  };
  // Failures come last root first.
  return failures
    .filter(isInNchw)
    .slice(-1)
    .map(({rule, root, at, reason}) => ({rule, root, at, reason}));
}
