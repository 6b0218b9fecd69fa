/** Of convolutions and matrix products. */
import type {Rank} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../../../src/run/allTfjs.ts';
import {type Case, covered, loops, tensor, tensor4, vector} from './case.ts';

export const PRODUCTS: Case[] = [
  {
    ...{
      kernel: 'Conv2D',
      title: 'same, 3×3',
      run: () => tf.conv2d(tensor4(2, 5, 7, 3), tensor4(3, 3, 3, 4), 1, 'same'),
    },
    ...{macs: loops(2, 5, 7, 4, 3, 3, 3), moved: 2 * 5 * 7 * 3 + 3 * 3 * 3 * 4 + 2 * 5 * 7 * 4},
  },
  {
    ...{
      kernel: 'Conv2D',
      title: '1×1 that skips',
      run: () => tf.conv2d(tensor4(1, 8, 8, 3), tensor4(1, 1, 3, 4), 2, 'valid'),
    },
    ...{macs: loops(4, 4, 4, 3), moved: 3 * covered(8, {window: 1, stride: 2}) + 3 * 4 + 4 * 4 * 4},
  },
  {
    ...{
      kernel: 'Conv2D',
      title: 'dilated',
      run: () => tf.conv2d(tensor4(1, 9, 9, 2), tensor4(3, 3, 2, 4), 1, 'valid', 'NHWC', 2),
    },
    ...{macs: loops(5, 5, 4, 3, 3, 2), moved: 9 * 9 * 2 + 3 * 3 * 2 * 4 + 5 * 5 * 4},
  },
  {
    ...{
      kernel: 'Conv2D',
      title: 'whose last row and column no window reaches',
      run: () => tf.conv2d(tensor4(2, 8, 8, 3), tensor4(3, 3, 3, 4), 2, 'valid'),
    },
    ...{macs: loops(2, 3, 3, 4, 3, 3, 3), moved: 2 * 7 * 7 * 3 + 3 * 3 * 3 * 4 + 2 * 3 * 3 * 4},
  },
  {
    ...{
      kernel: 'Conv2D',
      title: 'most of whose taps lie on padding',
      run: () => tf.conv2d(tensor4(1, 2, 1, 3), tensor4(5, 5, 3, 4), 1, 'same'),
    },
    // 3 rows of taps meet 2 rows of pixels, 1 column meets 1.
    ...{macs: loops(2, 4, 5, 5, 3), moved: 2 * 3 + 3 * 3 * 4 + 2 * 4},
  },
  {
    ...{
      kernel: 'Conv2D',
      title: 'padded by a number',
      run: () => tf.conv2d(tensor4(1, 6, 6, 3), tensor4(2, 2, 3, 4), 4, 1, 'NHWC', 1, 'floor'),
    },
    // Rows −1 0, 3 4, and such columns.
    ...{macs: loops(2, 2, 4, 2, 2, 3), moved: 3 * 3 * 3 + 2 * 2 * 3 * 4 + 2 * 2 * 4},
  },
  {
    ...{
      kernel: 'Conv2D',
      title: 'padded by hand, channels first',
      notOn: ['wasm'],
      run: () => tf.conv2d(tensor4(1, 3, 6, 5), tensor4(2, 2, 3, 4), 3, [[0, 0], [0, 0], [1, 0], [0, 1]], 'NCHW'), // prettier-ignore
    },
    // Rows −1 0, 2 3; columns 0 1, 3 4.
    ...{macs: loops(2, 2, 4, 2, 2, 3), moved: 3 * 4 * 3 + 2 * 2 * 3 * 4 + 2 * 2 * 4},
  },
  {
    kernel: 'FusedConv2D',
    title: 'bias and ReLU6',
    run: () =>
      tf.fused.conv2d({
        ...{x: tensor4(1, 6, 6, 3), filter: tensor4(3, 3, 3, 4), strides: 2, pad: 'same'},
        ...{bias: vector(4), activation: 'relu6'},
      }),
    macs: loops(3, 3, 4, 3, 3, 3),
    ops: 2 * loops(3, 3, 4),
    moved: 6 * 6 * 3 + 3 * 3 * 3 * 4 + 4 + 3 * 3 * 4,
  },
  {
    kernel: 'FusedConv2D',
    title: 'PReLU alone',
    run: () =>
      tf.fused.conv2d({
        ...{x: tf.neg(tensor4(1, 4, 4, 3)), filter: tensor4(1, 1, 3, 2), strides: 1, pad: 'valid'},
        ...{activation: 'prelu', preluActivationWeights: vector(2)},
      }),
    macs: loops(4, 4, 2, 3),
    ops: loops(4, 4, 2),
    moved: 4 * 4 * 3 + 3 * 2 + 2 + 4 * 4 * 2,
  },
  {
    kernel: 'DepthwiseConv2dNative',
    run: () => tf.depthwiseConv2d(tensor4(1, 7, 7, 3), tensor4(3, 3, 3, 2), 2, 'valid'),
    ...{macs: loops(3, 3, 3, 2, 3, 3), moved: 7 * 7 * 3 + 3 * 3 * 3 * 2 + 3 * 3 * 6},
  },
  {
    kernel: 'DepthwiseConv2dNative',
    title: 'dilated past the border',
    run: () => tf.depthwiseConv2d(tensor4(1, 4, 9, 3), tensor4(3, 3, 3, 1), 1, 'same', 'NHWC', 4),
    // Of 4 rows each meets the middle tap alone.
    ...{macs: loops(4, 9, 3, 3, 3), moved: 4 * 9 * 3 + 1 * 3 * 3 + 4 * 9 * 3},
  },
  {
    kernel: 'FusedDepthwiseConv2D',
    run: () =>
      tf.fused.depthwiseConv2d({
        ...{x: tensor4(1, 5, 5, 4), filter: tensor4(7, 7, 4, 1), strides: 1, pad: 'same', bias: vector(4)},
      }),
    macs: loops(5, 5, 4, 7, 7),
    ops: loops(5, 5, 4),
    moved: 5 * 5 * 4 + 7 * 7 * 4 + 4 + 5 * 5 * 4,
  },
  {
    kernel: 'Conv2DBackpropInput',
    run: () => tf.conv2dTranspose(tensor4(1, 3, 3, 4), tensor4(2, 2, 5, 4), [1, 6, 6, 5], 2, 'valid'),
    ...{macs: loops(3, 3, 4, 2, 2, 5), moved: 3 * 3 * 4 + 2 * 2 * 5 * 4 + 6 * 6 * 5},
  },
  {
    ...{
      kernel: 'Conv2DBackpropInput',
      title: 'that cuts off what lies outside',
      run: () => tf.conv2dTranspose(tensor4(1, 1, 1, 4), tensor4(4, 4, 5, 4), [1, 2, 2, 5], 2, 'same'),
    },
    ...{macs: loops(4, 4, 4, 5), moved: 4 + 2 * 2 * 5 * 4 + 2 * 2 * 5},
  },
  {
    kernel: 'Conv3D',
    run: () => tf.conv3d(tf.ones<Rank.R5>([1, 4, 4, 4, 2]), tf.ones<Rank.R5>([2, 2, 2, 2, 3]), 1, 'valid'),
    ...{macs: loops(3, 3, 3, 3, 2, 2, 2, 2), moved: 4 ** 3 * 2 + 2 ** 4 * 3 + 3 ** 3 * 3},
  },
  {
    kernel: 'BatchMatMul',
    title: 'both turned',
    run: () => tf.matMul(tensor(2, 5, 3), tensor(2, 4, 5), true, true),
    ...{macs: loops(2, 3, 4, 5), moved: 2 * (5 * 3 + 4 * 5 + 3 * 4)},
  },
  {
    kernel: 'BatchMatMul',
    title: 'one matrix for the whole batch',
    run: () => tf.matMul(tensor(6, 3, 5), tensor(1, 5, 4)),
    ...{macs: loops(6, 3, 4, 5), moved: 6 * 3 * 5 + 5 * 4 + 6 * 3 * 4},
  },
  {
    kernel: '_FusedMatMul',
    title: 'with bias and activation',
    run: () => tf.fused.matMul({a: tensor(3, 5), b: tensor(5, 4), bias: vector(4), activation: 'sigmoid'}),
    ...{macs: loops(3, 4, 5), ops: 2 * loops(3, 4), moved: 3 * 5 + 5 * 4 + 4 + 3 * 4},
  },
  {
    kernel: 'Einsum',
    title: 'a matrix product',
    run: () => tf.einsum('abc,cd->abd', tensor(2, 3, 5), tensor(5, 4)),
    ...{macs: loops(2, 3, 4, 5), moved: 2 * 3 * 5 + 5 * 4 + 2 * 3 * 4},
  },
  {
    kernel: 'Einsum',
    title: 'heads of attention',
    run: () => tf.einsum('abcd,aecd->acbe', tensor(2, 3, 4, 5), tensor(2, 6, 4, 5)),
    ...{macs: loops(2, 4, 3, 6, 5), moved: 2 * 3 * 4 * 5 + 2 * 6 * 4 * 5 + 2 * 4 * 3 * 6},
  },
  {
    kernel: 'Einsum',
    title: 'an outer product',
    run: () => tf.einsum('a,b->ab', tensor(3), tensor(4)),
    ...{ops: loops(3, 4), moved: 3 + 4 + 12},
  },
  {
    kernel: 'Einsum',
    title: 'a sum',
    run: () => tf.einsum('ab->a', tensor(3, 4)),
    ...{ops: loops(3, 4 - 1), moved: 12 + 3},
  },
];
