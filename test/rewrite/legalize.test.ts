import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import type {NodeDef} from '../../src/graph/graphDef.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {expectClose} from '../helpers/closeness.ts';
import {FIXTURE_CASES, type Numbers, readFixture} from '../helpers/fixtures.ts';
import {artifactsOf, attr, floats, type SmallGraph, type SmallWeight} from '../helpers/smallGraphs.ts';

/** Runs a model on the backend in use, and leaves no tensor behind. */
function run(artifacts: io.ModelArtifacts, inputs: Record<string, Numbers>): Numbers {
  const before = tf.memory().numTensors;
  const result = tf.tidy(() => {
    const model = loadGraphModelSync(artifacts);
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, {data, shape}]) => [name, tf.tensor(data, shape)]),
    );
    const y = model.predict(tensors) as Tensor;
    const output = {shape: y.shape, data: y.dataSync() as Float32Array};
    model.dispose();
    return output;
  }) as unknown as Numbers;
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

const opsOf = ({modelTopology}: io.ModelArtifacts): string[] =>
  (modelTopology as {node: NodeDef[]}).node.map(({op}) => op).filter((op) => op !== 'Const' && op !== 'Placeholder');

const BACKENDS = ['cpu', 'wasm'];

describe.each(BACKENDS)('legalized fixtures on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  test.each(FIXTURE_CASES)('$name gives its golden output', async ({name, tolerance}) => {
    const {artifacts, input, golden} = await readFixture(name);
    const before = JSON.stringify(artifacts);
    const legal = legalizeArtifacts(artifacts);
    expect(JSON.stringify(artifacts)).toBe(before);
    const {inputs, outputs} = artifacts.signature as {inputs: object; outputs: object};
    const y = run(legal.artifacts, {[Object.keys(inputs)[0]!]: input});
    expect(legal.artifacts.signature).toBe(artifacts.signature);
    expect(Object.keys(outputs)).toHaveLength(1);
    expect(y.shape).toEqual(golden.shape);
    expectClose(y.data, golden.data, tolerance);
  });
});

test.each(['keras-mobilenetv2', 'keras-convnext-depthwise'])(
  '%s needs nothing and is the same object',
  async (name) => {
    const {artifacts} = await readFixture(name);
    const legal = legalizeArtifacts(artifacts);
    expect(legal.artifacts).toBe(artifacts);
    expect(legal.legalized).toEqual([]);
  },
);

test('a legalized model legalized again is the same object', async () => {
  const once = legalizeArtifacts((await readFixture('keras-convfirst')).artifacts);
  expect(legalizeArtifacts(once.artifacts).artifacts).toBe(once.artifacts);
});

test.each([
  ['keras-convnext-f16', 'float16'],
  ['keras-convnext-u8', 'uint8'],
])('%s keeps its bytes and their storage', async (name, dtype) => {
  const {artifacts} = await readFixture(name);
  const legal = legalizeArtifacts(artifacts);
  const bytes = ({weightData}: io.ModelArtifacts): number => new Blob([weightData].flat() as ArrayBuffer[]).size;
  expect(bytes(legal.artifacts)).toBe(bytes(artifacts));
  const filters = legal.artifacts.weightSpecs!.filter((spec) => spec.name.endsWith('/filter'));
  expect(filters.map((spec) => spec.quantization?.dtype)).toEqual(Array.from({length: 6}, () => dtype));
});

test('an excluded node stays', async () => {
  const {artifacts} = await readFixture('torch-convnext-convmlp');
  const {legalized} = legalizeArtifacts(artifacts);
  expect(legalized).toHaveLength(1);
  expect(legalizeArtifacts(artifacts, {exclude: [legalized[0]!.name]}).artifacts).toBe(artifacts);
});

interface Conv {
  x: SmallWeight;
  filter: SmallWeight;
  bias?: Float32Array;
  stride?: number;
  dilation?: number;
  pads?: [top: number, left: number];
}

/** A grouped conv by loops, as TensorFlow means it; the output as large as `stride` and 'same' padding make it. */
function groupedConv({x, filter, bias, stride = 1, dilation = 1, pads = [1, 1]}: Conv): Float32Array {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [kh, kw, width, outputs] = filter.shape as [number, number, number, number];
  const perGroup = outputs / (c / width);
  const [oh, ow] = [Math.ceil(h / stride), Math.ceil(w / stride)];
  const y = new Float32Array(n * oh * ow * outputs);
  y.forEach((_, at) => {
    const o = at % outputs;
    const [ox, oy, image] = [
      Math.floor(at / outputs) % ow,
      Math.floor(at / outputs / ow) % oh,
      Math.floor(at / outputs / ow / oh),
    ];
    let sum = bias?.[o] ?? 0;
    for (let ky = 0; ky < kh; ky++)
      for (let kx = 0; kx < kw; kx++) {
        const [iy, ix] = [oy * stride + ky * dilation - pads[0], ox * stride + kx * dilation - pads[1]];
        if (iy < 0 || ix < 0 || iy >= h || ix >= w) continue;
        for (let i = 0; i < width; i++)
          sum +=
            x.data[((image * h + iy) * w + ix) * c + Math.floor(o / perGroup) * width + i]! *
            filter.data[((ky * kw + kx) * width + i) * outputs + o]!;
      }
    y[at] = sum;
  });
  return y;
}

