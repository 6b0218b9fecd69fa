/**
 * What the official converter does to a graph for inference, here on drafts: a batch normalisation after a conv or a matrix product
 * goes into its weights, then bias and ReLU into its node. Stock tfjs runs the graph as fast as a converted one then.
 */
import {FLOAT, FUSED_CONV, FUSED_MATMUL, fusedAttrs, type NodeAttrs} from '../graph/nodeAttrs.ts';
import {type Draft, type Drafts, readerCounts, valuesOf} from './drafts.ts';
import {affineOf} from './normalisations.ts';

/** What a bias makes of an op, and the attrs that it has then beside. */
const FUSED_OPS: Readonly<Record<string, {readonly op: string; readonly attrs: NodeAttrs}>> = {
  Conv2D: {op: '_FusedConv2D', attrs: FUSED_CONV},
  DepthwiseConv2dNative: {op: 'FusedDepthwiseConv2dNative', attrs: {}},
  MatMul: {op: '_FusedMatMul', attrs: FUSED_MATMUL},
};
const FUSED_ACTIVATIONS = ['Relu', 'Relu6', 'Elu'];

/** A conv or a matrix product, and what was taken into it. */
interface Linear {
  readonly plain: Draft;
  readonly bias: Draft | null;
}

/** Returns the outputs computed by folded nodes. `all`: the nodes they are computed from, each after its inputs. */
export function foldConvs(all: readonly Draft[], outputs: readonly Draft[], drafts: Drafts): Draft[] {
  const readers = readerCounts(all);
  const folded = new Map<Draft, Draft>();
  const linears = new Map<Draft, Linear>();
  const now = (draft: Draft): Draft => folded.get(draft) ?? draft;
  for (const draft of all) {
    if (draft.inputs.length === 0) continue;
    const own = {...draft, inputs: draft.inputs.map(now)};
    const [x] = own.inputs;
    const isLast = x !== undefined && readers.get(draft.inputs[0]!) === 1 && !outputs.includes(draft.inputs[0]!);
    const linear = isLast ? linears.get(x) : undefined;
    const taken = linear === undefined ? null : takenIn(own, linear, drafts);
    if (taken !== null) {
      const {node, ...rest} = taken;
      folded.set(draft, node);
      if (rest.plain !== undefined) linears.set(node, {plain: rest.plain, bias: rest.bias ?? null});
      continue;
    }
    const lowered = own.op === 'FusedBatchNormV3' && own.shape.length !== 4 ? affine(own, drafts) : own;
    folded.set(draft, lowered);
    if (lowered.op in FUSED_OPS) linears.set(lowered, {plain: lowered, bias: null});
  }
  return outputs.map(now);
}

/** A node that has what came after it in it; `plain` where it may take in more. */
interface Taken extends Partial<Linear> {
  readonly node: Draft;
}

function takenIn(next: Draft, {plain, bias}: Linear, drafts: Drafts): Taken | null {
  if (next.op === 'BiasAdd' && bias === null) return biased(next, {plain, bias: next.inputs[1]!});
  if (next.op === 'FusedBatchNormV3') return biased(next, scaled(next, {plain, bias}, drafts));
  if (bias === null || !FUSED_ACTIVATIONS.includes(next.op)) return null;
  return {node: fusedNode(next, {plain, bias}, next.op)};
}

function biased(next: Draft, linear: Linear): Taken {
  return {...linear, node: fusedNode(next, linear)};
}

/** Named after the last of the nodes that it stands for. */
function fusedNode({name, shape}: Draft, {plain, bias}: Linear, activation?: string): Draft {
  const {op, attrs} = FUSED_OPS[plain.op]!;
  return {
    name,
    op,
    inputs: [...plain.inputs, bias!],
    shape,
    attrs: {...plain.attrs, ...fusedAttrs(activation), ...attrs},
  };
}

/** The weights times the scale of each output, and (bias − mean)·scale + β: computed in float64, rounded once. */
function scaled(norm: Draft, {plain, bias}: Linear, drafts: Drafts): Linear {
  const {scale, offset} = affineOf(norm);
  const [x, filter] = plain.inputs as [Draft, Draft];
  const biases = bias === null ? null : valuesOf(bias);
  const weights = perOutput(valuesOf(filter), scale);
  const offsets = Float32Array.from(offset, (value, c) => value + (biases?.[c] ?? 0) * scale[c]!);
  return {
    plain: {...plain, inputs: [x, drafts.floats(`${plain.name}_weights`, filter.shape, weights)]},
    bias: drafts.floats(`${plain.name}_bn_offset`, [offset.length], offsets),
  };
}

/** Outputs are the last axis; of a depthwise conv the last two. Networks have tens of millions of weights. */
function perOutput(weights: ArrayLike<number>, scale: Float64Array): Float32Array {
  const product = new Float32Array(weights.length);
  for (let start = 0; start < weights.length; start += scale.length)
    for (let c = 0; c < scale.length; c++) product[start + c] = weights[start + c]! * scale[c]!;
  return product;
}

/** A batch normalisation of no image: x·scale + offset. */
function affine(norm: Draft, drafts: Drafts): Draft {
  const {scale, offset} = affineOf(norm);
  const {shape} = norm;
  const constant = (name: string, values: Float64Array): Draft =>
    drafts.floats(`${norm.name}/${name}`, [values.length], Float32Array.from(values));
  const node = (op: string, name: string, inputs: readonly Draft[]): Draft => ({
    name,
    op,
    inputs,
    shape,
    attrs: {T: FLOAT},
  });
  const product = node('Mul', drafts.unique(`${norm.name}/mul`), [norm.inputs[0]!, constant('scale', scale)]);
  return node('AddV2', norm.name, [product, constant('offset', offset)]);
}
