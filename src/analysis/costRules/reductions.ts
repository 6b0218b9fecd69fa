/** Reductions, windows and norms: the additions and comparisons that they must make, and one operation for any other function. */
import {type CostRule, type CostRules, each, inputElements, outputElements, reads} from './rule.ts';

/** n numbers into one: n − 1 steps. */
const reduction: CostRule = (call) => ({ops: inputElements(call, 'x') - outputElements(call)});

/** And a division for each mean. */
const mean: CostRule = (call) => ({ops: inputElements(call, 'x')});

/** A window of k taps, those on padding included: k − 1 steps, and for the average a division. */
const pool =
  (divisions: 0 | 1): CostRule =>
  (call) => {
    const size = call.attrs['filterSize'];
    const [height, width] = Array.isArray(size) ? (size as number[]) : [Number(size), Number(size)];
    const taps = height! * width!;
    if (Number.isNaN(taps)) return null;
    const out = outputElements(call);
    return {ops: out * (taps - 1 + divisions), reads: reads(call, 'x', out * taps)};
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
  ...each('MaxPool', pool(0)),
  ...each('AvgPool', pool(1)),
  ...each('Softmax', softmax),
  ...each('FusedBatchNorm', batchNorm),
  ...each('LRN', localResponse),
};
