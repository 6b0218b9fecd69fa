/** Products: a MAC is a multiplication and an addition. What is fused behind one counts as a kernel of its own would. */
import {type CostRule, type CostRules, each, inputElements, type KernelCall, outputElements, reads} from './rule.ts';

/** Adding a bias, and an activation of any kind: one operation an output element each. */
function fusedOps(call: KernelCall): number {
  const {activation = 'linear'} = call.attrs;
  const added = call.inputShapes['bias'] === undefined ? 0 : 1;
  const activated = activation === null || activation === 'linear' ? 0 : 1;
  return outputElements(call) * (added + activated);
}

/** Filter [height, width, in, out], in 3-D with a depth before; of each image that which its windows cover is read. */
const convolution: CostRule = (call) => {
  const window = call.inputShapes['filter']?.slice(0, -1);
  const outputs = call.inputShapes['filter']?.at(-1);
  if (window === undefined || outputs === undefined) return null;
  const taps = window.reduce((product, size) => product * size, 1);
  const out = outputElements(call);
  return {macs: out * taps, ops: fusedOps(call), reads: reads(call, 'x', (out / outputs) * taps)};
};

/** Filter [height, width, channels, multiplier]. */
const depthwise: CostRule = (call) => {
  const [height, width, , multiplier] = call.inputShapes['filter'] ?? [];
  if (height === undefined || width === undefined || multiplier === undefined) return null;
  const out = outputElements(call);
  const taps = height * width;
  return {macs: out * taps, ops: fusedOps(call), reads: reads(call, 'x', (out / multiplier) * taps)};
};

/** A transposed convolution: each element of dy meets every tap of every output channel. Filter [height, width, out, in]. */
const transposedConvolution: CostRule = (call) => {
  const [height, width, outputs] = call.inputShapes['filter'] ?? [];
  if (height === undefined || width === undefined || outputs === undefined) return null;
  return {macs: inputElements(call, 'dy') * height * width * outputs};
};

const matrixProduct: CostRule = (call) => {
  const depth = call.inputShapes['a']?.at(call.attrs['transposeA'] === true ? -2 : -1);
  return depth === undefined ? null : {macs: outputElements(call) * depth, ops: fusedOps(call)};
};

/** Two operands that share a summed label are a product; otherwise they are multiplied, or one is summed up. */
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
  ...each('Conv2D FusedConv2D Conv3D', convolution),
  ...each('DepthwiseConv2dNative FusedDepthwiseConv2D', depthwise),
  ...each('Conv2DBackpropInput', transposedConvolution),
  ...each('BatchMatMul _FusedMatMul', matrixProduct),
  ...each('Einsum', einsum),
};
