/**
 * Near misses: what kept a would-be block from being one, once for each, by the try that came nearest. Imported after the blocks are
 * found, so that the code that a page loads first is without it.
 */
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {getOrMake} from '../../ops/getOrMake.ts';
import type {GraphNode, Value} from '../graph/graph.ts';
import type {Parts} from '../parts/lift.ts';
import {isRefusal, type Lifted, type Part, type SpatialConv} from '../parts/parts.ts';
import {liftOrName} from '../parts/unfused.ts';
import type {Lift, Stop, Walk} from './chain.ts';
import {denseOrNull} from './guards.ts';
import type {BlockLayer, Miss} from './rule.ts';

export interface FailureKind {
  /** Whether all layers were found; then something about them or between them is not as in a block. */
  readonly isWhole: boolean;
  /** Whether only the sum at the end cannot be taken into the block. */
  readonly isOfSum: boolean;
  /** Whether a layer is one that no block has. */
  readonly isLacking: boolean;
  /** Whether only something outside that reads a value inside stands in the way. */
  readonly isHeld: boolean;
}

/** A try that failed. */
export interface Failure extends Stop, FailureKind {
  readonly rule: string;
  readonly root: GraphNode;
  readonly walk: Walk;
  /** Where the walk began: before the sum, if there is one. */
  readonly branch: Value;
}

export interface Unmatched {
  readonly parts: Parts;
  /** Nodes of blocks. */
  readonly claimed: ReadonlySet<GraphNode>;
  /** Of these the nodes of blocks that may be parts of a larger one that the op cannot hold. */
  readonly partial: ReadonlySet<GraphNode>;
  /** Where a block may end, last first. */
  readonly roots: readonly GraphNode[];
  /** How the rules fail at a root, where values are read by `lift`. */
  readonly failuresAt: (root: GraphNode, lift: Lift) => readonly Failure[];
}

/**
 * Returns one miss for each would-be block, which is known by its k×k conv, in the order of the graph. Where a model has neither
 * blocks nor misses, each of its convs is one.
 */
export function nearMisses(unmatched: Unmatched): Miss[] {
  const {parts, claimed, partial, roots, failuresAt} = unmatched;
  if (!parts.graph.nodes.some(isAnyConv)) return convsInFunctions(parts);

  const isOpen = (root: GraphNode): boolean => (!claimed.has(root) || partial.has(root)) && makesImage(root, parts);
  const covered = new Set<GraphNode>();
  const found: Failure[] = [];
  const named = new Map<Value, Lifted>();
  const lift = (value: Value): Lifted => getOrMake(named, value, () => liftOrName(value, parts));
  const failures = roots.filter(isOpen).flatMap((root) => failuresAt(root, lift));
  for (const failure of nearestFirst(failures)) {
    const conv = convOf(failure, parts);
    if (conv === null || covered.has(failure.root) || !isNew(failure, conv, covered, unmatched)) continue;
    [conv, failure.root, ...failure.walk.path.nodes].forEach((node) => covered.add(node));
    found.push(failure);
  }
  if (found.length === 0 && claimed.size === 0) return looseConvs(parts);
  const inOrder = new Map(found.map((failure) => [failure.root, failure]));
  return roots
    .flatMap((root) => inOrder.get(root) ?? [])
    .reverse()
    .map(missOf);
}

const CONVS: ReadonlySet<string> = new Set([
  'Conv2D',
  '_FusedConv2D',
  'DepthwiseConv2dNative',
  'FusedDepthwiseConv2dNative',
]);

function isConv({op}: Pick<GraphNode, 'op'>): boolean {
  return CONVS.has(op);
}

/** Convs that no rule reads, such as Conv3D, are looked at where there are no others. */
function isAnyConv({op}: GraphNode): boolean {
  return op.includes('Conv');
}

/** Whether a conv sees more than one pixel, or is a depthwise one. */
function isSpatial(node: GraphNode, {shapes}: Parts): boolean {
  const [height, width] = (node.inputs[1] && shapes.shape(node.inputs[1])) ?? [];
  return isConv(node) && (node.op.includes('Depthwise') || height !== 1 || width !== 1);
}

function makesImage(node: GraphNode, {graph, shapes}: Parts): boolean {
  return (shapes.shape(graph.output(node))?.length ?? 4) === 4;
}

const WITH_WEIGHTS: readonly BlockLayer[] = ['spatial', 'expand', 'project'];

