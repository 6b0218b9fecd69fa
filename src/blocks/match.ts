/**
 * Phase 3 of the rewrite: finds the blocks of a graph. The rules say what a block is; this engine owns what they share: the sum
 * with the residual in either order, the same value twice, and that nothing inside a block is read outside it. No cycle can
 * arise: whatever a fused node reads was already read by the nodes that it replaces.
 */
import {sameShape, type Shape} from '../graph/dims.ts';
import {behindIdentity, type GraphNode, type Value} from '../graph/graph.ts';
import type {Approximation} from '../parts/approximation.ts';
import type {Parts} from '../parts/lift.ts';
import {isRefusal, type Refusal, refuse} from '../parts/parts.ts';
import {compose, isUnscaled, shiftBy} from './affine.ts';
import {
  type Lift,
  passActivation,
  passOneStep,
  passToLayer,
  type Path,
  pathFrom,
  type Stop,
  type Walk,
  walkLayers,
} from './chain.ts';
import {convFirst} from './convFirst.ts';
import {expandFirst} from './expandFirst.ts';
import type {Failure, Unmatched} from './misses.ts';
import {heldOutside, type Surroundings} from './outside.ts';
import type {Block, BlockPattern, BlockRule, EmittedBlock, Miss, UnfusedBlock} from './rule.ts';

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

export interface MatchOptions {
  readonly rules?: readonly BlockRule[];
  /** Names of nodes whose values must stay. */
  readonly keepNodes?: readonly string[];
}

/** Returns the blocks of a graph, and the near misses. Each node belongs to one block at most. */
export async function findBlocks(
  parts: Parts,
  {rules = BLOCK_RULES, keepNodes = []}: MatchOptions = {},
): Promise<FoundBlocks> {
  const claimed = new Set<GraphNode>();
  const matching: Matching = {parts, lift: (value) => parts.lift(value), kept: new Set(keepNodes), claimed};
  const blocks: BlockMatch[] = [];
  // Last first: a block's tail (a layer scale, the sum) is met before the nodes that it could do without.
  const roots = parts.graph.order.filter((node) => parts.isData(node)).reverse();
  for (const root of roots) {
    if (claimed.has(root)) continue;
    const match = triesAt(root, rules, matching).find((result) => 'spec' in result);
    if (match === undefined) continue;
    match.nodes.forEach((node) => claimed.add(node));
    blocks.push(match);
  }
  const failuresAt: Unmatched['failuresAt'] = (root, {unfused, lift}) =>
    triesAt(root, [...rules, ...unfused], {...matching, lift}).filter((result) => 'reason' in result);
  const {nearMisses} = await import('./misses.ts');
  return {blocks: blocks.reverse(), misses: nearMisses({parts, claimed, roots, failuresAt})};
}

interface Matching extends Surroundings {
  readonly lift: Lift;
}

/** Tries each pattern with the node as the last of a block. */
function triesAt(
  root: GraphNode,
  patterns: readonly (BlockRule | UnfusedBlock)[],
  matching: Matching,
): (BlockMatch | Failure)[] {
  const {parts, lift} = matching;
  const value = parts.graph.output(root);
  // The last node of a block is a part or a sum.
  if (isRefusal(parts.lift(value)) && parts.sum(value) === null) return [];
  const ends = endsAt(value, matching).flatMap((end) => toLastLayer(end, lift));
  return patterns.flatMap((pattern) => ends.map((end) => tryChain(pattern, root, end, matching)));
}

interface End {
  /** The value of the block's last layer. */
  readonly branch: Value;
  /** Back from there. */
  readonly path: Path;
  /** The other term of the sum; null where there is no sum. */
  readonly skip: Value | null;
}

/** A block ends in its last layer, or in the sum of that and its input; either term of a sum may be the block. */
function endsAt(value: Value, {parts, lift}: Matching): End[] {
  const bare: End = {branch: value, path: pathFrom(value), skip: null};
  let tail = bare.path;
  for (let next: Path | null = tail; next !== null; next = passOneStep(tail, lift)) tail = next;
  const sum = parts.sum(tail.value);
  const [a, b, ...more] = sum?.terms ?? [];
  if (!sum || !a || !b || a === b || more.length > 0 || !isUnscaled(tail.after)) return [bare];
  const nodes = [...tail.nodes, tail.value.node];
  const after = compose(tail.after, shiftBy(sum.shift));
  const end = (branch: Value, skip: Value): End => ({
    branch,
    path: passActivation({...tail, value: branch, nodes, after}, lift),
    skip,
  });
  return [bare, end(a, b), end(b, a)];
}

