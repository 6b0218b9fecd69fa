/**
 * Every rule against a count that knows nothing of it: tfjs runs the kernel, so that names, shapes and attrs are its own, and
 * loops that do the same sum say how many steps they took, or the numbers are worked out by hand beside the case.
 */
import '@tensorflow/tfjs-backend-cpu';
import type {Rank, Tensor} from '@tensorflow/tfjs-core';
import {blockSpec} from '../../ops/block.ts';
import {COSTED_KERNELS, kernelCost} from '../../src/analysis/kernelCost.ts';
import {traceRun, type TracedKernel} from '../../src/analysis/trace.ts';
import {ALL_TFJS as tf} from '../../src/compare/tfjs.ts';

beforeAll(() => tf.setBackend('cpu'));

interface Case {
  readonly kernel: string;
  readonly run: () => Tensor | Tensor[];
  /** A case of its own where a kernel has several. */
  readonly title?: string;
  readonly macs?: number;
  /** Beside the MACs. */
  readonly ops?: number;
  /** Elements, read and written. */
  readonly moved: number;
}

const tensor = (...shape: number[]): Tensor => tf.randomUniform(shape, 0.5, 2, 'float32', 1);
const tensor4 = tensor as (...shape: number[]) => ReturnType<typeof tf.tensor4d>;
const tensor3 = tensor as (...shape: number[]) => ReturnType<typeof tf.tensor3d>;
const vector = tensor as (...shape: number[]) => ReturnType<typeof tf.tensor1d>;

const index = (...at: number[]): Tensor => tf.tensor1d(at, 'int32');

/** Counts the innermost step of nested loops. */
function loops(...ends: number[]): number {
  let steps = 0;
  const nest = (depth: number): void => {
    if (depth === ends.length) steps++;
    else for (let i = 0; i < ends[depth]!; i++) nest(depth + 1);
  };
  nest(0);
  return steps;
}

/** How many pixels of an image a window covers that steps over it, no padding. */
function covered(size: number, {window, stride}: {window: number; stride: number}): number {
  const rows = new Set<number>();
  for (let at = 0; at + window <= size; at += stride) for (let tap = 0; tap < window; tap++) rows.add(at + tap);
  return rows.size ** 2;
}

