/** Reductions, windows and norms: the additions and comparisons that they must make, and one operation for any other function. */
import {elements} from '../../../ops/shape.ts';
import {
  type CostRule,
  type CostRules,
  each,
  inputElements,
  type KernelCall,
  outputElements,
  type TensorShape,
} from './rule.ts';
import {meeting} from './windows.ts';

/** n numbers into one: n − 1 steps. */
const reduction: CostRule = (call) => ({ops: Math.max(0, inputElements(call, 'x') - outputElements(call))});

/** And a division for each mean. */
const mean: CostRule = (call) => ({ops: inputElements(call, 'x')});

/** A running sum or product: but for its first number, a step for each. The last is not needed where each is left out of its own. */
const scan: CostRule = (call) => {
  const {axis, exclusive} = call.attrs;
  const size = inputElements(call, 'x');
  const rows = size / (call.inputShapes['x']?.at(Number(axis)) ?? NaN);
  return Number.isNaN(rows) ? null : {ops: size - rows, reads: {x: exclusive === true ? size - rows : size}};
};

/** Per row of the last axis as many comparisons as the largest alone takes. */
const topK: CostRule = (call) => {
  const size = inputElements(call, 'x');
  return {ops: size - size / (call.inputShapes['x']?.at(-1) ?? 1)};
};

/** A window of k taps, those on padding included: k − 1 steps, and for the average a division. */
const pool =
  (divisions: 0 | 1): CostRule =>
  (call) => {
    const window = poolWindow(call);
    const {x} = call.inputShapes;
    const [positions] = call.outputShapes;
    if (window === null || x === undefined || positions === undefined) return null;
    const met = meeting({image: x, positions, window, attrs: call.attrs});
    return {ops: elements(positions) * (elements(window) - 1 + divisions), reads: {x: met.image}};
  };

/** A list has one size for each axis of space, a number is for all. */
function poolWindow({attrs, inputShapes}: KernelCall): TensorShape | null {
  const {filterSize} = attrs;
  if (Array.isArray(filterSize)) return filterSize as number[];
  return typeof filterSize === 'number' ? (inputShapes['x'] ?? []).slice(2).map(() => filterSize) : null;
}

/** Morphological: the largest of the sums of a pixel and its tap. Filter [height, width, channels]. */
const dilation: CostRule = (call) => {
  const {x, filter} = call.inputShapes;
  const [positions] = call.outputShapes;
  if (x === undefined || filter === undefined || positions === undefined) return null;
  const taps = elements(filter.slice(0, -1));
  const met = meeting({image: x, positions, window: filter, attrs: call.attrs});
  return {ops: outputElements(call) * (2 * taps - 1), reads: {x: met.image, filter: met.window}};
};

/** Per row of the last axis: its maximum, the differences from it, their exponentials, the sum of these, the quotients. */
const softmax: CostRule = (call) => {
  const size = inputElements(call, 'logits');
  const rows = size / (call.inputShapes['logits']?.at(-1) ?? 1);
  return {ops: 2 * (size - rows) + 3 * size};
};

/**
 * (x − mean) · factor + offset, where the factor is made once a channel: variance + epsilon, its inverse root, times scale.
 */
const batchNorm: CostRule = (call) => {
  const has = (name: string): number => (call.inputShapes[name] === undefined ? 0 : 1);
  const perElement = 2 + has('offset');
  const perChannel = 2 + has('scale');
  return {ops: outputElements(call) * perElement + inputElements(call, 'variance') * perChannel};
};

/** The squares, their sum over 2·radius + 1 channels, times alpha, plus bias, to the power of beta, and the quotient. */
const localResponse: CostRule = (call) => {
  const radius = Number(call.attrs['depthRadius']);
  return Number.isNaN(radius) ? null : {ops: outputElements(call) * (2 * radius + 5)};
};

export const REDUCTION_RULES: CostRules = {
  ...each('Sum Prod Max Min All Any ArgMax ArgMin', reduction),
  ...each('Mean', mean),
  ...each('Cumsum Cumprod', scan),
  ...each('TopK', topK),
  ...each('MaxPool MaxPool3D MaxPoolWithArgmax', pool(0)),
  ...each('AvgPool AvgPool3D', pool(1)),
  ...each('Dilation2D', dilation),
  ...each('Softmax', softmax),
  ...each('FusedBatchNorm', batchNorm),
  ...each('LRN', localResponse),
};