/** Returns the end with its path at its last layer; nothing where no block ends in a layer of this kind. */
function toLastLayer(end: End, lift: Lift): End[] {
  const path = passToLayer(end.path, lift);
  if (isRefusal(path)) return [];
  const {kind} = path.pending.at(-1)!;
  return kind === 'pointwise' || kind === 'activation' ? [{...end, path}] : [];
}

function tryChain(
  pattern: BlockRule | UnfusedBlock,
  root: GraphNode,
  {path, branch, skip}: End,
  matching: Matching,
): BlockMatch | Failure {
  const {parts, lift} = matching;
  const walk = walkLayers(path, pattern.layers, lift);
  const fail = ({at, reason}: Stop, {isWhole = true, isOfSum = false} = {}): Failure => ({
    rule: pattern.name,
    root,
    at,
    reason,
    isWhole,
    isOfSum,
    walk,
    branch,
  });
  if (walk.stopped !== null) return fail(walk.stopped, {isWhole: false});
  const start = inputOf(walk.path, skip, matching);
  if (isRefusal(start)) return fail(start, {isWhole: false, isOfSum: skip !== null});
  const unfused = unfusedIn(pattern, walk, start);
  if (unfused !== null)
    return fail(unfused, {isOfSum: path.unfused.length > 0 && start.unfused.length === path.unfused.length});

  const rule = pattern as BlockRule;
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

/** Returns the layers of a chain that the op lacks, and what else it lacks for a pattern; null where it lacks nothing. */
function unfusedIn(pattern: BlockRule | UnfusedBlock, walk: Walk, start: Path): Refusal | null {
  const lacks = 'lacks' in pattern ? [refuse(walk.layers.get('spatial')!.node, pattern.lacks(walk.layers))] : [];
  const all = [...start.unfused, ...lacks];
  if (all.length === 0) return null;
  return {at: all[0]!.at, reason: [...new Set(all.map(({reason}) => reason))].join(', and ')};
}

/** Back to the block's input: an image, and the residual's own value where there is one. */
function inputOf(first: Path, skip: Value | null, {parts, lift}: Matching): Path | Refusal {
  const isInput = ({value, nodes}: Path): boolean =>
    skip === null ? isImage(value, nodes, parts) : behindIdentity(value) === behindIdentity(skip);
  let path: Path | null = first;
  while (path !== null && !isInput(path)) path = passOneStep(path, lift);
  if (path !== null) return path;
  return skip === null
    ? refuse(first.value.node, 'an input that is not known to be an image')
    : refuse(skip.node, 'a sum with another value than the input of the block, which stays outside');
}

/** Whether a value has rank 4: by its shape, or where that is not known, since one of these nodes is a conv of it. */
function isImage(value: Value, nodes: readonly GraphNode[], {shapes}: Parts): boolean {
  const shape = shapes.shape(value);
  return shape === null ? nodes.some(({op, inputs}) => /Conv2d/i.test(op) && inputs[0] === value) : shape.length === 4;
}

function blockOf(
  rule: BlockPattern,
  {root, walk, start, residual}: {root: GraphNode; walk: Walk; start: Path; residual: boolean},
): Block {
  // The walk captured what the rule's pattern names, each with the kind that the pattern says.
  const layers = Object.fromEntries(walk.layers) as unknown as Pick<Block, 'spatial' | 'expand' | 'project'>;
  const {spatial, expand} = layers;
  const inChannels = rule.layers[0]!.layer === 'spatial' ? spatial.part.channels : expand.part.inputs;
  const absent = {spatialActivation: null, norm: null, hidden: null};
  return {...absent, ...layers, root, x: start.value, inChannels, before: start.after, residual};
}

/** Reshapes between the layers are nothing as long as the conv sees the image and the output is one again. */
function movedPixels({spatial, x, root}: Block, {graph, shapes}: Parts): Refusal | null {
  const pixels = (value: Value): Shape | undefined => shapes.shape(value)?.slice(0, -1);
  const isSame = (a: Shape | undefined, b: Shape | undefined): boolean =>
    a?.length === 3 && b !== undefined && sameShape(a, b);
  if (
    isSame(pixels(x), pixels(spatial.input)) &&
    isSame(pixels(graph.output(spatial.node)), pixels(graph.output(root)))
  )
    return null;
  return refuse(root, 'a Reshape that is not known to put every pixel back into its place');
}
