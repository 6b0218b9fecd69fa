/**
 * Phase 3 of the rewrite: finds the blocks of a graph. The rules say what a block is; this engine owns what they share: the sum
 * with the residual in either order, an activation after it, the same value twice, and that nothing inside a block is read outside it. No cycle can
 * arise: whatever a fused node reads was already read by the nodes that it replaces.
 */
import {sameShape, type Shape} from '../graph/dims.ts';
import {behindIdentity, type GraphNode, type Value} from '../graph/graph.ts';
import type {Approximation} from '../parts/approximation.ts';
import type {Parts} from '../parts/lift.ts';
import {type ActivationPart, isRefusal, type Pointwise, type Refusal, refuse} from '../parts/parts.ts';
import {compose, isUnscaled, shiftBy} from '../parts/affine.ts';
import {
  layerBehind,
  type Lift,
  passActivation,
  passOneStep,
  passToLayer,
  type Path,
  pathFrom,
  type Stop,
  takeActivation,
  type Walk,
  walkLayers,
} from './chain.ts';
import {convFirst} from './convFirst.ts';
import {expandFirst} from './expandFirst.ts';
import type {Failure, FailureKind, Unmatched} from './misses.ts';
import {heldOutside, type Surroundings, withoutSharedPads} from './outside.ts';
import type {Block, BlockRule, EmittedBlock, Miss} from './rule.ts';
import {separable} from './separable.ts';

/** Tried in this order. */
const BLOCK_RULES: readonly BlockRule[] = [convFirst, expandFirst, separable];

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
    const match = matchAt(root, rules, matching);
    if (match === undefined) continue;
    match.nodes.forEach((node) => claimed.add(node));
    blocks.push(match);
  }
  const failuresAt: Unmatched['failuresAt'] = (root, lift) =>
    triesAt(root, rules, {...matching, lift}).filter((result) => 'reason' in result);
  const {nearMisses} = await import('./misses.ts');
  const partial = new Set(blocks.filter((match) => yields(match, rules)).flatMap(({nodes}) => nodes));
  return {blocks: blocks.reverse(), misses: nearMisses({parts, claimed, partial, roots, failuresAt})};
}

interface Matching extends Surroundings {
  readonly lift: Lift;
}

function yields({rule}: BlockMatch, rules: readonly BlockRule[]): boolean {
  return rules.some(({name, yields: doesYield}) => name === rule && doesYield === true);
}

/**
 * The first rule's block that ends in a node. A larger block that only a reader outside keeps from being fused keeps its end: without
 * that reader all of it is fused. What else keeps it apart (a layer that the op lacks, a dense conv, dilation) stays, and its end is a
 * block of its own.
 */
function matchAt(root: GraphNode, rules: readonly BlockRule[], matching: Matching): BlockMatch | undefined {
  const tries = triesAt(root, rules, matching);
  const match = tries.find((result) => 'spec' in result);
  const isEndOfLarger = tries.some((each) => 'reason' in each && each.isHeld && each.walk.layers.has('expand'));
  return match !== undefined && isEndOfLarger && yields(match, rules) ? undefined : match;
}

/** Tries each pattern with the node as the last of a block. */
function triesAt(root: GraphNode, rules: readonly BlockRule[], matching: Matching): (BlockMatch | Failure)[] {
  const {parts, lift} = matching;
  const value = parts.graph.output(root);
  // The last node of a block is a part or a sum.
  if (isRefusal(parts.lift(value)) && parts.sum(value) === null) return [];
  const ends = endsAt(value, matching).flatMap((end) => toLastLayer(end, lift));
  return rules.flatMap((rule) => ends.map((end) => tryChain(rule, root, end, matching)));
}

interface End {
  /** The value of the block's last layer. */
  readonly branch: Value;
  /** Back from there. */
  readonly path: Path;
  /** The other term of the sum; null where there is no sum. */
  readonly skip: Value | null;
  readonly outputActivation: ActivationPart | null;
}

/** A block ends in its last layer, or in the sum of that and its input, or in an activation of either. */
function endsAt(value: Value, matching: Matching): End[] {
  const path = pathFrom(value);
  const activated = takeActivation(path, matching.lift);
  const plain = sumsAt({branch: value, path, skip: null, outputActivation: null}, matching);
  if (activated === null) return plain;
  const end = {branch: value, path: activated.path, skip: null, outputActivation: activated.activation};
  return [...sumsAt(end, matching), ...plain];
}

/** Either term of a sum may be the block. */
function sumsAt(bare: End, {parts, lift}: Matching): End[] {
  let tail = bare.path;
  for (let next: Path | null = tail; next !== null; next = passOneStep(tail, lift)) tail = next;
  const sum = tail.pending.length > 0 ? null : parts.sum(tail.value);
  const [a, b, ...more] = sum?.terms ?? [];
  if (!sum || !a || !b || a === b || more.length > 0 || !isUnscaled(tail.after)) return [bare];
  const nodes = [...tail.nodes, tail.value.node];
  const after = compose(tail.after, shiftBy(sum.shift));
  const end = (branch: Value, skip: Value): End => ({
    ...bare,
    branch,
    path: passActivation({...tail, value: branch, nodes, after}, lift),
    skip,
  });
  return [bare, end(a, b), end(b, a)];
}

