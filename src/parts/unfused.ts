/**
 * Layers that networks have in their blocks and a fused block does not. A near miss is told by them: they are read by what they are
 * made of, not by what they compute.
 */
import {sameShape} from '../graph/dims.ts';
import {behindIdentity, type GraphNode, type Value} from '../graph/graph.ts';
import type {PartsContext} from './context.ts';
import type {Refusal, Step} from './parts.ts';

/** Activations by the ops that compute them, or that are fused into a conv. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  Prelu: 'PReLU',
  LeakyRelu: 'LeakyReLU',
  Selu: 'SELU',
  Softplus: 'Softplus',
  Tanh: 'tanh',
};

/** Returns what an op is called that is fused into a conv or product. */
export function fusedName(op: string): string {
  return ACTIVATIONS[op] ?? `a fused ${op}`;
}

/**
 * Returns the layer that ends in a value, which is no part for the reason given: back to an earlier value of the same shape with no
 * conv, pooling or joined branch between; null where there is none.
 */
export function liftUnfused({node, port}: Value, {reason}: Refusal, context: PartsContext): Step | null {
  if (port !== 0) return null;
  const excited = squeezed(node, context);
  if (excited !== null) return stepOf('squeeze-and-excite', stretchTo(excited.node, node, context), excited);
  const stretch = stretchOfSameShape(node, context);
  if (stretch === null) return null;
  return stepOf(nameOf(stretch.nodes, context) ?? reason, stretch, stretch.input);
}

function stepOf(name: string, {nodes}: Stretch, input: Value): Step {
  return {parts: [{kind: 'unfused', name}], input, nodes};
}

/** The factor of a product whose other factor, the gate, is made from the mean of the first over height and width; else null. */
function squeezed(node: GraphNode, {sources, ...context}: PartsContext): Value | null {
  if (node.op !== 'Mul') return null;
  const isGate = (gate: Value, image: Value): boolean => {
    for (let source: GraphNode | null = gate.node; source !== null; source = sources.soleSource(source)) {
      const [squeezedImage] = source.inputs;
      if (squeezedImage && behindIdentity(squeezedImage) === behindIdentity(image))
        return isMeanOverImage(source, {sources, ...context});
    }
    return false;
  };
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return null;
  return isGate(b, a) ? behindIdentity(a) : isGate(a, b) ? behindIdentity(b) : null;
}

function isMeanOverImage(node: GraphNode, context: PartsContext): boolean {
  if (node.op !== 'AvgPool') return node.op === 'Mean' && reducedAxes(node, context)?.join() === '1,2';
  const [, height, width] = context.shapes.shape(context.graph.output(node)) ?? [];
  return height === 1 && width === 1;
}

/** Nodes that make one value of another. */
interface Stretch {
  readonly nodes: readonly GraphNode[];
  /** What they read of the node that they come from; more than one where they read several of its outputs. */
  readonly read: readonly Value[];
}

function stretchTo(from: GraphNode, node: GraphNode, {sources}: PartsContext): Stretch {
  const nodes = new Set([node]);
  const read = new Set<Value>();
  for (const each of nodes)
    for (const input of each.inputs) {
      if (input.node === from) read.add(input);
      else if (sources.isData(input.node)) nodes.add(input.node);
    }
  return {nodes: [...nodes].reverse(), read: [...read]};
}

/** How many sources back a layer is looked for: a GroupNorm between two Reshapes takes about ten. */
const MAX_SOURCES = 12;
/** Ops that mix pixels, channels or branches by themselves. */
const LAYER_OPS = /Conv|MatMul|Einsum|Pool|Concat|Pad|BatchToSpace|SpaceToBatch|Resize|FusedResidualBlock/;

function stretchOfSameShape(node: GraphNode, context: PartsContext): (Stretch & {input: Value}) | null {
  const {graph, shapes, sources} = context;
  const shape = shapes.shape(graph.output(node));
  let source = sources.soleSource(node);
  for (let i = 0; i < MAX_SOURCES && source !== null && shape !== null; i++) {
    const stretch = stretchTo(source, node, context);
    if (stretch.nodes.some(({op}) => LAYER_OPS.test(op))) return null;
    const [input, ...others] = stretch.read;
    const before = input && others.length === 0 ? shapes.shape(input) : null;
    if (input && before !== null && sameShape(before, shape)) return {...stretch, input};
    source = sources.soleSource(source);
  }
  return null;
}

function nameOf(nodes: readonly GraphNode[], context: PartsContext): string | null {
  const [first, ...others] = nodes;
  const activation = others.length === 0 ? ACTIVATIONS[first!.op] : undefined;
  if (activation !== undefined) return activation;
  // As Keras spells it: relu(x) − slope · relu(−x).
  if (nodes.filter(({op}) => op === 'Relu').length === 2) return ACTIVATIONS['Prelu']!;
  const reduced = nodes.flatMap((node) => reducedAxes(node, context)?.join() ?? []);
  if (reduced.includes('1,2')) return reduced.includes('3') ? 'response norm (GRN)' : 'a norm over height and width';
  return reduced.includes('1,2,3') ? 'a norm over height, width and channels' : null;
}

/** The axes that a node reduces an image over, in order; null where it does not, or they are not known. */
function reducedAxes({op, inputs}: GraphNode, {graph, shapes}: PartsContext): readonly number[] | null {
  const [image, axes] = inputs;
  if ((op !== 'Mean' && op !== 'Sum') || !image || !axes || shapes.shape(image)?.length !== 4) return null;
  const data = graph.constant(axes)?.data;
  return data === undefined ? null : Array.from(data, (axis) => (axis < 0 ? axis + 4 : axis)).sort();
}
