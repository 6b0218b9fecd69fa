/** Of reductions, pools and norms. */
import type {Rank, Tensor} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../../../src/run/allTfjs.ts';
import {type Case, covered, loops, tensor, tensor3, tensor4, vector} from './case.ts';

/** Four rows of five: each takes its first number, and the others one step each. */
const rows = (kernel: string, of: (x: Tensor) => Tensor): Case => ({
  ...{kernel, run: () => of(tensor(4, 5)), ops: loops(4, 5 - 1), moved: 20 + 4},
});

export const REDUCTIONS: Case[] = [
  rows('Sum', (x) => tf.sum(x, 1)),
  rows('Prod', (x) => tf.prod(x, 1)),
  rows('Max', (x) => tf.max(x, 1)),
  rows('Min', (x) => tf.min(x, 1)),
  rows('ArgMax', (x) => tf.argMax(x, 1)),
  rows('ArgMin', (x) => tf.argMin(x, 1)),
  rows('All', (x) => tf.all(tf.onesLike(tf.cast(x, 'bool')), 1)),
  rows('Any', (x) => tf.any(tf.zerosLike(tf.cast(x, 'bool')), 1)),
  {
    ...{kernel: 'Mean', run: () => tf.mean(tensor4(1, 3, 3, 4), [1, 2], true)},
    ...{ops: loops(4, 3 * 3 - 1) + loops(4), moved: 3 * 3 * 4 + 4},
  },
  {
    ...{kernel: 'MaxPool', run: () => tf.maxPool(tensor4(1, 6, 6, 2), 3, 2, 'same')},
    ...{ops: loops(3, 3, 2, 3 * 3 - 1), moved: 6 * 6 * 2 + 3 * 3 * 2},
  },
  {
    ...{kernel: 'MaxPool', title: 'that skips', run: () => tf.maxPool(tensor4(1, 8, 8, 2), [2, 2], 4, 'valid')},
    ...{ops: loops(2, 2, 2, 2 * 2 - 1), moved: 2 * covered(8, {window: 2, stride: 4}) + 2 * 2 * 2},
  },
  {
    ...{kernel: 'MaxPool', title: 'past the border', run: () => tf.maxPool(tensor4(1, 7, 4, 2), [1, 2], 3, 'same')},
    // Rows 0, 3, 6; columns 0 1 and 3, and one of padding.
    ...{ops: loops(3, 2, 2, 2 - 1), moved: 3 * 3 * 2 + 3 * 2 * 2},
  },
  {
    ...{kernel: 'AvgPool', run: () => tf.avgPool(tensor4(1, 6, 6, 2), [2, 2], 2, 'valid')},
    ...{ops: loops(3, 3, 2, 2 * 2 - 1) + loops(3, 3, 2), moved: 6 * 6 * 2 + 3 * 3 * 2},
  },
  {
    kernel: 'MaxPool3D',
    run: () => tf.maxPool3d(tf.ones<Rank.R5>([1, 5, 5, 5, 2]), 2, 2, 'valid'),
    ...{ops: loops(2, 2, 2, 2, 2 * 2 * 2 - 1), moved: 4 * 4 * 4 * 2 + 2 * 2 * 2 * 2},
  },
  {
    kernel: 'AvgPool3D',
    run: () => tf.avgPool3d(tf.ones<Rank.R5>([1, 4, 4, 4, 2]), [1, 2, 4], [1, 2, 4], 'valid'),
    ...{ops: loops(4, 2, 1, 2, 1 * 2 * 4), moved: 4 * 4 * 4 * 2 + 4 * 2 * 1 * 2},
  },
  {
    kernel: 'MaxPoolWithArgmax',
    run: () => Object.values(tf.maxPoolWithArgmax(tensor4(1, 6, 6, 2), 2, 2, 'valid')),
    // The largest and where they are.
    ...{ops: loops(3, 3, 2, 2 * 2 - 1), moved: 6 * 6 * 2 + 2 * 3 * 3 * 2},
  },
  {
    // 3 × 2 taps: as many sums, and all but one comparison.
    ...{kernel: 'Dilation2D', run: () => tf.dilation2d(tensor4(1, 6, 6, 2), tensor3(3, 2, 2), 2, 'valid')},
    ...{ops: loops(2, 3, 2, 3 * 2 + 3 * 2 - 1), moved: 5 * 6 * 2 + 3 * 2 * 2 + 2 * 3 * 2},
  },
  {
    ...{kernel: 'Cumsum', run: () => tf.cumsum(tensor(4, 5), 0)},
    ...{ops: loops(5, 4 - 1), moved: 20 + 20},
  },
  {
    ...{kernel: 'Cumsum', title: 'without its own number', run: () => tf.cumsum(tensor(4, 5), 1, true)},
    ...{ops: loops(4, 5 - 1), moved: 4 * 4 + 20},
  },
  {
    ...{kernel: 'Cumprod', run: () => tf.cumprod(tensor(4, 5), 1)},
    ...{ops: loops(4, 5 - 1), moved: 20 + 20},
  },
  {
    ...{kernel: 'TopK', run: () => Object.values(tf.topk(tensor(4, 5), 2))},
    ...{ops: loops(4, 5 - 1), moved: 20 + 2 * 8},
  },
  {
    ...{kernel: 'Sum', title: 'of nothing', notOn: ['webgpu'], run: () => tf.sum(tf.zeros([0, 3]), 0)},
    ...{moved: 3},
  },
  {
    // Each of 4 rows: 4 comparisons, 5 differences, 5 exponentials, 4 additions, 5 quotients.
    ...{kernel: 'Softmax', run: () => tf.softmax(tensor(4, 5))},
    ...{ops: 4 * (4 + 5 + 5 + 4 + 5), moved: 20 + 20},
  },
  {
    // 6 × 2 elements: less the mean, times the factor, plus the offset. 2 channels: variance + epsilon, root, times scale.
    kernel: 'FusedBatchNorm',
    title: 'with scale and offset',
    run: () => tf.batchNorm(tensor(6, 2) as never, vector(2), vector(2), vector(2), vector(2)),
    ...{ops: 12 * 3 + 2 * 3, moved: 12 + 4 * 2 + 12},
  },
  {
    kernel: 'FusedBatchNorm',
    title: 'without',
    run: () => tf.batchNorm(tensor(6, 2) as never, vector(2), vector(2)),
    ...{ops: 12 * 2 + 2 * 2, moved: 12 + 2 * 2 + 12},
  },
  {
    // 3 channels on: 3 + 3 + 1 squares, 6 additions, times alpha, plus bias, the power, the quotient: 1 + 6 + 4 an element.
    ...{kernel: 'LRN', run: () => tf.localResponseNormalization(tensor4(1, 2, 2, 9), 3)},
    ...{ops: 2 * 2 * 9 * (1 + 6 + 4), moved: 36 + 36},
  },
];
