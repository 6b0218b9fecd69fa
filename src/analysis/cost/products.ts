/** Products: a MAC is a multiplication and an addition. What is fused behind one counts as a kernel of its own would. */
import {elements} from '../../../ops/shape.ts';
import {type CostRule, type CostRules, each, type KernelCall, outputElements, type TensorShape} from './rule.ts';
import {meeting} from './windows.ts';

/** Adding a bias, and an activation of any kind: one operation an output element each. */
function fusedOps(call: KernelCall): number {
  const {activation = 'linear'} = call.attrs;
  const added = call.inputShapes['bias'] === undefined ? 0 : 1;
  const activated = activation === null || activation === 'linear' ? 0 : 1;
  return outputElements(call) * (added + activated);
}

/** Filter [...space, in, out], or [height, width, channels, multiplier]: `taps` are those that an output element sums up. */
const convolution =
  (taps: (filter: TensorShape) => TensorShape): CostRule =>
  (call) => {
    const {x, filter} = call.inputShapes;
    const [positions] = call.outputShapes;
    if (x === undefined || filter === undefined || positions === undefined) return null;
    const met = meeting({image: x, positions, window: filter, attrs: call.attrs});
    const macs = outputElements(call) * elements(taps(filter));
    return {macs, ops: fusedOps(call), reads: {x: met.image, filter: met.window}};
  };

const everyInputChannel = (filter: TensorShape): TensorShape => filter.slice(0, -1);
const itsOwnChannel = (filter: TensorShape): TensorShape => filter.slice(0, -2);

/** Each element of dy meets every tap of every output channel. Filter [height, width, out, in]. */
const transposedConvolution: CostRule = (call) => {
  const {dy, filter} = call.inputShapes;
  const [image] = call.outputShapes;
  if (dy === undefined || filter === undefined || image === undefined) return null;
  const met = meeting({image, positions: dy, window: filter, attrs: call.attrs});
  return {macs: elements(dy) * elements(filter.slice(0, -1)), reads: {filter: met.window}};
};

const matrixProduct: CostRule = (call) => {
  const depth = call.inputShapes['a']?.at(call.attrs['transposeA'] === true ? -2 : -1);
  return depth === undefined ? null : {macs: outputElements(call) * depth, ops: fusedOps(call)};
};

/** Two operands are a product where labels are summed, and multiplied where none are; one operand is summed up. */
const einsum: CostRule = (call) => {
  const [operands = '', output] = String(call.attrs['equation']).replaceAll(/\s/g, '').split('->');
  const labels = operands.split(',');
  if (output === undefined || labels.length > 2 || operands.includes('.')) return null;
  const sizes = new Map<string, number>();
  for (const [i, axes] of labels.entries())
    for (const [axis, label] of Array.from(axes).entries()) sizes.set(label, call.inputShapes[i]?.[axis] ?? NaN);
  const terms = [...sizes.values()].reduce((product, size) => product * size, 1);
  if (Number.isNaN(terms)) return null;
  const out = outputElements(call);
  if (labels.length === 1) return {ops: terms - out};
  return terms > out ? {macs: terms} : {ops: out};
};

export const PRODUCT_RULES: CostRules = {
  ...each('Conv2D FusedConv2D Conv3D', convolution(everyInputChannel)),
  ...each('DepthwiseConv2dNative FusedDepthwiseConv2D', convolution(itsOwnChannel)),
  ...each('Conv2DBackpropInput', transposedConvolution),
  ...each('BatchMatMul _FusedMatMul', matrixProduct),
  ...each('Einsum', einsum),
};
