/**
 * Layers that networks have in their blocks and a fused block does not, for near misses to name. They are recognised by the ops that
 * they are made of; their constants are not read.
 */
import {sameShape} from '../graph/dims.ts';
import {behindIdentity, type GraphNode, type Value} from '../graph/graph.ts';
import {UNEVEN_PRELU} from './fusedOps.ts';
import {OTHER_LAYERS} from './squeezeExcite.ts';
import type {Parts} from './lift.ts';
import {isRefusal, type Lifted, type Part, type Refusal, type Step} from './parts.ts';

/** What activations are called that no block has, by the ops that compute them, or that are fused into a conv. */
const UNFUSED_ACTIVATIONS: Readonly<Record<string, string>> = {
  Prelu: UNEVEN_PRELU,
  Selu: 'SELU',
  Softplus: 'Softplus',
  Tanh: 'tanh',
};

/** Returns the parts that a value is, layers among them that no block has; or why it is neither. */
export function liftOrName(value: Value, parts: Parts): Lifted {
  const lifted = parts.lift(value);
  if (isRefusal(lifted)) return liftUnfused(value, lifted, parts) ?? lifted;
  return {...lifted, parts: lifted.parts.map(named)};
}

function named(part: Part): Part {
  if (part.kind !== 'unfused') return part;
  const op = part.name.replace('a fused ', '');
  return {...part, name: Object.hasOwn(UNFUSED_ACTIVATIONS, op) ? UNFUSED_ACTIVATIONS[op]! : part.name};
}

/**
 * Returns the layer that ends in a value, which is no part for the reason given: back to an earlier value of the same shape with no
 * conv, pooling or joined branch between; null where there is none.
 */
function liftUnfused({node, port}: Value, {reason}: Refusal, parts: Parts): Step | null {
  if (port !== 0) return null;
  const excited = squeezed(node, parts);
  if (excited !== null) {
    const layer = stretchTo(excited.node, node, parts);
    return layer && stepOf(`squeeze-and-excite ${OTHER_LAYERS}`, layer, excited);
  }
  const stretch = stretchOfSameShape(node, parts);
  if (stretch === null) return null;
  return stepOf(nameOf(stretch.nodes, parts) ?? reason, stretch, stretch.input);
}

function stepOf(name: string, {nodes}: Stretch, input: Value): Step {
  return {parts: [{kind: 'unfused', name}], input, nodes};
}

/** How many sources back from a gate the mean is looked for: two convs with activations take about ten. */
const MAX_GATE_SOURCES = 50;

/** The factor of a product whose other factor, the gate, is made from the mean of the first over height and width; else null. */
function squeezed(node: GraphNode, parts: Parts): Value | null {
  if (node.op !== 'Mul') return null;
  const isGate = (gate: Value, image: Value): boolean => {
    let source: GraphNode | null = gate.node;
    for (let i = 0; i < MAX_GATE_SOURCES && source !== null; i++, source = parts.soleSource(source)) {
      const [squeezedImage] = source.inputs;
      if (squeezedImage && behindIdentity(squeezedImage) === behindIdentity(image))
        return isMeanOverImage(source, parts);
    }
    return false;
  };
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return null;
  return isGate(b, a) ? behindIdentity(a) : isGate(a, b) ? behindIdentity(b) : null;
}

function isMeanOverImage(node: GraphNode, parts: Parts): boolean {
  if (node.op !== 'AvgPool') return node.op === 'Mean' && reducedAxes(node, parts)?.join() === '1,2';
  const [, height, width] = parts.shapes.shape(parts.graph.output(node)) ?? [];
  return height === 1 && width === 1;
}

/** Nodes that make one value of another. */
interface Stretch {
  readonly nodes: readonly GraphNode[];
  /** What they read of the node that they come from; more than one where they read several of its outputs. */
  readonly read: readonly Value[];
}

/** How many nodes a layer may have. */
const MAX_NODES = 500;

/** Null where they are more than a layer has. */
function stretchTo(from: GraphNode, node: GraphNode, parts: Parts): Stretch | null {
  const nodes = new Set([node]);
  const read = new Set<Value>();
  for (const each of nodes) {
    if (nodes.size > MAX_NODES) return null;
    for (const input of each.inputs) {
      if (input.node === from) read.add(input);
      else if (parts.isData(input.node)) nodes.add(input.node);
    }
  }
  return {nodes: [...nodes].reverse(), read: [...read]};
}

/** How many sources back a layer is looked for: a GroupNorm between two Reshapes takes about ten. */
const MAX_SOURCES = 12;
/** Ops that mix pixels, channels or branches by themselves. */
const LAYER_OPS = /Conv|MatMul|Einsum|Pool|Concat|Pad|BatchToSpace|SpaceToBatch|Resize|FusedResidualBlock/;

function stretchOfSameShape(node: GraphNode, parts: Parts): (Stretch & {input: Value}) | null {
  const {graph, shapes} = parts;
  const shape = shapes.shape(graph.output(node));
  let source = parts.soleSource(node);
  for (let i = 0; i < MAX_SOURCES && source !== null && shape !== null; i++) {
    const stretch = stretchTo(source, node, parts);
    if (stretch === null || stretch.nodes.some(({op}) => LAYER_OPS.test(op))) return null;
    const [input, ...others] = stretch.read;
    const before = input && others.length === 0 ? shapes.shape(input) : null;
    if (input && before !== null && sameShape(before, shape)) return {...stretch, input};
    source = parts.soleSource(source);
  }
  return null;
}

function nameOf(nodes: readonly GraphNode[], parts: Parts): string | null {
  const [first, ...others] = nodes;
  const activation = others.length === 0 ? UNFUSED_ACTIVATIONS[first!.op] : undefined;
  if (activation !== undefined) return activation;
  const ops = new Set(nodes.map(({op}) => op));
  if (ops.has('Tanh') && (ops.has('Softplus') || ops.has('Log') || ops.has('Log1p'))) return 'Mish';
  const reduced = nodes.flatMap((node) => reducedAxes(node, parts)?.join() ?? []);
  if (reduced.includes('1,2')) return reduced.includes('3') ? 'response norm (GRN)' : 'a norm over height and width';
  return reduced.includes('1,2,3') ? 'a norm over height, width and channels' : null;
}

/** The axes that a node reduces an image over, in order; null where it does not, or they are not known. */
function reducedAxes({op, inputs}: GraphNode, {graph, shapes}: Parts): readonly number[] | null {
  const [image, axes] = inputs;
  if ((op !== 'Mean' && op !== 'Sum') || !image || !axes || shapes.shape(image)?.length !== 4) return null;
  const data = graph.constant(axes)?.data;
  return data === undefined ? null : Array.from(data, (axis) => (axis < 0 ? axis + 4 : axis)).sort();
}