/** Those that found all layers, then those that found most; of these the one that looked for the conv where it stopped. */
function nearestFirst(failures: readonly Failure[]): Failure[] {
  const keysOf = ({isWhole, walk: {layers, wanted, path}}: Failure): number[] => [
    Number(isWhole),
    WITH_WEIGHTS.filter((layer) => layers.has(layer)).length,
    Number(wanted === 'spatial'),
    path.nodes.length,
  ];
  const ranked = failures
    .filter(({walk}) => walk.layers.has('project'))
    .map((failure) => ({failure, keys: keysOf(failure)}));
  const byKeys = (a: number[], b: number[]): number => {
    const at = a.findIndex((key, i) => key !== b[i]);
    return at < 0 ? 0 : b[at]! - a[at]!;
  };
  return ranked.sort((a, b) => byKeys(a.keys, b.keys)).map(({failure}) => failure);
}

/** How many sources back a conv is near. */
const MAX_SOURCES = 200;

/** The k×k conv of a would-be block: the one found, or the nearest to where the walk stopped. Null where there is no block near. */
function convOf({walk, at}: Failure, parts: Parts): GraphNode | null {
  const found = walk.layers.get('spatial');
  if (found !== undefined) return found.node;
  const stoppedAt = parts.graph.node(at)!;
  let node: GraphNode | null = stoppedAt;
  for (let i = 0; node !== null && !isSpatial(node, parts); i++) node = i < MAX_SOURCES ? parts.soleSource(node) : null;
  return node ?? (stoppedAt.op.startsWith('Placeholder') ? null : stoppedAt);
}

/** Whether a failure is of a would-be block that is neither fused nor covered by a nearer miss. */
function isNew(
  {isOfSum, isLacking, root, walk, branch}: Failure,
  conv: GraphNode,
  covered: ReadonlySet<GraphNode>,
  {parts, claimed, partial}: Unmatched,
): boolean {
  // A block that is fused without its sum is one whose last layer only the sum reads.
  if (isOfSum && claimed.has(conv)) {
    const [sum, ...others] = parts.graph.readers(branch);
    return sum !== undefined && others.length === 0 && !claimed.has(sum);
  }
  const isTaken = (node: GraphNode): boolean => claimed.has(node) && !(isLacking && partial.has(node));
  return ![conv, root, ...walk.path.nodes].some(isTaken) && !covered.has(conv);
}

/** The convs of a model in which nothing comes near a block: the k×k ones where there are any. */
function looseConvs(parts: Parts): Miss[] {
  const {nodes} = parts.graph;
  if (nodes.some(({op}) => op === FUSED_RESIDUAL_BLOCK)) return [];
  const kinds = [nodes.filter((node) => isSpatial(node, parts)), nodes.filter(isConv), nodes.filter(isAnyConv)];
  return kinds
    .find((convs) => convs.length > 0)!
    .map((node) => ({
      ...{rule: 'expand-first', root: node.name, at: node.name},
      reason: looseReason(node, parts),
    }));
}

function looseReason(node: GraphNode, parts: Parts): string {
  const lifted = parts.lift(parts.graph.output(node));
  if (isRefusal(lifted)) return lifted.reason;
  const conv = lifted.parts.find((part): part is SpatialConv => part.kind === 'spatial');
  if (conv === undefined) return '1×1 convs without a depthwise conv';
  return denseOrNull(conv) ?? 'a depthwise conv without a 1×1 conv after it';
}

function convsInFunctions({graph}: Parts): Miss[] {
  return (graph.def.library?.function ?? []).flatMap(({signature, nodeDef = []}) => {
    const conv = nodeDef.find(isConv);
    if (conv === undefined) return [];
    const reason = 'convs in a function, the body of a loop or a branch: blocks are fused in the main graph alone';
    return [{rule: 'expand-first', root: signature.name, at: conv.name, reason}];
  });
}

function missOf({rule, root, at, reason, walk: {wanted}}: Failure): Miss {
  const text = typeof reason === 'string' ? reason : `${describe(reason)} where ${LAYER_WORDS[wanted!]} should be`;
  return {rule, root: root.name, at, reason: text};
}

const LAYER_WORDS: Readonly<Record<BlockLayer, string>> = {
  spatial: 'a depthwise conv',
  earlyExcite: 'squeeze-and-excite',
  spatialActivation: 'an activation',
  excite: 'squeeze-and-excite',
  norm: 'LayerNorm',
  expand: 'the first 1×1 conv',
  hidden: 'an activation',
  responseNorm: 'response norm',
  project: 'the last 1×1 conv',
};

function describe(part: Part): string {
  switch (part.kind) {
    case 'spatial':
      return `a ${part.kernelSize.join('×')} conv`;
    case 'pointwise':
      return `a 1×1 conv`;
    case 'activation':
      return part.activation;
    case 'layer-norm':
      return 'LayerNorm';
    case 'squeeze-excite':
      return 'squeeze-and-excite';
    case 'response-norm':
      return 'response norm (GRN)';
    case 'unfused':
      return part.name;
    case 'affine':
    case 'view':
      return part.kind;
    default:
      return part satisfies never;
  }
}
