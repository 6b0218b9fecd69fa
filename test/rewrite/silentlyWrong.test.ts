/**
 * What stock tfjs computes otherwise than TensorFlow without an error: what it gives on each backend, beside float64 loops, and that the
 * legalized model is right.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import type {GraphDef} from '../../src/graph/graphDef.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {arrayOf, at, sumOf} from '../helpers/arrays.ts';
import {expectClose} from '../helpers/closeness.ts';
import type {Numbers} from '../helpers/fixtures.ts';
import {artifactsOf, attr, floats, ints, type SmallNode, type SmallWeight} from '../helpers/smallGraphs.ts';

type Backend = 'cpu' | 'wasm';
const BACKENDS: readonly Backend[] = ['cpu', 'wasm'];

interface WrongCase {
  readonly name: string;
  /** The last node is `y`. */
  readonly nodes: Readonly<Record<string, SmallNode>>;
  readonly weights: Readonly<Record<string, SmallWeight>>;
  readonly x: Numbers;
  readonly truth: Numbers;
  /** Where stock is wrong. */
  readonly wrongOn: readonly Backend[];
}

const numbers = (...shape: number[]): Numbers => floats(shape, shape.length + shape[0]!) as Numbers;
const weight = (seed: number, ...shape: number[]): Numbers => floats(shape, seed) as Numbers;
const mapped = (x: Numbers, f: (value: number, ...index: number[]) => number): Numbers =>
  arrayOf(x.shape, (...index) => f(at(x, ...index), ...index));

function run(artifacts: io.ModelArtifacts, x: Numbers): Numbers {
  return tf.tidy(() => {
    const model = loadGraphModelSync(artifacts);
    const y = model.predict(tf.tensor(x.data, x.shape)) as Tensor;
    model.dispose();
    return {shape: y.shape, data: y.dataSync()};
  }) as unknown as Numbers;
}

const TOLERANCE = 1e-5;

function isRight(got: Numbers, truth: Numbers): boolean {
  if (got.shape.join() !== truth.shape.join()) return false;
  return got.data.every((value, i) => Math.abs(value - truth.data[i]!) <= TOLERANCE * (1 + Math.abs(truth.data[i]!)));
}

const NORM = {epsilon: attr.float(1e-3)};
const SIZES = {NHWC: [2, 5, 4, 3], NCHW: [2, 3, 5, 4]};

/** A batch norm by the statistics of the data. */
function trainingNorm(format: 'NHWC' | 'NCHW', statistics: 'given' | 'empty', affine = true): WrongCase {
  const x = mapped(numbers(...SIZES[format]), (v, ...index) => v + index[1]! + index[3]!);
  const axis = format === 'NHWC' ? 3 : 1;
  const [scale, offset] = affine ? [weight(2, 3), weight(3, 3)] : [arrayOf([3], () => 1), arrayOf([3], () => 0)];
  const size = statistics === 'given' ? 3 : 0;
  const [mean, variance] = [weight(4, size), mapped(weight(5, size), (v) => v * v + 1)];
  const ofChannel = (c: number): number[] => {
    const values: number[] = [];
    mapped(x, (v, ...index) => (index[axis] === c ? values.push(v) : 0));
    return values;
  };
  const meanOf = (values: number[]): number => sumOf(values.length, (i) => values[i]!) / values.length;
  const moments = [0, 1, 2].map(ofChannel).map((values) => {
    const m = meanOf(values);
    return {m, v: meanOf(values.map((value) => (value - m) ** 2))};
  });
  return {
    name: `FusedBatchNormV3 in training mode, ${format}, statistics ${statistics}${affine ? '' : ', without scale and offset'}`,
    nodes: {
      y: [
        'FusedBatchNormV3',
        ['x', 'scale', 'offset', 'mean', 'variance'],
        {...NORM, data_format: attr.text(format), is_training: attr.bool(true)},
      ],
    },
    weights: {scale, offset, mean, variance},
    x,
    truth: mapped(x, (value, ...index) => {
      const c = index[axis]!;
      return ((value - moments[c]!.m) / Math.sqrt(moments[c]!.v + 1e-3)) * scale.data[c]! + offset.data[c]!;
    }),
    wrongOn: BACKENDS,
  };
}

