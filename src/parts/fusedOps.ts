/** What the converter folded into a conv or matrix product: a bias and an activation. */
import type {Activation} from '../../ops/block.ts';
import {stringsAttr} from '../graph/attrs.ts';
import type {Graph, GraphNode} from '../graph/graph.ts';
import {perChannelConstant} from './channelConstant.ts';
import {type Part, type Refusal, refuse} from './parts.ts';

const FUSED_ACTIVATIONS: Readonly<Record<string, Activation>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Elu: 'elu',
  Sigmoid: 'sigmoid',
};

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
  for (const op of fusedOpsOf(node)) {
    const activation = FUSED_ACTIVATIONS[op];
    if (activation !== undefined) {
      parts.push({kind: 'activation', activation});
      continue;
    }
    if (op !== 'BiasAdd') {
      parts.push({kind: 'unfused', name: `a fused ${op}`});
      continue;
    }
    const bias = node.inputs[2] ? graph.constant(node.inputs[2]) : null;
    if (bias === null) return refuse(node, 'a bias that is not constant');
    const shift = perChannelConstant(bias, [
      ...Array.from({length: Math.max(bias.shape.length - 1, 0)}, () => 1),
      channels,
    ]);
    if (shift === null || bias.dtype !== 'float32')
      return refuse(node, `a bias of shape [${bias.shape.join(', ')}], which is not one number a channel`);
    parts.push({kind: 'affine', scale: 1, shift});
  }
  return parts;
}