const CONV = {strides: attr.ints(1, 1, 1, 1), padding: attr.text('SAME'), dilations: attr.ints(1, 1, 1, 1)};
const EXPLICIT = {...CONV, padding: attr.text('EXPLICIT'), explicit_paddings: attr.ints(0, 0, 2, 1, 1, 2, 0, 0)};
const BIAS = {fused_ops: attr.texts('BiasAdd'), num_args: attr.int(1)};

const ACTIVATIONS: Record<string, (x: number) => number> = {
  Relu: (x) => Math.max(x, 0),
  Relu6: (x) => Math.min(Math.max(x, 0), 6),
  Elu: (x) => (x > 0 ? x : Math.expm1(x)),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Tanh: Math.tanh,
  LeakyRelu: (x) => (x > 0 ? x : 0.125 * x),
  Swish: (x) => x / (1 + Math.exp(-x)),
  _FusedHardSwish: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  GeluExact: (x) => (x / 2) * (1 + erf(x * Math.SQRT1_2)),
  GeluApproximate: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** By its power series, which is exact enough where the tests look. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 60; n++) sum += (term *= (-x * x) / n) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const EINSUM_SIZES: Record<string, number> = {a: 2, b: 3, c: 4, d: 5, e: 6, f: 7};
const shapeOf = (labels: string): number[] => Array.from(labels, (label) => EINSUM_SIZES[label]!);

const EINSUMS = [
  {equation: 'ab,bc->ac', constant: 'b', open: 'a'},
  {equation: 'abcd,de->abce', constant: 'b', open: ''},
  {equation: 'abcd,de->abce', constant: 'b', open: 'a'},
  {equation: 'abcd,de->abce', constant: 'b', open: 'abc'},
  {equation: 'abcd,ed->abce', constant: 'b', open: 'abc'},
  {equation: 'de,abcd->abce', constant: 'a', open: 'ab'},
  {equation: 'abcd,cdef->abef', constant: 'b', open: 'ab'},
  {equation: 'acbd,def->fabce', constant: 'b', open: 'ac'},
  {equation: 'abc,cd->dab', constant: '', open: 'ab'},
  {equation: 'abc,bcd->ad', constant: '', open: 'ad'},
  {equation: 'abcd,aecd->acbe', constant: '', open: 'abe'},
  {equation: 'acbe,aecd->abcd', constant: '', open: 'abe'},
];

/** An einsum of two operands by loops over all labels. */
function einsum(equation: string, a: SmallWeight, b: SmallWeight): Float32Array {
  const [left = '', right = '', output = ''] = equation.split(/,|->/);
  const labels = [...new Set(left + right)];
  const y = new Float32Array(shapeOf(output).reduce((size, d) => size * d, 1));
  const place = (of: string, index: Record<string, number>): number =>
    Array.from(of).reduce((at, label) => at * EINSUM_SIZES[label]! + index[label]!, 0);
  const visit = (index: Record<string, number>, depth: number): void => {
    const label = labels[depth];
    if (label === undefined) y[place(output, index)]! += a.data[place(left, index)]! * b.data[place(right, index)]!;
    else for (let i = 0; i < EINSUM_SIZES[label]!; i++) visit({...index, [label]: i}, depth + 1);
  };
  visit({}, 0);
  return y;
}

/** a · b by loops. */
function matMul(a: SmallWeight, b: SmallWeight): Float32Array {
  const [rows, depth, columns] = [a.shape[0]!, a.shape[1]!, b.shape[1]!];
  return Float32Array.from({length: rows * columns}, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return Array.from({length: depth}, (_unused, k) => a.data[row * depth + k]! * b.data[k * columns + column]!).reduce(
      (sum, term) => sum + term,
      0,
    );
  });
}

