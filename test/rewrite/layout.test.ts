/** Graphs with images in NCHW: those between Transposes, as PyTorch exports have them, and those whose ops say so. */
import '@tensorflow/tfjs-backend-wasm';

import type {io} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import {createGraph} from '../../src/graph/graph.ts';
import type {NodeDef} from '../../src/graph/graphDef.ts';
import {createShapes} from '../../src/graph/shapes.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {toChannelsLast} from '../../src/rewrite/layout.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {expectClose} from '../helpers/closeness.ts';
import {FIXTURE_CASES, readFixture} from '../helpers/fixtures.ts';
import {fuse, OUTPUT_TOLERANCE, run, useCpu} from '../helpers/rewritten.ts';
import {attr, floats, type SmallNode} from '../helpers/smallGraphs.ts';
import {
  chain,
  CHANNELS,
  convAttrs,
  depthwise,
  HEIGHT,
  HIDDEN,
  layerNorm,
  op,
  type Piece,
  pointwise,
  scale,
  silu,
  Sketch,
  WIDTH,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

const NCHW = [2, CHANNELS, HEIGHT, WIDTH];

const transpose =
  (...order: number[]): Piece =>
  (g, x) =>
    g.add('Transpose', [x, g.ints(...order)]);
const toNHWC = transpose(0, 2, 3, 1);
const toNCHW = transpose(0, 3, 1, 2);
const inNHWC = (...pieces: Piece[]): Piece => chain(toNHWC, ...pieces, toNCHW);

const plus =
  (branch: Piece): Piece =>
  (g, x) =>
    g.add('AddV2', [x, branch(g, x)]);

const opsOf = ({modelTopology}: io.ModelArtifacts): string[] =>
  (modelTopology as {node: NodeDef[]}).node.map(({op: name}) => name).filter((name) => name !== 'Const');
const countOf = (name: string, artifacts: io.ModelArtifacts): number =>
  opsOf(artifacts).filter((each) => each === name).length;

function drawn(network: Piece, shape = NCHW): io.ModelArtifacts {
  const g = new Sketch();
  network(g, 'x');
  return g.artifacts(shape);
}

/** A bias for each channel in NCHW. */
const channelsBias: Piece = (g, x) => g.add('AddV2', [x, g.floats(1, CHANNELS, 1, 1)]);
const expand = pointwise(CHANNELS, HIDDEN);
const project = pointwise(HIDDEN, CHANNELS);
const mlp = chain(layerNorm(3), expand, silu, project, scale(CHANNELS));

/** Of a network with images in NCHW, from a first ReLU to a last. */
const between = (...pieces: Piece[]): Piece => chain(op('Relu'), ...pieces, op('Relu'));

const NETWORKS: Readonly<Record<string, {network: Piece; blocks: number; transposes: number}>> = {
  'blocks in NHWC between Transposes, their sums in NCHW': {
    network: between(plus(inNHWC(depthwise(), mlp)), plus(inNHWC(depthwise(), mlp))),
    blocks: 2,
    transposes: 2,
  },
  'each conv between Transposes, biases in NCHW': {
    network: between(
      plus(chain(inNHWC(depthwise()), channelsBias, inNHWC(mlp))),
      plus(
        chain(inNHWC(depthwise()), channelsBias, inNHWC(mlp), (g, x) => g.add('Mul', [g.floats(CHANNELS, 1, 1), x])),
      ),
    ),
    blocks: 2,
    transposes: 2,
  },
  'LayerNorm in NCHW': {
    network: between(plus(chain(inNHWC(depthwise()), normInNCHW(), inNHWC(expand), silu, inNHWC(project)))),
    blocks: 1,
    transposes: 2,
  },
  'a pool over the image behind': {
    network: chain(between(plus(inNHWC(depthwise(), mlp))), (g, x) => g.add('Mean', [x, g.ints(2, 3)]), op('Relu')),
    blocks: 1,
    transposes: 1,
  },
  'Transposes of Transposes alone': {
    network: between(inNHWC(inNHWCAgain(), plus(chain(depthwise(), mlp)), inNHWCAgain())),
    blocks: 1,
    transposes: 2,
  },
  'padding, a branch and a concatenation in NCHW': {
    network: between(
      plus(inNHWC(depthwise(), mlp)),
      (g, x) => g.add('Pad', [x, g.weight({shape: [4, 2], data: Int32Array.of(0, 0, 0, 0, 1, 0, 0, 2)})]),
      (g, x) => g.add('ConcatV2', [inNHWC(depthwise())(g, x), op('Relu6')(g, x), g.int(1)], {N: attr.int(2)}),
    ),
    blocks: 1,
    transposes: 2,
  },
};

/** NHWC to NCHW and back. */
function inNHWCAgain(): Piece {
  return chain(toNCHW, toNHWC);
}

function normInNCHW(): Piece {
  const mean: Piece = (g, x) => g.add('Mean', [x, g.ints(1)], {keep_dims: attr.bool(true)});
  return (g, x) => {
    const deviation = g.add('Sub', [x, mean(g, x)]);
    const variance = mean(g, g.add('Square', [deviation]));
    const inverse = g.add('Rsqrt', [g.add('AddV2', [variance, g.scalar(1e-3)])]);
    return g.add('Mul', [g.add('Mul', [deviation, inverse]), g.floats(1, CHANNELS, 1, 1)]);
  };
}

describe('between Transposes', () => {
  test.each(Object.entries(NETWORKS))('%s', async (_, {network, blocks, transposes}) => {
    const artifacts = drawn(network);
    const {artifacts: fused, ...report} = await fuse(artifacts);
    expect(report.blocks.map(({spec}) => spec.residual)).toEqual(Array.from({length: blocks}, () => true));
    expect(countOf('Transpose', fused)).toBe(transposes);
    const expected = run(artifacts, NCHW);
    expectClose(run(fused, NCHW), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
    expect((await fuse(fused)).artifacts).toBe(fused);
  });

  test('as on cpu, on wasm', async () => {
    const models = await Promise.all(
      Object.values(NETWORKS).map(async ({network}) => {
        const artifacts = drawn(network);
        return {fused: (await fuse(artifacts)).artifacts, expected: run(artifacts, NCHW)};
      }),
    );
    await tf.setBackend('wasm');
    try {
      for (const {fused, expected} of models)
        expectClose(run(fused, NCHW), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
    } finally {
      await tf.setBackend('cpu');
    }
  });

  test('where no block is fused, the same bits with fewer Transposes', async () => {
    const artifacts = drawn(between(plus(inNHWC(depthwise())), plus(inNHWC(depthwise()))));
    const {artifacts: turned, legalized} = await fuse(artifacts);
    expect(countOf('Transpose', artifacts)).toBe(4);
    expect(countOf('Transpose', turned)).toBe(2);
    expect(legalized).toHaveLength(2);
    expect(Array.from(run(turned, NCHW))).toEqual(Array.from(run(artifacts, NCHW)));
  });

  test('the stock side alone keeps them', () => {
    const artifacts = drawn(NETWORKS['LayerNorm in NCHW']!.network);
    expect(legalizeArtifacts(artifacts).artifacts).toBe(artifacts);
  });
});

describe('a value in NCHW that is needed keeps its name', () => {
  /** A sum in NCHW, and what else reads it. */
  function read(...readers: SmallNode[]): {artifacts: io.ModelArtifacts; sum: string} {
    const g = new Sketch();
    const sum = plus(inNHWC(depthwise(), mlp))(g, op('Relu')(g, inNHWC(expandBack())(g, 'x')));
    const others = readers.map(([name, , attrs]) => g.add(name, [sum], attrs));
    const end = inNHWC(depthwise())(g, sum);
    g.add('AddN', [end, ...others]);
    return {artifacts: g.artifacts(NCHW), sum};
  }
  const expandBack = (): Piece => chain(expand, silu, project);

  test.each<[string, SmallNode[]]>([
    ['by an op that is not turned', [['Softmax', [], {}]]],
    [
      'by two of them',
      [
        ['Softmax', [], {}],
        ['LogSoftmax', [], {}],
      ],
    ],
  ])('%s', async (_, readers) => {
    const {artifacts, sum} = read(...readers);
    const {artifacts: fused} = await fuse(artifacts);
    const node = (fused.modelTopology as {node: NodeDef[]}).node.find(({name}) => name === sum);
    expect(node?.op).toBe('Transpose');
    const expected = run(artifacts, NCHW);
    expectClose(run(fused, NCHW), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
  });

  test('as an output of the model', async () => {
    const {artifacts, sum} = read();
    const outputs = {y: {name: `${sum}:0`}};
    const model = {...artifacts, signature: {...(artifacts.signature as object), outputs}};
    const {artifacts: fused} = await fuse(model);
    const expected = run(model, NCHW);
    expectClose(run(fused, NCHW), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
  });

  test('where it is to be kept', async () => {
    const {artifacts, sum} = read();
    const {artifacts: fused} = await fuseModelArtifacts(artifacts, {keepNodes: [sum]});
    const node = (fused.modelTopology as {node: NodeDef[]}).node.find(({name}) => name === sum);
    expect(node?.op).toBe('AddV2');
    const expected = run(artifacts, NCHW);
    expectClose(run(fused, NCHW), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
  });
});

describe('left alone', () => {
  const cube = [2, CHANNELS, CHANNELS, CHANNELS];
  const computedOrder: Piece = (g, x) =>
    g.add('Transpose', [x, g.add('AddV2', [g.ints(0, 1, 2, 0), g.ints(0, 1, 1, 1)])]);

  test.each<[string, Piece]>([
    ['a Transpose that does not undo the other', between(toNCHW, op('Relu6'), toNCHW)],
    ['two alike in a row', between(toNCHW, toNCHW)],
    ['heights and widths exchanged', between(toNHWC, depthwise(), transpose(0, 3, 2, 1), op('Relu6'), toNHWC)],
    ['an order that is computed', between(toNCHW, op('Relu6'), computedOrder)],
    ['a Softmax over what is the width in NCHW', between(toNCHW, op('Softmax'), toNHWC)],
    ['a mean over rows', chain(toNCHW, (g, x) => g.add('Mean', [x, g.ints(2)]), op('Relu'))],
    ['an elementwise op that only NCHW reads', chain(toNCHW, op('Relu'), op('Softmax'))],
    ['as many Transposes either way', chain(op('Softmax'), op('Relu'), toNHWC, depthwise())],
    ['a BiasAdd over the width of NCHW', between(toNCHW, (g, x) => g.add('BiasAdd', [x, g.floats(CHANNELS)]), toNHWC)],
    [
      'an operand of lower rank that is computed',
      between(toNCHW, (g, x) => g.add('Mul', [x, g.add('Mean', [x, g.ints(0, 1, 2)])]), toNHWC),
    ],
  ])('%s', async (_, network) => {
    const artifacts = drawn(network, cube);
    const {artifacts: fused, legalized} = await fuse(artifacts);
    expect(legalized).toEqual([]);
    expect(fused).toBe(artifacts);
  });

  test('small images that would be turned for a large one', async () => {
    const large: Piece = (g, x) => g.add('Tile', [toNHWC(g, x), g.ints(1, 4, 4, 1)]);
    const network: Piece = (g, x) => {
      const [small, big] = [toNCHW(g, x), op('Softmax')(g, large(g, x))];
      return op('Softmax')(
        g,
        g.add('AddV2', [g.add('Mean', [big, g.ints(2, 3)], {keep_dims: attr.bool(true)}), small]),
      );
    };
    const artifacts = drawn(network, cube);
    expect((await fuse(artifacts)).artifacts).toBe(artifacts);
  });

  test.each(FIXTURE_CASES)('$name', async ({name}) => {
    const graph = createGraph((await readFixture(name)).artifacts);
    expect(toChannelsLast(graph, createShapes(graph), {all: true}).graph).toBe(graph);
  });
});

describe('ops in NCHW', () => {
  const geometry = (channelsFirst: number[], channelsLast: number[]): Record<string, ReturnType<typeof attr.ints>>[] =>
    [channelsFirst, channelsLast].map((list) => ({strides: attr.ints(...list)}));
  const [firstStrides, lastStrides] = geometry([1, 1, 2, 1], [1, 2, 1, 1]) as [object, object];
  const formatted = (format: string, rest: object): SmallNode[2] => ({
    ...convAttrs({format}),
    ...(rest as Record<string, ReturnType<typeof attr.text>>),
  });
  const pads = (format: string): object => ({
    padding: attr.text('EXPLICIT'),
    explicit_paddings: format === 'NCHW' ? attr.ints(0, 0, 0, 0, 2, 1, 0, 3) : attr.ints(0, 0, 2, 1, 0, 3, 0, 0),
  });
  const dilated = (format: string): object => ({
    dilations: format === 'NCHW' ? attr.ints(1, 1, 2, 1) : attr.ints(1, 2, 1, 1),
  });
  const strided = (format: string): object => (format === 'NCHW' ? firstStrides : lastStrides);
  const windowed = (format: string): object => ({
    ...strided(format),
    ksize: format === 'NCHW' ? attr.ints(1, 1, 3, 2) : attr.ints(1, 3, 2, 1),
  });
  const fused = (...names: string[]): object => ({fused_ops: attr.texts(...names), num_args: attr.int(names.length)});
  const norm = (g: Sketch, x: string, format: string, training: boolean): string => {
    const variance = {shape: [CHANNELS], data: floats([CHANNELS], 9).data.map((v) => v * v + 0.5) as Float32Array};
    const vectors = [g.floats(CHANNELS), g.floats(CHANNELS), g.floats(CHANNELS), g.weight(variance)];
    return g.add('FusedBatchNormV3', [x, ...vectors], {
      data_format: attr.text(format),
      epsilon: attr.float(1e-3),
      is_training: attr.bool(training),
    });
  };
  const slopes = (g: Sketch, format: string): string =>
    format === 'NCHW' ? g.floats(HIDDEN, 1, 1) : g.floats(1, 1, HIDDEN);

  type Formatted = (g: Sketch, x: string, format: string) => string;
  const one =
    (name: string, filter: number[], attrs: (format: string) => object): Formatted =>
    (g, x, format) =>
      g.add(name, filter.length === 0 ? [x] : [x, g.floats(...filter)], formatted(format, attrs(format)));

  const OPS: Readonly<Record<string, Formatted>> = {
    'a conv with a stride': one('Conv2D', [3, 3, CHANNELS, HIDDEN], strided),
    'a conv with explicit padding': one('Conv2D', [3, 3, CHANNELS, HIDDEN], pads),
    'a dilated conv': one('Conv2D', [3, 3, CHANNELS, HIDDEN], dilated),
    'a depthwise conv': one('DepthwiseConv2dNative', [3, 2, CHANNELS, 1], strided),
    'a conv in groups': one('Conv2D', [3, 3, 8, CHANNELS], strided),
    'a conv with bias and slopes': (g, x, format) =>
      g.add(
        '_FusedConv2D',
        [x, g.floats(1, 1, CHANNELS, HIDDEN), g.floats(HIDDEN), slopes(g, format)],
        formatted(format, fused('BiasAdd', 'Prelu')),
      ),
    'a depthwise conv with bias and ReLU': (g, x, format) =>
      g.add(
        'FusedDepthwiseConv2dNative',
        [x, g.floats(3, 3, CHANNELS, 1), g.floats(CHANNELS)],
        formatted(format, {...fused('BiasAdd', 'Relu'), num_args: attr.int(1)}),
      ),
    'a max pool': one('MaxPool', [], windowed),
    'an average pool': one('AvgPool', [], windowed),
    BiasAdd: one('BiasAdd', [CHANNELS], () => ({})),
    'a batch norm': (g, x, format) => norm(g, x, format, false),
    'a batch norm in training mode': (g, x, format) => norm(g, x, format, true),
  };

  /** Beside the same op in NHWC between Transposes, which stock runs right. */
  test.each(Object.entries(OPS))('%s is spelled in NHWC', (_, piece) => {
    const artifacts = drawn((g, x) => {
      // As many weights before those of the piece, which are seeded by their number.
      g.ints(0);
      return op('Relu')(g, piece(g, op('Neg')(g, x), 'NCHW'));
    });
    const {artifacts: legal, legalized} = legalizeArtifacts(artifacts);
    expect(legalized.length).toBeGreaterThan(0);
    const inNHWCInstead = drawn((g, x) => op('Relu')(g, toNCHW(g, piece(g, toNHWC(g, op('Neg')(g, x)), 'NHWC'))));
    const expected = run(legalizeArtifacts(inNHWCInstead).artifacts, NCHW);
    expect(expected.some((value) => value > 0)).toBe(true);
    expectClose(run(legal, NCHW), expected, 1e-5);
    expect(legalizeArtifacts(legal).artifacts).toBe(legal);
  });

  test('blocks in NCHW are fused', async () => {
    const attrs = convAttrs({format: 'NCHW'});
    const conv =
      (name: string, ...filter: number[]): Piece =>
      (g, x) =>
        g.add(name, [x, g.floats(...filter)], attrs);
    const block = chain(
      conv('DepthwiseConv2dNative', 3, 3, CHANNELS, 1),
      (g, x) => norm(g, x, 'NCHW', false),
      conv('Conv2D', 1, 1, CHANNELS, HIDDEN),
      (g, x) => g.add('BiasAdd', [x, g.floats(HIDDEN)], {data_format: attr.text('NCHW')}),
      silu,
      conv('Conv2D', 1, 1, HIDDEN, CHANNELS),
    );
    const artifacts = drawn(between(plus(block), plus(block)));
    const {blocks, misses, misread, artifacts: fusedModel} = await fuse(artifacts);
    expect(misses).toEqual([]);
    expect(misread).toBeUndefined();
    expect(blocks.map(({spec}) => spec.residual)).toEqual([true, true]);
    const before = (artifacts.modelTopology as {node: NodeDef[]}).node.map(({name}) => name);
    expect(before).toEqual(expect.arrayContaining(blocks.flatMap(({replaced}) => replaced)));
    expect(opsOf(fusedModel)).toEqual([
      ...['Placeholder', 'Transpose', 'Relu', 'FusedResidualBlock', 'FusedResidualBlock', 'Transpose'],
    ]);
    const expected = run(legalizeArtifacts(artifacts).artifacts, NCHW);
    expectClose(run(fusedModel, NCHW), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
  });
});