const PRODUCTS: Case[] = [
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
        ...{x: tensor4(1, 4, 4, 3), filter: tensor4(1, 1, 3, 2), strides: 1, pad: 'valid'},
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

const unary = (names: string, of: (x: Tensor) => Tensor): Case[] =>
  names.split(' ').map((kernel) => ({kernel, run: () => of(tensor(2, 3)), ops: loops(2, 3), moved: 6 + 6}));

/** A row for each of two, and a column for each of three: both are read once. */
const binary = (kernel: string, of: (a: Tensor, b: Tensor) => Tensor): Case => ({
  ...{kernel, run: () => of(tensor(2, 1), tensor(1, 3)), ops: loops(2, 3), moved: 2 + 3 + 6},
});

const logical = (kernel: string, of: (a: Tensor, b: Tensor) => Tensor): Case =>
  binary(kernel, (a, b) => of(tf.cast(a, 'bool'), tf.cast(b, 'bool')));

const ELEMENTWISE: Case[] = [
  ...unary('Abs', tf.abs),
  ...unary('Neg', tf.neg),
  ...unary('Sign', tf.sign),
  ...unary('Square', tf.square),
  ...unary('Sqrt', tf.sqrt),
  ...unary('Rsqrt', tf.rsqrt),
  ...unary('Reciprocal', tf.reciprocal),
  ...unary('Exp', tf.exp),
  ...unary('Expm1', tf.expm1),
  ...unary('Log', tf.log),
  ...unary('Log1p', tf.log1p),
  ...unary('Erf', tf.erf),
  ...unary('Sin', tf.sin),
  ...unary('Cos', tf.cos),
  ...unary('Tan', tf.tan),
  ...unary('Asin', tf.asin),
  ...unary('Acos', tf.acos),
  ...unary('Atan', tf.atan),
  ...unary('Sinh', tf.sinh),
  ...unary('Cosh', tf.cosh),
  ...unary('Tanh', tf.tanh),
  ...unary('Asinh', tf.asinh),
  ...unary('Acosh', tf.acosh),
  ...unary('Atanh', tf.atanh),
  ...unary('Floor', tf.floor),
  ...unary('Ceil', tf.ceil),
  ...unary('Round', tf.round),
  ...unary('ClipByValue', (x) => tf.clipByValue(x, 0, 1)),
  ...unary('IsNan', tf.isNaN),
  ...unary('IsInf', tf.isInf),
  ...unary('IsFinite', tf.isFinite),
  ...unary('Relu', tf.relu),
  ...unary('Relu6', tf.relu6),
  ...unary('LeakyRelu', (x) => tf.leakyRelu(x, 0.1)),
  ...unary('Elu', tf.elu),
  ...unary('Selu', tf.selu),
  ...unary('Sigmoid', tf.sigmoid),
  ...unary('Softplus', tf.softplus),
  ...unary('Step', (x) => tf.step(x)),
  ...unary('LogicalNot', (x) => tf.logicalNot(tf.cast(x, 'bool'))),
  binary('Add', tf.add),
  binary('Sub', tf.sub),
  binary('Multiply', tf.mul),
  binary('RealDiv', tf.div),
  binary('FloorDiv', tf.floorDiv),
  binary('Mod', tf.mod),
  binary('Maximum', tf.maximum),
  binary('Minimum', tf.minimum),
  binary('SquaredDifference', tf.squaredDifference),
  binary('Pow', tf.pow),
  binary('Atan2', tf.atan2),
  binary('Equal', tf.equal),
  binary('NotEqual', tf.notEqual),
  binary('Greater', tf.greater),
  binary('GreaterEqual', tf.greaterEqual),
  binary('Less', tf.less),
  binary('LessEqual', tf.lessEqual),
  logical('LogicalAnd', tf.logicalAnd),
  logical('LogicalOr', tf.logicalOr),
  {
    // The one that does not broadcast.
    ...{kernel: 'BitwiseAnd', run: () => tf.bitwiseAnd(index(1, 2, 3), index(4, 5, 6))},
    ...{ops: loops(3), moved: 3 + 3 + 3},
  },
  {
    ...{kernel: 'Prelu', run: () => tf.prelu(tensor(2, 3), tensor(3)), ops: loops(2, 3), moved: 6 + 3 + 6},
  },
  {
    kernel: 'AddN',
    run: () => tf.addN([tensor(2, 3), tensor(2, 3), tensor(2, 3), tensor(2, 3)]),
    ...{ops: loops(2, 3, 4 - 1), moved: 4 * 6 + 6},
  },
];
/** Four rows of five: each takes its first number, and the others one step each. */
const rows = (kernel: string, of: (x: Tensor) => Tensor): Case => ({
  ...{kernel, run: () => of(tensor(4, 5)), ops: loops(4, 5 - 1), moved: 20 + 4},
});

const REDUCTIONS: Case[] = [
  rows('Sum', (x) => tf.sum(x, 1)),
  rows('Prod', (x) => tf.prod(x, 1)),
  rows('Max', (x) => tf.max(x, 1)),
  rows('Min', (x) => tf.min(x, 1)),
  rows('ArgMax', (x) => tf.argMax(x, 1)),
  rows('ArgMin', (x) => tf.argMin(x, 1)),
  rows('All', (x) => tf.all(tf.cast(x, 'bool'), 1)),
  rows('Any', (x) => tf.any(tf.cast(x, 'bool'), 1)),
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
    ...{kernel: 'AvgPool', run: () => tf.avgPool(tensor4(1, 6, 6, 2), [2, 2], 2, 'valid')},
    ...{ops: loops(3, 3, 2, 2 * 2 - 1) + loops(3, 3, 2), moved: 6 * 6 * 2 + 3 * 3 * 2},
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

/** As many in as out. */
const copy = (kernel: string, run: () => Tensor | Tensor[], size: number): Case => ({kernel, run, moved: 2 * size});

const MOVEMENT: Case[] = [
  copy('Transpose', () => tf.transpose(tensor(3, 4)), 12),
  copy('Reverse', () => tf.reverse(tensor(3, 4), 0), 12),
  copy('Cast', () => tf.cast(tensor(3, 4), 'int32'), 12),
  copy('Concat', () => tf.concat([tensor(2, 3), tensor(2, 1)], 1), 8),
  copy('SplitV', () => tf.split(tensor(6, 2), 3), 12),
  copy('Pack', () => tf.stack([tensor(5), tensor(5)]), 10),
  copy('Unpack', () => tf.unstack(tensor(2, 5)), 10),
  copy('DepthToSpace', () => tf.depthToSpace(tensor4(1, 2, 2, 8), 2), 32),
  copy('SpaceToBatchND', () => tf.spaceToBatchND(tensor4(1, 4, 4, 1), [2, 2], [[0, 0], [0, 0]]), 16), // prettier-ignore
  copy('BatchToSpaceND', () => tf.batchToSpaceND(tensor4(4, 2, 2, 1), [2, 2], [[0, 0], [0, 0]]), 16), // prettier-ignore
  {kernel: 'PadV2', run: () => tf.pad(tensor(2, 2), [[1, 1], [0, 0]]), moved: 4 + 8}, // prettier-ignore
  {kernel: 'MirrorPad', run: () => tf.mirrorPad(tensor(2, 2), [[1, 1], [0, 0]], 'reflect'), moved: 4 + 8}, // prettier-ignore
  {kernel: 'Tile', run: () => tf.tile(tensor(2, 2), [3, 1]), moved: 4 + 12},
  {kernel: 'OneHot', run: () => tf.oneHot(index(1, 2), 5), moved: 2 + 10},
  {kernel: 'Fill', run: () => tf.fill([3, 4], 1), moved: 12},
  {kernel: 'Range', run: () => tf.range(0, 7), moved: 7},
  {kernel: 'Select', run: () => tf.where(tf.cast(tensor(4), 'bool'), tensor(4), tensor(4)), moved: 3 * 4 + 4},
  {kernel: 'Slice', title: 'a part', run: () => tf.slice(tensor(10, 10), [2, 2], [3, 4]), moved: 2 * loops(3, 4)},
  {
    kernel: 'StridedSlice',
    run: () => tf.stridedSlice(tensor(10, 10), [0, 0], [10, 10], [2, 5]),
    moved: 2 * loops(5, 2),
  },
  {kernel: 'GatherV2', title: 'fewer', run: () => tf.gather(tensor(9, 4), index(1, 7)), moved: 2 + 2 * loops(2, 4)},
  {kernel: 'GatherV2', title: 'more', run: () => tf.gather(tensor(2, 4), index(0, 1, 0)), moved: 8 + 3 + 12},
  {
    kernel: 'GatherNd',
    run: () => tf.gatherND(tensor(5, 4), tf.tensor2d([[1], [3]], undefined, 'int32')),
    moved: 8 + 2 + 8,
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
    ...{ops: loops(2, 2, 3, 4 + 3), moved: 4 * 12 + 12},
  },
  {
    kernel: 'CropAndResize',
    run: () =>
      tf.image.cropAndResize(tensor4(1, 4, 4, 2), tf.tensor2d([[0, 0, 1, 1]]), tf.tensor1d([0], 'int32'), [3, 3]),
    ...{ops: loops(3, 3, 2, 4 + 3), moved: 32 + 4 + 1 + 18},
  },
  {kernel: 'ZerosLike', run: () => tf.zerosLike(tensor(3, 4)), moved: 12},
  {kernel: 'OnesLike', run: () => tf.onesLike(tensor(3, 4)), moved: 12},
  {kernel: 'Reshape', run: () => tf.reshape(tensor(3, 4), [12]), moved: 0},
  {kernel: 'Identity', run: () => tf.clone(tensor(3, 4)), moved: 0},
  {kernel: 'ExpandDims', run: () => tf.expandDims(tensor(3, 4)), moved: 0},
];

/** A kernel's call as an op makes it; of several kernels of that name, the last. */
async function callOf(kernel: string, run: Case['run']): Promise<TracedKernel> {
  const {kernels} = await traceRun(
    tf,
    () => {
      tf.dispose(tf.tidy(run));
    },
    {runs: 1},
  );
  const call = [...kernels].reverse().find(({name}) => name === kernel);
  if (call === undefined) throw new Error(`ran ${kernels.map(({name}) => name).join(', ')}`);
  return call;
}

const CASES = [...PRODUCTS, ...ELEMENTWISE, ...REDUCTIONS, ...MOVEMENT];

describe('what a kernel costs', () => {
  test.each(CASES.map((each) => ({...each, title: [each.kernel, each.title].filter(Boolean).join(', ')})))(
    '$title',
    async ({kernel, run, macs = 0, ops = 0, moved}) => {
      expect(kernelCost(await callOf(kernel, run))).toEqual({macs, ops: 2 * macs + ops, bytes: 4 * moved});
    },
  );

  it('is tested for every kernel that has a rule', () => {
    const tested = new Set(CASES.map(({kernel}) => kernel));
    expect(COSTED_KERNELS.filter((name) => !tested.has(name))).toEqual([]);
  });

  it('counts a tensor once that a kernel gets twice', async () => {
    const square = await callOf('Multiply', () => {
      const x = tensor(3, 4);
      return tf.mul(x, x);
    });
    expect(kernelCost(square)).toEqual({macs: 0, ops: 12, bytes: 4 * (12 + 12)});
  });

  it('is nothing where the output is the input’s own memory', async () => {
    const cast = await callOf('Cast', () => tf.cast(tensor(3, 4), 'float32'));
    expect(kernelCost(cast)).toEqual({macs: 0, ops: 0, bytes: 0});
  });

  it('of a fused block is its three layers, and x, params and y', () => {
    const spec = blockSpec({
      ...{order: 'conv-first', inChannels: 8, hiddenChannels: 16, outChannels: 8, kernelSize: [3, 3], stride: 1},
      ...{padding: 'same', groupWidth: 8, layerNormEpsilon: null, spatialActivation: 'linear'},
      ...{hiddenActivation: 'silu', residual: true},
    });
    const macs = loops(4, 5, 8, 3, 3, 8) + loops(4, 5, 16, 8) + loops(4, 5, 8, 16);
    const params = 3 * 3 * 8 * 8 + 8 + (8 * 16 + 16) + (16 * 8 + 8);
    const call = {
      ...{name: 'FusedResidualBlock', inputShapes: {x: [1, 4, 5, 8], params: [params]}, attrs: {}},
      ...{outputShapes: [[1, 4, 5, 8]], block: {spec, size: {batch: 1, height: 4, width: 5}}},
    };
    expect(kernelCost(call)).toEqual({macs, ops: 2 * macs, bytes: 4 * (160 + params + 160)});
    expect(kernelCost({...call, block: null})).toBeNull();
  });

  it.each(['TopK', 'NonMaxSuppressionV3', 'constructor'])('is not known of %s', (name) => {
    expect(kernelCost({name, inputShapes: {x: [4]}, outputShapes: [[4]], attrs: {}})).toBeNull();
  });

  it('is not known of a call that a rule does not know', () => {
    const einsum = {name: 'Einsum', inputShapes: {0: [2, 2]}, outputShapes: [[2]], attrs: {equation: '...a->a'}};
    expect(kernelCost(einsum)).toBeNull();
    expect(kernelCost({name: 'Conv2D', inputShapes: {x: [1, 2, 2, 3]}, outputShapes: [[1]], attrs: {}})).toBeNull();
    expect(kernelCost({name: 'MaxPool', inputShapes: {x: [1, 2, 2, 3]}, outputShapes: [[1]], attrs: {}})).toBeNull();
  });
});
