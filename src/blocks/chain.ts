/** Walks back from a value through its parts, layer by layer, as a rule lists them; affines and views between are the engine's. */
import type {GraphNode, Value} from '../graph/graph.ts';
import type {Parts} from '../parts/lift.ts';
import {type Affine, isRefusal, type Part, type Refusal, refuse} from '../parts/parts.ts';
import {compose, IDENTITY} from './affine.ts';
import type {BlockLayer, Captured, LayerPattern} from './rule.ts';

/** A way back along the graph: the parts passed, and the nodes that compute them. */
export interface Path {
  /** Where the next step back starts. */
  readonly value: Value;
  /** The node that ended the last step. */
  readonly node: GraphNode;
  /** Parts of the last step that are not passed yet, first to last. */
  readonly pending: readonly Part[];
  readonly nodes: readonly GraphNode[];
  /** What follows the next part: the affines passed since the last layer. */
  readonly after: Affine;
  readonly hasViews: boolean;
}

export function pathFrom(value: Value): Path {
  return {value, node: value.node, pending: [], nodes: [], after: IDENTITY, hasViews: false};
}

/** Returns the path with its next part at hand, affines and views passed; or why there is none. */
function passAffines(start: Path, parts: Parts): Path | Refusal {
  for (let path = start; ;) {
    const loaded = loadNext(path, parts);
    if (isRefusal(loaded)) return loaded;
    const part = loaded.pending.at(-1)!;
    if (part.kind !== 'affine' && part.kind !== 'view') return loaded;
    path = passed(loaded, part);
  }
}

/** Returns the path one step back, if that step is made of affines and views alone; else null. */
export function passOneStep(path: Path, parts: Parts): Path | null {
  const loaded = loadNext(path, parts);
  if (isRefusal(loaded) || loaded.pending.some((part) => part.kind !== 'affine' && part.kind !== 'view')) return null;
  return [...loaded.pending].reverse().reduce(passed, loaded);
}

function loadNext(path: Path, parts: Parts): Path | Refusal {
  if (path.pending.length > 0) return path;
  const lifted = parts.lift(path.value);
  if (isRefusal(lifted)) return lifted;
  const {node} = path.value;
  return {...path, node, pending: lifted.parts, value: lifted.input, nodes: [...path.nodes, ...lifted.nodes]};
}

function passed(path: Path, part: Part): Path {
  const pending = path.pending.slice(0, -1);
  if (part.kind === 'affine') return {...path, pending, after: compose(path.after, part)};
  return {...path, pending, hasViews: path.hasViews || part.kind === 'view'};
}

/** What a walk found: the layers captured so far, and where and why it stopped if it did. */
export interface Walk {
  readonly layers: ReadonlyMap<BlockLayer, Captured<Part>>;
  readonly path: Path;
  readonly stopped: Refusal | null;
}

/** Returns the layers that lead to a value, last to first. */
export function walkLayers(start: Path, pattern: readonly LayerPattern[], parts: Parts): Walk {
  const layers = new Map<BlockLayer, Captured<Part>>();
  let path = start;
  for (const {layer, kind, isOptional} of [...pattern].reverse()) {
    const next = passAffines(path, parts);
    if (isRefusal(next)) {
      if (isOptional) continue;
      return {layers, path, stopped: next};
    }
    const part = next.pending.at(-1)!;
    if (part.kind === kind) {
      layers.set(layer, {part, node: next.node, input: next.value, after: next.after});
      path = {...passed(next, part), after: IDENTITY};
    } else if (isOptional) {
      path = next;
    } else {
      return {layers, path, stopped: refuse(next.node, `${describe(part)} where ${layer} should be`)};
    }
  }
  return {layers, path, stopped: null};
}

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
    case 'affine':
    case 'view':
      return part.kind;
    default:
      return part satisfies never;
  }
}