function inferenceNorm(): WrongCase {
  const x = numbers(2, 5, 4, 3);
  const variance = mapped(weight(5, 3), (v) => (v * v) / 100);
  const weights = {scale: weight(2, 3), offset: weight(3, 3), mean: weight(4, 3), variance};
  return {
    name: "a batch norm without an epsilon: TensorFlow's default is 1e-4, that of tfjs 1e-3",
    nodes: {y: ['FusedBatchNormV3', ['x', ...Object.keys(weights)], {is_training: attr.bool(false)}]},
    weights,
    x,
    truth: mapped(
      x,
      (v, ...[, , , c]) =>
        ((v - at(weights.mean, c!)) / Math.sqrt(at(variance, c!) + 1e-4)) * at(weights.scale, c!) +
        at(weights.offset, c!),
    ),
    wrongOn: BACKENDS,
  };
}

const FUSED = {
  strides: attr.ints(1, 1, 1, 1),
  padding: attr.text('SAME'),
  dilations: attr.ints(1, 1, 1, 1),
  leakyrelu_alpha: attr.float(0.125),
};

/** A 1×1 conv of 4 to 4 channels, or a depthwise one, with a bias and an activation fused. */
function fusedConv(op: string, activation: string, slopes?: Numbers): WrongCase {
  const isDepthwise = op.startsWith('Fused');
  const x = numbers(2, 5, 4, 4);
  const filter = weight(2, 1, 1, 4, isDepthwise ? 1 : 4);
  const bias = weight(3, 4);
  const act = (v: number, ...index: number[]): number =>
    v > 0 ? v : v * (slopes === undefined ? 0.125 : at(slopes, ...index));
  return {
    name: `${op} with ${activation} fused${slopes ? `, slopes of shape [${slopes.shape.join()}]` : ''}`,
    nodes: {
      y: [
        op,
        ['x', 'filter', 'bias', ...(slopes ? ['slopes'] : [])],
        {...FUSED, fused_ops: attr.texts('BiasAdd', activation), num_args: attr.int(slopes ? 2 : 1)},
      ],
    },
    weights: {filter, bias, ...(slopes ? {slopes} : {})},
    x,
    truth: arrayOf(x.shape, (n, h, w, c) => {
      const product = isDepthwise
        ? at(x, n, h, w, c) * at(filter, 0, 0, c, 0)
        : sumOf(4, (i) => at(x, n, h, w, i) * at(filter, 0, 0, i, c));
      return act(product + bias.data[c]!, n, h, w, c);
    }),
    wrongOn: slopes ? ['wasm'] : BACKENDS,
  };
}

/** A conv in groups of one channel, which becomes a depthwise one. */
function groupedLeaky(): WrongCase {
  const depthwise = fusedConv('FusedDepthwiseConv2dNative', 'LeakyRelu');
  const filter = depthwise.weights['filter'] as Numbers;
  return {
    ...depthwise,
    name: 'a conv in groups of one channel with LeakyRelu fused',
    nodes: {y: ['_FusedConv2D', ...(depthwise.nodes['y']!.slice(1) as [string[], SmallNode[2]])] as SmallNode},
    weights: {...depthwise.weights, filter: {...filter, shape: [1, 1, 1, 4]}},
    // Stock refuses groups aloud.
    wrongOn: [],
  };
}

interface Transposing {
  readonly a: boolean;
  readonly b: boolean;
  readonly isComputed?: boolean;
  readonly rows?: number;
}

function fusedProduct({a, b, isComputed = false, rows = 3}: Transposing): WrongCase {
  const depth = 50;
  const x = a ? numbers(depth, rows) : numbers(rows, depth);
  const matrix = b ? weight(2, 4, depth) : weight(2, depth, 4);
  const bias = weight(3, 4);
  const computed: Record<string, SmallNode> = isComputed ? {computed: ['Relu', ['matrix'], {}]} : {};
  const read = isComputed ? mapped(matrix, (v) => Math.max(v, 0)) : matrix;
  const transposes = {transpose_a: attr.bool(a), transpose_b: attr.bool(b)};
  const operands = ['x', isComputed ? 'computed' : 'matrix', 'bias'];
  return {
    name: `_FusedMatMul, ${rows} rows, transpose_a ${a}, transpose_b ${b}${isComputed ? ', of a computed matrix' : ''}`,
    nodes: {
      ...computed,
      y: ['_FusedMatMul', operands, {...transposes, fused_ops: attr.texts('BiasAdd', 'Relu'), num_args: attr.int(1)}],
    },
    weights: {matrix, bias},
    x,
    truth: arrayOf([rows, 4], (i, j) =>
      Math.max(
        0,
        bias.data[j]! + sumOf(depth, (k) => (a ? at(x, k, i) : at(x, i, k)) * (b ? at(read, j, k) : at(read, k, j))),
      ),
    ),
    wrongOn: ['wasm'],
  };
}

