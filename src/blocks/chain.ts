/** Walks back from a value through its parts, layer by layer, as a rule lists them; affines and views between are the engine's. */
import type {GraphNode, Value} from '../graph/graph.ts';
import {compose, IDENTITY, isUnshifted} from '../parts/affine.ts';
import {isRoundingOf} from '../parts/algebra.ts';
import {
  type ActivationPart,
  type Affine,
  isRefusal,
  type Lifted,
  type Part,
  type Refusal,
  refuse,
} from '../parts/parts.ts';
import type {BlockLayer, Captured, LayerPattern} from './rule.ts';

/** How a value is read as a part. */
export type Lift = (value: Value) => Lifted;

/** A way back along the graph: the parts passed, and the nodes that compute them. */
export interface Path {
  /** Where the next step back starts. */
  readonly value: Value;
  /** The node that ended the last step. */
  readonly node: GraphNode;
  /** Parts of the last step that are not passed yet, first to last. */
  readonly pending: readonly Part[];
  readonly nodes: readonly GraphNode[];
  /** Steps back so far. */
  readonly steps: number;
  /** What follows the next part: the affines passed since the last layer. */
  readonly after: Affine;
  readonly hasViews: boolean;
  /** Layers passed that no block has. There is no block where there are any. */
  readonly unfused: readonly Refusal[];
}

/**
 * How many steps back a block may go: its layers, and affines and views between. Networks take under 30; without a limit a chain of n
 * affines, as a hostile model may have, would be walked back n times.
 */
const MAX_STEPS = 60;

export function pathFrom(value: Value): Path {
  return {value, node: value.node, pending: [], nodes: [], steps: 0, after: IDENTITY, hasViews: false, unfused: []};
}

/** Returns the path with its next part at hand that is a layer of blocks; or why there is none. */
export function passToLayer(start: Path, lift: Lift): Path | Refusal {
  for (let path = start; ;) {
    const loaded = loadNext(path, lift);
    if (isRefusal(loaded)) return loaded;
    const part = loaded.pending.at(-1)!;
    if (!isPassed(part) && part.kind !== 'unfused') return loaded;
    path = passed(loaded, part);
  }
}

/** Returns the path behind the activation that it ends in, and that; null where it ends in none, or in an affine of one. */
export function takeActivation(
  path: Path,
  lift: Lift,
): {readonly path: Path; readonly activation: ActivationPart} | null {
  const next = passToLayer(path, lift);
  if (isRefusal(next) || next.unfused.length > 0 || !isUnshifted(next.after)) return null;
  // The sixth of a hard-swish, a node of its own, is rounded to float32.
  if (!isRoundingOf(next.after.scale, 1)) return null;
  const part = next.pending.at(-1)!;
  return part.kind === 'activation' ? {path: {...passed(next, part), after: IDENTITY}, activation: part} : null;
}

/** Returns the layer behind a path's end, activations and gates passed; null where there is none. */
export function layerBehind(start: Path, lift: Lift): Part['kind'] | null {
  for (let path = start; ;) {
    const next = passToLayer(path, lift);
    if (isRefusal(next)) return null;
    const part = next.pending.at(-1)!;
    if (part.kind !== 'activation' && part.kind !== 'squeeze-excite') return part.kind;
    path = passed(next, part);
  }
}

/** Returns the path with an activation that is next on it passed, as a layer that no block has there. */
export function passActivation(path: Path, lift: Lift): Path {
  const next = passToLayer(path, lift);
  const part = isRefusal(next) ? null : next.pending.at(-1)!;
  if (part?.kind !== 'activation') return path;
  return passed(next as Path, {kind: 'unfused', name: `${part.activation} before the sum, which stays outside`});
}

/** Returns the path one step back, if that step is made of affines and views alone; else null. */
export function passOneStep(path: Path, lift: Lift): Path | null {
  const loaded = loadNext(path, lift);
  if (isRefusal(loaded) || !loaded.pending.every(isPassed)) return null;
  return [...loaded.pending].reverse().reduce(passed, loaded);
}

/** Whether a part may stand anywhere between layers. */
function isPassed({kind}: Part): boolean {
  return kind === 'affine' || kind === 'view';
}

function loadNext(path: Path, lift: Lift): Path | Refusal {
  if (path.pending.length > 0) return path;
  if (path.steps === MAX_STEPS) return refuse(path.value.node, `a chain of over ${MAX_STEPS} ops`);
  const lifted = lift(path.value);
  if (isRefusal(lifted)) return lifted;
  return {
    ...path,
    steps: path.steps + 1,
    node: path.value.node,
    pending: lifted.parts,
    value: lifted.input,
    nodes: path.nodes.concat(lifted.nodes),
  };
}

function passed(path: Path, part: Part): Path {
  const pending = path.pending.slice(0, -1);
  if (part.kind === 'affine') return {...path, pending, after: compose(path.after, part)};
  if (part.kind === 'unfused')
    return {...path, pending, after: IDENTITY, unfused: [...path.unfused, refuse(path.node, part.name)]};
  return {...path, pending, hasViews: path.hasViews || part.kind === 'view'};
}

/** Where and why a walk stopped: what is there is no part, or it is a part that belongs elsewhere. */
export interface Stop {
  readonly at: string;
  readonly reason: string | Part;
}

/** What a walk found: the layers captured so far, and where and why it stopped if it did. */
export interface Walk {
  readonly layers: ReadonlyMap<BlockLayer, Captured<Part>>;
  readonly path: Path;
  readonly stopped: Stop | null;
  /** The layer that was not found. */
  readonly wanted?: BlockLayer;
}

/** Returns the layers that lead to a value, last to first. */
export function walkLayers(start: Path, pattern: readonly LayerPattern[], lift: Lift): Walk {
  const layers = new Map<BlockLayer, Captured<Part>>();
  let path = start;
  for (const {layer, kind, isOptional} of [...pattern].reverse()) {
    const next = passToLayer(path, lift);
    if (isRefusal(next)) {
      if (isOptional) continue;
      return {layers, path, stopped: next, wanted: layer};
    }
    const part = next.pending.at(-1)!;
    if (part.kind === kind) {
      layers.set(layer, {part, node: next.node, input: next.value, after: next.after});
      path = {...passed(next, part), after: IDENTITY};
    } else if (isOptional) {
      path = next;
    } else {
      return {layers, path, stopped: {at: next.node.name, reason: part}, wanted: layer};
    }
  }
  return {layers, path, stopped: null};
}
