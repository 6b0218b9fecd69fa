/** Of kernels that move numbers. */
import type {Tensor} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../../../src/run/allTfjs.ts';
import {type Case, flags, index, loops, tensor, tensor3, tensor4} from './case.ts';

/** As many in as out. */
const copy = (kernel: string, run: () => Tensor | Tensor[], size: number): Case => ({kernel, run, moved: 2 * size});

export const MOVEMENT: Case[] = [
  copy('Transpose', () => tf.transpose(tensor(3, 4)), 12),
  copy('Reverse', () => tf.reverse(tensor(3, 4), 0), 12),
  copy('Cast', () => tf.cast(tensor(3, 4), 'int32'), 12),
  copy('Concat', () => tf.concat([tensor(2, 3), tensor(2, 1)], 1), 8),
  copy('SplitV', () => tf.split(tensor(2, 6), 3, 1), 12),
  copy('Pack', () => tf.stack([tensor(5), tensor(5)]), 10),
  copy('Unpack', () => tf.unstack(tensor(5, 2), 1), 10),
  copy('DepthToSpace', () => tf.depthToSpace(tensor4(1, 2, 2, 8), 2), 32),
  copy('SpaceToBatchND', () => tf.spaceToBatchND(tensor4(1, 4, 4, 1), [2, 2], [[0, 0], [0, 0]]), 16), // prettier-ignore
  copy('BatchToSpaceND', () => tf.batchToSpaceND(tensor4(4, 2, 2, 1), [2, 2], [[0, 0], [0, 0]]), 16), // prettier-ignore
  {
    kernel: 'BatchToSpaceND',
    title: 'cut',
    run: () => tf.batchToSpaceND(tensor4(4, 2, 2, 1), [2, 2], [[0, 1], [1, 0]]), // prettier-ignore
    moved: 9 + 9,
  },
  {kernel: 'PadV2', run: () => tf.pad(tensor(2, 2), [[1, 1], [0, 0]]), moved: 4 + 8}, // prettier-ignore
  {kernel: 'MirrorPad', run: () => tf.mirrorPad(tensor(2, 2), [[1, 1], [0, 0]], 'reflect'), moved: 4 + 8}, // prettier-ignore
  {kernel: 'Tile', run: () => tf.tile(tensor(2, 2), [3, 1]), moved: 4 + 12},
  {kernel: 'OneHot', run: () => tf.oneHot(index(1, 2), 5), moved: 2 + 10},
  {kernel: 'Fill', run: () => tf.fill([3, 4], 1), moved: 12},
  {kernel: 'Range', run: () => tf.range(0, 7), moved: 7},
  {
    kernel: 'Select',
    run: () => tf.where(flags(4), tensor(4), tf.zeros([4])),
    // The condition, and of each pair one.
    moved: 4 + 4 + 4,
  },
  {kernel: 'LinSpace', run: () => tf.linspace(0, 1, 7), moved: 7},
  {kernel: 'BroadcastArgs', run: () => tf.broadcastArgs(index(1, 4), index(3, 1)), moved: 2 + 2 + 2},
  {kernel: 'Slice', title: 'a part', run: () => tf.slice(tensor(10, 10), [2, 2], [3, 4]), moved: 2 * loops(3, 4)},
  {kernel: 'Slice', title: 'nothing', run: () => tf.slice(tensor(10, 10), [2, 2], [0, 4]), moved: 0},
  {
    kernel: 'StridedSlice',
    run: () => tf.stridedSlice(tensor(10, 10), [0, 0], [10, 10], [2, 5]),
    moved: 2 * loops(5, 2),
  },
  {
    kernel: 'StridedSlice',
    title: 'backwards',
    run: () => tf.stridedSlice(tensor(10, 10), [9, 8], [2, 1], [-3, -4]),
    moved: 2 * loops(3, 2),
  },
  {
    // One slice of 4 is sure; it is another one, too, that must be read.
    kernel: 'GatherV2',
    title: 'two slices',
    run: () => tf.gather(tensor(9, 4), index(1, 7)),
    ...{moved: 2 + 4 + 2 * 4, unforeseen: 4},
  },
  {
    kernel: 'GatherV2',
    title: 'one slice',
    run: () => tf.gather(tensor(4, 9), index(3, 3, 3), 1),
    moved: 3 + 4 + 4 * 3,
  },
  {kernel: 'GatherV2', title: 'nothing', run: () => tf.gather(tensor(9, 4), index()), moved: 0},
  {
    kernel: 'GatherV2',
    title: 'from each of a batch',
    run: () => tf.gather(tensor(2, 5, 3), tf.tensor2d([[4], [0]], undefined, 'int32'), 1, 1),
    ...{moved: 2 + 3 + 2 * 3, unforeseen: 3},
  },
  {
    kernel: 'GatherNd',
    run: () => tf.gatherND(tensor(5, 4, 3), tf.tensor2d([[1, 0], [3, 2]], undefined, 'int32')), // prettier-ignore
    ...{moved: 4 + 3 + 2 * 3, unforeseen: 3},
  },
  {
    kernel: 'ScatterNd',
    run: () => tf.scatterND(tf.tensor2d([[1], [3]], undefined, 'int32'), tensor(2, 3), [5, 3]),
    ...{ops: loops(2, 3), moved: 2 + 6 + 15},
  },
  {
    kernel: 'TensorScatterUpdate',
    run: () => tf.tensorScatterUpdate(tensor(5, 3), tf.tensor2d([[1], [3]], undefined, 'int32'), tensor(2, 3)),
    // Three of five rows stay.
    moved: 3 * 3 + 2 + 6 + 15,
  },
  {
    kernel: 'SparseToDense',
    run: () => tf.sparseToDense(index(1, 3), tensor(2), [5], tf.scalar(7)),
    moved: 2 + 2 + 1 + 5,
  },
  {
    ...{
      kernel: 'ResizeNearestNeighbor',
      title: 'up',
      run: () => tf.image.resizeNearestNeighbor(tensor3(2, 2, 3), [4, 4]),
    },
    moved: 12 + 48,
  },
  {
    ...{
      kernel: 'ResizeNearestNeighbor',
      title: 'down',
      run: () => tf.image.resizeNearestNeighbor(tensor3(8, 8, 3), [2, 2]),
    },
    moved: 12 + 12,
  },
  {
    // 16 pixels of 3: w00·a + w01·b + w10·c + w11·d.
    ...{kernel: 'ResizeBilinear', title: 'up', run: () => tf.image.resizeBilinear(tensor3(2, 2, 3), [4, 4])},
    ...{ops: loops(4, 4, 3, 4 + 3), moved: 12 + 48},
  },
  {
    ...{kernel: 'ResizeBilinear', title: 'down', run: () => tf.image.resizeBilinear(tensor3(9, 9, 3), [2, 2])},
    // From rows 0, and 4 and 5, and such columns.
    ...{ops: loops(2, 2, 3, 4 + 3), moved: 3 * 3 * 3 + 12},
  },
  {
    ...{kernel: 'ResizeBilinear', title: 'to half', run: () => tf.image.resizeBilinear(tensor3(8, 6, 3), [4, 6])},
    ...{ops: loops(4, 6, 3, 4 + 3), moved: 4 * 6 * 3 + 4 * 6 * 3},
  },
  {
    kernel: 'ResizeBilinear',
    title: 'corners on corners',
    run: () => tf.image.resizeBilinear(tensor3(7, 9, 3), [3, 1], true),
    // Rows 0, 3, 6.
    ...{ops: loops(3, 1, 3, 4 + 3), moved: 3 * 3 + 3 * 3},
  },
  {
    kernel: 'ResizeBilinear',
    title: 'by the centres of pixels',
    run: () => tf.image.resizeBilinear(tensor3(9, 4, 3), [3, 8], false, true),
    // Rows 1, 4, 7.
    ...{ops: loops(3, 8, 3, 4 + 3), moved: 3 * 4 * 3 + 3 * 8 * 3},
  },
  {
    kernel: 'ResizeNearestNeighbor',
    title: 'up and down',
    run: () => tf.image.resizeNearestNeighbor(tensor3(2, 8, 3), [8, 2]),
    moved: 2 * 2 * 3 + 8 * 2 * 3,
  },
  {
    kernel: 'ResizeNearestNeighbor',
    title: 'corners on corners',
    run: () => tf.image.resizeNearestNeighbor(tensor3(5, 5, 1), [4, 3], true),
    moved: 4 * 3 + 4 * 3,
  },
  {
    kernel: 'ResizeNearestNeighbor',
    title: 'by the centres of pixels',
    run: () => tf.image.resizeNearestNeighbor(tensor3(5, 2, 1), [3, 5], false, true),
    moved: 3 * 2 + 3 * 5,
  },
  {
    kernel: 'CropAndResize',
    run: () =>
      tf.image.cropAndResize(tensor4(1, 4, 4, 2), tf.tensor2d([[0, 0, 1, 1]]), tf.tensor1d([0], 'int32'), [3, 3]),
    ...{ops: loops(3, 3, 2, 4 + 3), moved: 4 + 1 + 18, unforeseen: 32},
  },
  {
    kernel: 'CropAndResize',
    title: 'nearest',
    run: () =>
      tf.image.cropAndResize(
        tensor4(1, 4, 4, 2),
        tf.tensor2d([[0, 0, 1, 1]]),
        tf.tensor1d([0], 'int32'),
        [2, 2],
        'nearest',
      ),
    ...{moved: 4 + 1 + 8, unforeseen: 8},
  },
  {
    kernel: 'Transform',
    run: () => tf.image.transform(tensor4(1, 2, 2, 3), tf.tensor2d([[1, 0, 0, 0, 1, 0, 0, 0]]), 'nearest'),
    ...{moved: 8 + 12, unforeseen: 12},
  },
  {
    kernel: 'Transform',
    title: 'bilinear',
    run: () => tf.image.transform(tensor4(1, 2, 2, 3), tf.tensor2d([[1, 0, 0.5, 0, 1, 0.5, 0, 0]]), 'bilinear'),
    ...{ops: loops(2, 2, 3, 4 + 3), moved: 8 + 12, unforeseen: 12},
  },
  {kernel: 'ZerosLike', run: () => tf.zerosLike(tensor(3, 4)), moved: 12},
  {kernel: 'OnesLike', run: () => tf.onesLike(tensor(3, 4)), moved: 12},
  {kernel: 'Reshape', run: () => tf.reshape(tensor(3, 4), [12]), moved: 0},
  {kernel: 'Reshape', title: 'of tf.squeeze', run: () => tf.squeeze(tensor(1, 4)), moved: 0},
  {kernel: 'Identity', run: () => tf.clone(tensor(3, 4)), moved: 0},
  {kernel: 'ExpandDims', run: () => tf.expandDims(tensor(3, 4)), moved: 0},
];