function prelu(...shape: number[]): WrongCase {
  const [x, slopes] = [numbers(2, 5, 4, 4), weight(2, ...shape)];
  return {
    name: `Prelu, slopes of shape [${shape.join()}]`,
    nodes: {y: ['Prelu', ['x', 'slopes'], {}]},
    weights: {slopes},
    x,
    truth: mapped(x, (v, ...index) => (v > 0 ? v : v * at(slopes, ...index))),
    wrongOn: ['wasm'],
  };
}

function stacks(left: number[], right: number[]): WrongCase {
  const [x, matrices] = [numbers(...left, 4, 6), weight(2, ...right, 6, 5)];
  const rank = Math.max(left.length, right.length);
  const size = (of: number[], axis: number): number => of[axis - rank + of.length] ?? 1;
  const whole = Array.from({length: rank}, (_, axis) => Math.max(size(left, axis), size(right, axis)));
  return {
    name: `BatchMatMulV2 of stacks of [${left.join()}] and [${right.join()}]`,
    nodes: {y: ['BatchMatMulV2', ['x', 'matrices'], {adj_x: attr.bool(false), adj_y: attr.bool(false)}]},
    weights: {matrices},
    x,
    truth: arrayOf([...whole, 4, 5], (...index) => {
      const stack = index.slice(0, -2);
      const [i, j] = index.slice(-2) as [number, number];
      return sumOf(6, (k) => at(x, ...stack, i, k) * at(matrices, ...stack, k, j));
    }),
    wrongOn: BACKENDS,
  };
}

function clip(): WrongCase {
  const x = numbers(2, 3, 4);
  const [low, high] = [mapped(weight(2, 4), (v) => -v * v), mapped(weight(3, 1, 3, 1), (v) => v * v)];
  return {
    name: 'ClipByValue by bounds for each channel and row',
    nodes: {y: ['ClipByValue', ['x', 'low', 'high'], {}]},
    weights: {low, high},
    x,
    truth: mapped(x, (v, ...index) => Math.min(at(high, ...index), Math.max(at(low, ...index), v))),
    wrongOn: BACKENDS,
  };
}

function select(): WrongCase {
  const [x, other] = [numbers(4, 4), weight(2, 4, 4)];
  const sums = arrayOf([4], (i) => sumOf(4, (j) => at(x, i, j)));
  return {
    name: 'Select by a vector',
    nodes: {
      sums: ['Sum', ['x', 'axis'], {}],
      condition: ['Greater', ['sums', 'zero'], {}],
      y: ['Select', ['condition', 'x', 'other'], {}],
    },
    weights: {axis: ints(1), zero: {shape: [], data: Float32Array.of(0)}, other},
    x,
    truth: mapped(x, (v, i, j) => (sums.data[i]! > 0 ? v : at(other, i, j))),
    wrongOn: BACKENDS,
  };
}

const CASES: readonly WrongCase[] = [
  ...(['NHWC', 'NCHW'] as const).flatMap((format) => [
    trainingNorm(format, 'given'),
    trainingNorm(format, 'empty'),
    trainingNorm(format, 'empty', false),
  ]),
  kerasLayerNorm(6, 12),
  kerasLayerNorm(2, 7, 12),
  kerasLayerNorm(2, 3, 4, 12),
  inferenceNorm(),
  fusedConv('FusedDepthwiseConv2dNative', 'LeakyRelu'),
  fusedConv('FusedDepthwiseConv2dNative', 'Prelu', weight(4, 5, 4, 1)),
  fusedConv('_FusedConv2D', 'Prelu', weight(4, 5, 1, 1)),
  groupedLeaky(),
  fusedProduct({a: false, b: true}),
  fusedProduct({a: false, b: true, rows: 1}),
  fusedProduct({a: true, b: false}),
  fusedProduct({a: true, b: true}),
  fusedProduct({a: false, b: true, isComputed: true}),
  prelu(5, 4, 1),
  prelu(1, 5, 1, 1),
  stacks([2, 1], [2, 3]),
  stacks([2, 3], [2, 1]),
  stacks([2, 1], [3]),
  stacks([3, 1], [1, 2]),
  clip(),
  select(),
];