describe.each(BACKENDS)('one node on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  const check = (graph: SmallGraph, inputs: Record<string, Numbers>, expected: ArrayLike<number>): string[] => {
    const {artifacts, legalized} = legalizeArtifacts(artifactsOf(graph));
    expectClose(run(artifacts, inputs).data, expected, 1e-5);
    expect(legalized.map(({name}) => name)).toEqual(['y']);
    return opsOf(artifacts);
  };
  const x = floats([2, 6, 5, 12], 2) as SmallWeight & Numbers;
  const open = {x: [-1, -1, -1, 12]};

  test('groups of 1 become a depthwise conv', () => {
    const filter = floats([3, 3, 1, 12]);
    const ops = check(
      {inputs: open, weights: {filter}, nodes: {y: ['Conv2D', ['x', 'filter'], CONV]}},
      {x},
      groupedConv({x, filter}),
    );
    expect(ops).toEqual(['DepthwiseConv2dNative']);
  });

  test('groups of 1 with two outputs each become a depth multiplier', () => {
    const filter = floats([3, 3, 1, 24]);
    const ops = check(
      {inputs: open, weights: {filter}, nodes: {y: ['Conv2D', ['x', 'filter'], CONV]}},
      {x},
      groupedConv({x, filter}),
    );
    expect(ops).toEqual(['DepthwiseConv2dNative']);
  });

  test('a computed filter of groups of 1 is reshaped at run time', () => {
    const filter = floats([3, 3, 1, 12]) as SmallWeight & Numbers;
    const graph = {
      inputs: {...open, filter: [3, 3, 1, 12]},
      nodes: {y: ['Conv2D', ['x', 'filter'], CONV]},
    } satisfies SmallGraph;
    expect(check(graph, {x, filter}, groupedConv({x, filter}))).toEqual(['Reshape', 'DepthwiseConv2dNative']);
  });

  test.each([
    ['same', CONV, {}],
    ['stride 2', {...CONV, strides: attr.ints(1, 2, 2, 1)}, {stride: 2, pads: [0, 1]}],
    ['explicit padding', EXPLICIT, {pads: [2, 1], dilation: 1}],
    ['dilation', {...CONV, dilations: attr.ints(1, 2, 2, 1)}, {dilation: 2, pads: [2, 2]}],
  ] as [string, typeof CONV, Partial<Conv>][])('groups of 4, twice as many outputs, %s', (name, attrs, geometry) => {
    const [kernel, bias] = [name === 'explicit padding' ? 4 : 3, floats([24], 3)];
    const filter = floats([kernel, kernel, 4, 24]);
    const expected = groupedConv({x, filter, bias: bias.data as Float32Array, ...geometry});
    const nodes = {y: ['_FusedConv2D', ['x', 'filter', 'bias'], {...attrs, ...BIAS}]} satisfies SmallGraph['nodes'];
    expect(check({inputs: open, weights: {filter, bias}, nodes}, {x}, expected)).toEqual([
      'Split',
      ...Array.from({length: 3}, () => '_FusedConv2D'),
      'ConcatV2',
    ]);
  });

  test('groups of 4 with computed filter and bias', () => {
    const filter = floats([3, 3, 4, 12]) as SmallWeight & Numbers;
    const bias = floats([12], 3) as SmallWeight & Numbers;
    const nodes = {y: ['_FusedConv2D', ['x', 'filter', 'bias'], {...CONV, ...BIAS}]} satisfies SmallGraph['nodes'];
    const graph = {inputs: {...open, filter: filter.shape, bias: [12]}, nodes};
    check(graph, {x, filter, bias}, groupedConv({x, filter, bias: bias.data}));
  });

  test.each(Object.keys(ACTIVATIONS))('groups of 4 with %s fused', (name) => {
    const [filter, bias] = [floats([3, 3, 4, 12], 1, 0.3), floats([12], 3)];
    const attrs = {
      ...CONV,
      fused_ops: attr.texts('BiasAdd', name),
      num_args: attr.int(1),
      leakyrelu_alpha: attr.float(0.125),
    };
    const expected = groupedConv({x, filter, bias: bias.data as Float32Array}).map(ACTIVATIONS[name]!);
    check(
      {inputs: open, weights: {filter, bias}, nodes: {y: ['_FusedConv2D', ['x', 'filter', 'bias'], attrs]}},
      {x},
      expected,
    );
  });

  test('groups of 4 with PRelu', () => {
    const [filter, bias, slopes] = [floats([3, 3, 4, 12]), floats([12], 3), floats([12], 4)];
    const attrs = {...CONV, fused_ops: attr.texts('BiasAdd', 'Prelu'), num_args: attr.int(2)};
    const nodes = {y: ['_FusedConv2D', ['x', 'filter', 'bias', 'slopes'], attrs]} satisfies SmallGraph['nodes'];
    const expected = groupedConv({x, filter, bias: bias.data as Float32Array}).map((v, i) =>
      v > 0 ? v : v * slopes.data[i % 12]!,
    );
    check({inputs: open, weights: {filter, bias, slopes}, nodes}, {x}, expected);
  });

  test.each(['_FusedConv2D', 'FusedDepthwiseConv2dNative'])('%s with a constant bias of rank 4', (op) => {
    const filter = floats(op === '_FusedConv2D' ? [3, 3, 12, 12] : [3, 3, 12, 1]);
    const bias = floats([1, 1, 1, 12], 3);
    const grouped = op === '_FusedConv2D' ? filter : {...filter, shape: [3, 3, 1, 12]};
    const expected = groupedConv({x, filter: grouped, bias: bias.data as Float32Array});
    const nodes = {y: [op, ['x', 'filter', 'bias'], {...CONV, ...BIAS}]} satisfies SmallGraph['nodes'];
    expect(check({inputs: open, weights: {filter, bias}, nodes}, {x}, expected)).toEqual([op]);
  });

  test('a bias that is a number for all channels is added on its own, before the activation', () => {
    const [filter, bias] = [floats([3, 3, 12, 8]), floats([1, 1, 1, 1], 3)];
    const attrs = {...CONV, fused_ops: attr.texts('BiasAdd', 'Relu'), num_args: attr.int(1)};
    const nodes = {y: ['_FusedConv2D', ['x', 'filter', 'bias'], attrs]} satisfies SmallGraph['nodes'];
    const all = new Float32Array(8).fill(bias.data[0]!);
    const expected = groupedConv({x, filter, bias: all}).map((v) => Math.max(v, 0));
    expect(check({inputs: open, weights: {filter, bias}, nodes}, {x}, expected)).toEqual(['Conv2D', 'AddV2', 'Relu']);
  });

  test('an activation without a bias, which stock tfjs passes over, comes out', () => {
    const filter = floats([3, 3, 12, 8]);
    const nodes = {
      y: ['_FusedConv2D', ['x', 'filter'], {...CONV, fused_ops: attr.texts('Relu')}],
    } satisfies SmallGraph['nodes'];
    const expected = groupedConv({x, filter}).map((v) => Math.max(v, 0));
    expect(check({inputs: open, weights: {filter}, nodes}, {x}, expected)).toEqual(['Conv2D', 'Relu']);
  });

  test('GELU comes out of a matrix product', () => {
    const [a, b, bias] = [floats([7, 12], 5), floats([12, 9], 6, 0.3), floats([9], 7)];
    const attrs = {fused_ops: attr.texts('BiasAdd', 'GeluExact'), num_args: attr.int(1)};
    const expected = matMul(a, b).map((v, i) => ACTIVATIONS['GeluExact']!(v + bias.data[i % 9]!));
    const nodes = {y: ['_FusedMatMul', ['a', 'b', 'bias'], attrs]} satisfies SmallGraph['nodes'];
    check({inputs: {a: [-1, 12]}, weights: {b, bias}, nodes}, {a: a as Numbers}, expected);
  });

  test.each(EINSUMS)('Einsum $equation, constant $constant, open $open', ({equation, constant, open: unknown}) => {
    const [a = '', b = ''] = equation.split(/,|->/);
    const operands: Record<string, {labels: string; weight: SmallWeight}> = {
      a: {labels: a, weight: floats(shapeOf(a), 8)},
      b: {labels: b, weight: floats(shapeOf(b), 9)},
    };
    const fed = Object.entries(operands).filter(([name]) => name !== constant);
    const graph: SmallGraph = {
      inputs: Object.fromEntries(
        fed.map(([name, {labels}]) => [name, Array.from(labels, (l) => (unknown.includes(l) ? -1 : EINSUM_SIZES[l]!))]),
      ),
      weights: constant === '' ? {} : {[constant]: operands[constant]!.weight},
      nodes: {y: ['Einsum', ['a', 'b'], {equation: attr.text(equation)}]},
    };
    const inputs = Object.fromEntries(fed.map(([name, {weight}]) => [name, weight as Numbers]));
    const expected = einsum(equation, operands['a']!.weight, operands['b']!.weight);
    const ops = check(graph, inputs, expected);
    expect(ops).not.toContain('Einsum');
    expect(ops.filter((op) => op.includes('MatMul'))).toHaveLength(1);
  });
});

test.each(['ab,bc->', 'ab,ab->ab', 'ab,c->abc', 'aab,bc->ac', 'abd,bc->ac', 'ab,abc->ac'])(
  'Einsum %s is no product of matrices, and stays',
  (equation) => {
    const [a = '', b = ''] = equation.split(/,|->/);
    const graph: SmallGraph = {
      inputs: {a: shapeOf(a), b: shapeOf(b)},
      nodes: {y: ['Einsum', ['a', 'b'], {equation: attr.text(equation)}]},
    };
    const artifacts = artifactsOf(graph);
    expect(legalizeArtifacts(artifacts).artifacts).toBe(artifacts);
  },
);
