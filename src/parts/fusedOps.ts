/** What the converter folded into a conv or matrix product: a bias and an activation. */
import type {Activation} from '../../ops/block.ts';
import {floatAttr, stringsAttr} from '../graph/attrs.ts';
import type {Graph, GraphNode} from '../graph/graph.ts';
import {perChannelConstant} from './channelConstant.ts';
import type {PerChannel} from './algebra.ts';
import {type ActivationPart, isRefusal, type Part, type Refusal, refuse} from './parts.ts';

const FUSED_ACTIVATIONS: Readonly<Record<string, Activation>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Elu: 'elu',
  Sigmoid: 'sigmoid',
};

/** What is said of a PReLU that no block has. */
export const UNEVEN_PRELU = 'PReLU whose slopes are not one number a channel';

/** What stock tfjs takes for a leaky ReLU that says no slope. */
export const LEAKY_ALPHA = 0.2;

/**
 * Returns the names of what is fused into a node, as stock tfjs reads them: where there are none, a third input is nothing to a conv
 * and a bias to a matrix product.
 */
export function fusedOpsOf({op, def, inputs}: GraphNode): readonly string[] {
  const names = stringsAttr(def, 'fused_ops');
  return names.length === 0 && op === '_FusedMatMul' && inputs.length > 2 ? ['BiasAdd'] : names;
}

/** Returns the parts that follow the conv or product in the same node, or why one of them is none. */
export function fusedParts(node: GraphNode, graph: Graph, channels: number): Part[] | Refusal {
  const parts: Part[] = [];
  let next = 2;
  const vector = (name: string): PerChannel | Refusal => perOutput(node, {name, at: next++, graph, channels});
  for (const op of fusedOpsOf(node)) {
    const part = op === 'BiasAdd' ? biasPart(vector('bias')) : activationPart(op, node, () => vector('slope'));
    if (isRefusal(part)) return part;
    parts.push(part);
  }
  return parts;
}

function biasPart(shift: PerChannel | Refusal): Part | Refusal {
  return isReason(shift) ? shift : {kind: 'affine', scale: 1, shift};
}

function activationPart(op: string, {def}: GraphNode, ofSlopes: () => PerChannel | Refusal): Part {
  if (Object.hasOwn(FUSED_ACTIVATIONS, op)) return {kind: 'activation', activation: FUSED_ACTIVATIONS[op]!};
  if (op === 'LeakyRelu') return preluPart(floatAttr(def, 'leakyrelu_alpha', LEAKY_ALPHA));
  if (op !== 'Prelu') return {kind: 'unfused', name: `a fused ${op}`};
  const slopes = ofSlopes();
  return isReason(slopes) ? {kind: 'unfused', name: UNEVEN_PRELU} : preluPart(slopes);
}

function preluPart(slopes: PerChannel): ActivationPart {
  return {kind: 'activation', activation: 'prelu', slopes};
}

interface OperandAt {
  readonly name: string;
  readonly at: number;
  readonly graph: Graph;
  readonly channels: number;
}

/** An input that is constant, one number an output. */
function perOutput(node: GraphNode, {name, at, graph, channels}: OperandAt): PerChannel | Refusal {
  const constant = node.inputs[at] ? graph.constant(node.inputs[at]) : null;
  if (constant === null) return refuse(node, `a ${name} that is not constant`);
  const ones = Array.from({length: Math.max(constant.shape.length - 1, 0)}, () => 1);
  const values = constant.dtype === 'float32' ? perChannelConstant(constant, [...ones, channels]) : null;
  return values ?? refuse(node, `a ${name} of shape [${constant.shape.join(', ')}], which is not one number a channel`);
}

function isReason(value: PerChannel | Refusal): value is Refusal {
  return typeof value === 'object' && isRefusal(value);
}