/** Returns the end with its path at its last layer; nothing where no block ends in a layer of this kind. */
function toLastLayer(end: End, lift: Lift): End[] {
  const path = passToLayer(end.path, lift);
  return isRefusal(path) || path.pending.at(-1)!.kind !== 'pointwise' ? [] : [{...end, path}];
}

function tryChain(rule: BlockRule, root: GraphNode, end: End, matching: Matching): BlockMatch | Failure {
  const {path, branch, skip} = end;
  const {parts, lift} = matching;
  const walk = walkLayers(path, rule.layers, lift);
  const fail = ({at, reason}: Stop, kind: Partial<FailureKind> = {}): Failure => ({
    ...{rule: rule.name, root, at, reason, walk, branch},
    ...{isWhole: true, isOfSum: false, isLacking: false, isHeld: false},
    ...kind,
  });
  if (walk.stopped !== null) return fail(walk.stopped, {isWhole: false});
  const start = inputOf(walk.path, skip, matching);
  if (isRefusal(start)) return fail(start, {isWhole: false, isOfSum: skip !== null});
  const unfused = unfusedIn(start);
  if (unfused !== null)
    return fail(unfused, {
      isOfSum: path.unfused.length > 0 && start.unfused.length === path.unfused.length,
      isLacking: true,
    });
  const isMadeBy = skip === null && rule.notAfter !== undefined ? layerBehind(start, lift) : null;
  if (isMadeBy !== null && isMadeBy === rule.notAfter)
    return fail(refuse(start.value.node, 'a first 1×1 conv that ends another block'), {isWhole: false});

  const block = blockOf(rule, {root, walk, start, end});
  for (const guard of Object.values(rule.require)) {
    const found = guard(block);
    if (found !== null) return fail(refuse(block.spatial.node, found));
  }
  const nodes = withoutSharedPads([...new Set(start.nodes)], block.x, parts.graph);
  const moved = start.hasViews ? movedPixels(block, parts) : null;
  if (moved !== null) return fail(moved);
  const held = heldOutside(nodes, root, matching);
  if (held !== null) return fail(held, {isHeld: true});
  const isQuantized = matricesOf(block).every(({matrix: {stored}}) => stored !== 'float32');
  const approximations = approximated(block).flatMap((part) => part?.approximation ?? []);
  return {
    ...{rule: rule.name, root, x: block.x, nodes, approximations},
    ...rule.emit(block),
    isQuantized: isQuantized && block.spatial.part.filter.stored !== 'float32',
  };
}

function matricesOf({expand, project, excite, earlyExcite}: Block): Pointwise[] {
  const gates = [excite, earlyExcite].flatMap((found) =>
    found === null ? [] : [found.part.reduce, found.part.expand],
  );
  return [expand, project, ...gates].flatMap((layer) => layer?.part ?? []);
}

/** The parts that may be computed with constants that are not the model's own. */
function approximated(block: Block): ({readonly approximation?: Approximation} | null | undefined)[] {
  const {spatialActivation, norm, hidden, outputActivation, excite, earlyExcite} = block;
  const ofGates = [excite, earlyExcite].flatMap((found) => (found === null ? [] : [found.part, found.part.activation]));
  return [spatialActivation?.part, norm?.part, hidden?.part, ...ofGates, outputActivation];
}

/** Returns the layers of a chain that the op lacks; null where it lacks none. */
function unfusedIn({unfused}: Path): Refusal | null {
  if (unfused.length === 0) return null;
  return {at: unfused[0]!.at, reason: [...new Set(unfused.map(({reason}) => reason))].join(', and ')};
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
  rule: BlockRule,
  {root, walk, start, end}: {root: GraphNode; walk: Walk; start: Path; end: End},
): Block {
  // The walk captured what the rule's pattern names, each with the kind that the pattern says.
  const found = Object.fromEntries(walk.layers) as unknown as Pick<Block, 'spatial' | 'project'>;
  const absent = {spatialActivation: null, norm: null, expand: null, hidden: null};
  const noGlobal = {earlyExcite: null, excite: null, responseNorm: null};
  const layers: Omit<Block, 'root' | 'x' | 'inChannels' | 'before' | 'residual' | 'outputActivation'> = {
    ...absent,
    ...noGlobal,
    ...found,
  };
  const {spatial, expand} = layers;
  const inChannels = rule.layers[0]!.layer === 'expand' ? expand!.part.inputs : spatial.part.channels;
  const {skip, outputActivation} = end;
  return {...layers, root, x: start.value, inChannels, before: start.after, residual: skip !== null, outputActivation};
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