/** What is right as it is, and must stay: the rules are of what is wrong alone. */
const RIGHT: readonly (readonly [string, WrongCase])[] = [
  ['slopes for each channel', prelu(4)],
  ['slopes for each pixel and channel', prelu(5, 4, 4)],
  ['one slope', prelu(1, 1, 1)],
  ['slopes fused into a conv', fusedConv('_FusedConv2D', 'Prelu', weight(4, 1, 1, 4))],
  ['LeakyRelu fused into a conv', fusedConv('_FusedConv2D', 'LeakyRelu')],
  ['a product of what is not transposed', fusedProduct({a: false, b: false})],
  ['stacks of the same size', stacks([2, 3], [2, 3])],
  ['a stack for the last axes', stacks([2, 3], [3])],
  ['one matrix for all', stacks([2, 3], [1, 1])],
];

const graphOf = ({nodes, weights, x}: WrongCase): io.ModelArtifacts =>
  artifactsOf({inputs: {x: x.shape}, weights, nodes});

/** LayerNorm over the last axis as Keras 2 writes it: every row a channel of one image in NCHW. */
function kerasLayerNorm(...shape: number[]): WrongCase {
  const x = mapped(numbers(...shape), (v, ...index) => v + index.at(-1)!);
  const depth = shape.at(-1)!;
  const rows = x.data.length / depth;
  const moments = (...index: number[]): {mean: number; variance: number} => {
    const value = (c: number): number => at(x, ...index.slice(0, -1), c);
    const mean = sumOf(depth, value) / depth;
    return {mean, variance: sumOf(depth, (c) => (value(c) - mean) ** 2) / depth};
  };
  const attrs = {...NORM, data_format: attr.text('NCHW'), is_training: attr.bool(true)};
  return {
    name: `LayerNorm of Keras 2 over the last axis of [${shape.join()}]`,
    nodes: {
      flat: ['Reshape', ['x', 'flat_shape'], {}],
      norm: ['FusedBatchNormV3', ['flat', 'ones', 'zeros', 'empty', 'empty'], attrs],
      y: ['Reshape', ['norm', 'shape'], {}],
    },
    weights: {
      flat_shape: ints(1, -1, depth, 1),
      shape: ints(...shape),
      ones: arrayOf([rows], () => 1),
      zeros: arrayOf([rows], () => 0),
      empty: weight(1, 0),
    },
    x,
    truth: mapped(x, (v, ...index) => {
      const {mean, variance} = moments(...index);
      return (v - mean) / Math.sqrt(variance + 1e-3);
    }),
    wrongOn: BACKENDS,
  };
}

test('a LayerNorm of Keras 2 is spelled without its Reshapes', () => {
  const {modelTopology} = legalizeArtifacts(graphOf(kerasLayerNorm(2, 7, 12))).artifacts as {modelTopology: GraphDef};
  const ops = modelTopology.node.map(({op}) => op).filter((op) => op !== 'Const');
  expect(ops).toEqual(['Placeholder', 'Mean', 'Sub', 'Square', 'Mean', 'AddV2', 'Rsqrt', 'Mul']);
});

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  test.each(CASES.filter(({wrongOn}) => wrongOn.includes(backend)))(
    'stock is wrong without an error: $name',
    (each) => {
      expect(isRight(run(graphOf(each), each.x), each.truth)).toBe(false);
    },
  );

  test.each(CASES)('legalized it is right: $name', (each) => {
    const {artifacts, legalized} = legalizeArtifacts(graphOf(each));
    expect(legalized).toEqual([expect.objectContaining({name: 'y', wrong: true})]);
    const y = run(artifacts, each.x);
    expect(y.shape).toEqual(each.truth.shape);
    const scale = Math.max(1, ...each.truth.data.map(Math.abs));
    expectClose(y.data, each.truth.data, TOLERANCE * scale);
  });

  test.each(RIGHT)('stock is right and stays: %s', (_, each) => {
    const artifacts = graphOf(each);
    expect(legalizeArtifacts(artifacts).artifacts).toBe(artifacts);
    expect(isRight(run(artifacts, each.x), each.truth)).toBe(true);
  });
});

test.each(CASES)('legalized twice it is as legalized once: $name', (each) => {
  const {artifacts} = legalizeArtifacts(graphOf(each));
  expect(legalizeArtifacts(artifacts).artifacts).toBe(artifacts);
});
