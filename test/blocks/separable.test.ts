/** Blocks without an expand layer: what they are, what larger blocks leave to them, and what they leave to larger blocks. */
import type {io} from '@tensorflow/tfjs-core';

import type {BlockSpec} from '../../ops/block.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {MEANS, SQUEEZE_EXCITES, squeezeExcite} from '../helpers/globalSpellings.ts';
import {expectBlock, expectSameOutput, fuse, useCpu} from '../helpers/rewritten.ts';
import {
  affine,
  chain,
  CHANNELS,
  convAttrs,
  depthwise,
  dropSum,
  expandFirstModel,
  grouped,
  HIDDEN,
  identity,
  IMAGE,
  op,
  type Piece,
  pointwise,
  scale,
  type SeparablePieces,
  separableModel,
  shift,
  silu,
  Sketch,
  type SumPiece,
  sumThen,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

const pad =
  (top: number, bottom: number, left: number, right: number): Piece =>
  (g, x) =>
    g.add('Pad', [x, g.weight({shape: [4, 2], data: Int32Array.of(0, 0, top, bottom, left, right, 0, 0)})]);
const strided = chain(pad(0, 1, 0, 1), depthwise({strides: [2, 2], padding: 'VALID'}));

const PIECES: Readonly<Record<string, [SeparablePieces, Partial<BlockSpec>]>> = {
  'with an activation and the sum': [{}, {spatialActivation: 'relu6', residual: true}],
  'with the sum the other way round': [{sum: (g, branch, x) => g.add('Add', [x, branch])}, {residual: true}],
  'without an activation': [{act: identity}, {spatialActivation: 'linear'}],
  'without the sum': [{sum: dropSum}, {residual: false}],
  'of stride 2 with explicit pads': [
    {conv: strided, sum: dropSum},
    {stride: 2, padding: {top: 0, right: 1, bottom: 1, left: 0}, residual: false},
  ],
  'of stride 2 with SAME': [
    {conv: depthwise({strides: [2, 2]}), sum: dropSum},
    {stride: 2, padding: 'same'},
  ],
  'of a grouped conv': [{conv: grouped(8)}, {groupWidth: 8}],
  'to more channels': [{project: pointwise(CHANNELS, HIDDEN), sum: dropSum}, {outChannels: HIDDEN}],
  'with scales and constants between': [
    {
      act: chain(affine(CHANNELS), silu, affine(CHANNELS)),
      project: chain(pointwise(CHANNELS, CHANNELS), affine(CHANNELS)),
    },
    {spatialActivation: 'silu', residual: true},
  ],
  'with a scale before the conv': [{conv: chain(scale(CHANNELS), depthwise())}, {residual: true}],
  'with squeeze-and-excite': [
    {excite: squeezeExcite({channels: CHANNELS})},
    {squeezeExcite: {channels: 8, activation: 'silu', gate: 'sigmoid', beforeActivation: false}},
  ],
};

it.each(Object.entries(PIECES))('is fused %s', async (_, [pieces, spec]) => {
  await expectBlock(separableModel(pieces), {order: 'separable', hiddenChannels: CHANNELS, ...spec});
});

it.each(Object.entries(SQUEEZE_EXCITES))('is fused with squeeze-and-excite %s', async (_, spelled) => {
  const found = expect.objectContaining({gate: 'sigmoid', beforeActivation: false}) as BlockSpec['squeezeExcite'];
  await expectBlock(separableModel({excite: spelled(CHANNELS)}), {order: 'separable', squeezeExcite: found});
});

const GUARDS: Readonly<Record<string, [SeparablePieces, RegExp]>> = {
  'a dense conv': [{conv: grouped(CHANNELS)}, /^a dense 3×3 conv, not a depthwise conv$/],
  dilation: [{conv: depthwise({dilation: 2})}, /^dilation 2×2$/],
  'stride 3': [{conv: depthwise({strides: [3, 3]}), sum: dropSum}, /^stride 3$/],
  'unequal strides': [{conv: depthwise({strides: [2, 1]}), sum: dropSum}, /^strides 2×1$/],
  'group width 4': [{conv: grouped(4)}, /^group width 4 is neither/],
  'squeeze-and-excite before and after the activation': [
    {act: chain(squeezeExcite({channels: CHANNELS}), silu), excite: squeezeExcite({channels: CHANNELS})},
    /^two squeeze-and-excites in a row$/,
  ],
  'a constant before squeeze-and-excite': [
    {act: chain(silu, shift(CHANNELS)), excite: squeezeExcite({channels: CHANNELS})},
    /^a constant added between an activation and squeeze-and-excite$/,
  ],
  'a scale between squeeze-and-excite and the activation': [
    {act: chain(squeezeExcite({channels: CHANNELS}), scale(CHANNELS), silu)},
    /^a scale or constant between squeeze-and-excite and the activation$/,
  ],
};

it.each(Object.entries(GUARDS))('is none with %s', async (_, [pieces, reason]) => {
  const {blocks, misses} = await fuse(separableModel(pieces));
  expect(blocks.filter(({spec}) => spec.residual)).toEqual([]);
  expect(misses.map((miss) => miss.reason)).toContainEqual(expect.stringMatching(reason));
});

describe('a chain', () => {
  const conv1x1 =
    (inputs: number, outputs: number, ...fused: string[]): Piece =>
    (g, x) =>
      g.add('_FusedConv2D', [x, g.floats(1, 1, inputs, outputs), g.floats(outputs)], {
        ...convAttrs({padding: 'VALID'}),
        num_args: attr.int(1),
        fused_ops: attr.texts('BiasAdd', ...fused),
      });
  const layer = chain(depthwise(), op('Relu6'), conv1x1(CHANNELS, CHANNELS, 'Relu6'));
  const model = (...pieces: Piece[]): io.ModelArtifacts => {
    const g = new Sketch();
    chain(op('Tanh'), ...pieces)(g, 'x');
    return g.artifacts(IMAGE);
  };

  it('of separable blocks is fused as that, and none of their ends as an expand layer', async () => {
    const artifacts = model(layer, layer, layer, op('Abs'));
    const {blocks, misses, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => [spec.order, spec.outputActivation])).toEqual(
      Array.from({length: 3}, () => ['separable', 'relu6']),
    );
    expect(misses).toEqual([]);
    expectSameOutput(fused, artifacts);
  });

  it('whose second block widens before its depthwise conv, and is added to its input, ends in an MBConv', async () => {
    const second: Piece = (g, x) => {
      const branch = chain(
        conv1x1(CHANNELS, HIDDEN, 'Relu'),
        depthwise({channels: HIDDEN}),
        conv1x1(HIDDEN, CHANNELS),
      )(g, x);
      return g.add('Relu', [g.add('AddV2', [x, branch])]);
    };
    const artifacts = model(layer, second, op('Abs'));
    const {blocks, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => [spec.order, spec.outputActivation])).toEqual([
      ['separable', 'relu6'],
      ['expand-first', 'relu'],
    ]);
    expectSameOutput(fused, artifacts);
  });
});

describe('the end of a larger block', () => {
  it('is fused where the op lacks a layer of the larger one, which is a miss all the same', async () => {
    const artifacts = expandFirstModel({act: op('Softplus')});
    const {blocks, misses, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => [spec.order, spec.residual])).toEqual([['separable', false]]);
    expect(misses.map(({rule, reason}) => [rule, reason])).toEqual([['expand-first', 'Softplus']]);
    expectSameOutput(fused, artifacts);
  });

  it('is left alone where only a reader outside keeps the larger one from being fused', async () => {
    const taps: string[] = [];
    const expand: Piece = (g, x) => {
      const value = pointwise(CHANNELS, HIDDEN)(g, x);
      taps.push(g.add('Tanh', [value]));
      return value;
    };
    const artifacts = expandFirstModel({expand, sum: dropSum});
    artifacts.signature = {
      ...artifacts.signature,
      outputs: {...(artifacts.signature as {outputs: object}).outputs, tap: {name: taps[0]!}},
    };
    const {blocks, misses} = await fuse(artifacts);
    expect(blocks).toEqual([]);
    expect(misses.map(({reason}) => reason)).toEqual(['a value inside the block is also read by Tanh outside it']);
  });
});

describe('a Pad that two convs read', () => {
  it('is taken into both blocks, and goes', async () => {
    const g = new Sketch();
    const padded = pad(1, 1, 1, 1)(g, g.add('Tanh', ['x']));
    const branches = [0, 1].map(() =>
      chain(depthwise({padding: 'VALID'}), op('Relu'), pointwise(CHANNELS, CHANNELS))(g, padded),
    );
    g.add('Mul', branches);
    const artifacts = g.artifacts(IMAGE);
    const {blocks, misses, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => spec.padding)).toEqual(
      Array.from({length: 2}, () => ({top: 1, right: 1, bottom: 1, left: 1})),
    );
    expect(misses).toEqual([]);
    expect((fused.modelTopology as {node: {op: string}[]}).node.map((node) => node.op)).not.toContain('Pad');
    expectSameOutput(fused, artifacts);
  });

  it('stays for a reader that is no block', async () => {
    const g = new Sketch();
    const padded = pad(1, 1, 1, 1)(g, g.add('Tanh', ['x']));
    const branch = chain(depthwise({padding: 'VALID'}), op('Relu'), pointwise(CHANNELS, CHANNELS))(g, padded);
    const pooled = g.add('MaxPool', [padded], {
      ksize: attr.ints(1, 3, 3, 1),
      strides: attr.ints(1, 1, 1, 1),
      padding: attr.text('VALID'),
    });
    g.add('Mul', [branch, pooled]);
    const artifacts = g.artifacts(IMAGE);
    const {blocks, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({replaced}) => replaced.some((name) => name.startsWith('Pad')))).toEqual([false]);
    expectSameOutput(fused, artifacts);
  });
});

it('leaves a constant before padding outside, and the sum with the value before it', async () => {
  const artifacts = separableModel({conv: chain(shift(CHANNELS), depthwise())});
  const {blocks, artifacts: fused} = await fuse(artifacts);
  expect(blocks.map(({spec}) => spec.residual)).toEqual([false]);
  expectSameOutput(fused, artifacts);
});

it('leaves a skip that is pooled and padded outside, and the activation after that sum', async () => {
  const downsampled: SumPiece = (g, branch, x) => {
    const pooled = g.add('MaxPool', [x], {
      ksize: attr.ints(1, 2, 2, 1),
      strides: attr.ints(1, 2, 2, 1),
      padding: attr.text('SAME'),
    });
    const paddings = g.weight({shape: [4, 2], data: Int32Array.of(0, 0, 0, 0, 0, 0, 0, HIDDEN - CHANNELS)});
    return g.add('Relu', [g.add('AddV2', [g.add('Pad', [pooled, paddings]), branch])]);
  };
  const artifacts = separableModel({
    conv: depthwise({strides: [2, 2]}),
    project: pointwise(CHANNELS, HIDDEN),
    sum: downsampled,
  });
  const {blocks, misses, artifacts: fused} = await fuse(artifacts);
  expect(blocks.map(({spec}) => [spec.residual, spec.outputActivation])).toEqual([[false, 'linear']]);
  expect(misses.map(({reason}) => reason)).toEqual([
    'a sum with another value than the input of the block, which stays outside',
  ]);
  expectSameOutput(fused, artifacts);
});

it('ends before the sum where both the sum and the activation of it are read', async () => {
  const artifacts = separableModel({
    sum: sumThen((g, x) => g.add('Mul', [g.add('Tanh', [x]), g.add('Relu', [x])])),
  });
  const {blocks, artifacts: fused} = await fuse(artifacts);
  expect(blocks.map(({spec}) => [spec.residual, spec.outputActivation])).toEqual([[true, 'linear']]);
  expectSameOutput(fused, artifacts);
});

describe('what is needed outside a separable block', () => {
  const INSIDE = {
    'the conv': (also: (piece: Piece) => Piece) => separableModel({conv: also(depthwise())}),
    'the activation': (also: (piece: Piece) => Piece) => separableModel({act: also(op('Relu6'))}),
    'the image times its gate': (also: (piece: Piece) => Piece) =>
      separableModel({excite: also(squeezeExcite({channels: CHANNELS}))}),
    'the mean of the image': (also: (piece: Piece) => Piece) =>
      separableModel({excite: squeezeExcite({channels: CHANNELS, mean: also(MEANS['Mean']!(CHANNELS))})}),
    'the gate': (also: (piece: Piece) => Piece) =>
      separableModel({excite: squeezeExcite({channels: CHANNELS, gate: also(op('Sigmoid'))})}),
  };
  /** The model with the value of a piece as an output, or read by a node that is one. */
  const tapped = (
    build: (also: (piece: Piece) => Piece) => io.ModelArtifacts,
    tap: (g: Sketch, value: string) => string,
  ): io.ModelArtifacts => {
    let name = '';
    const artifacts = build((piece) => (g, x) => {
      const value = piece(g, x);
      name = tap(g, value);
      return value;
    });
    (artifacts.signature as {outputs: Record<string, {name: string}>}).outputs['tap'] = {name};
    return artifacts;
  };

  it.each(Object.entries(INSIDE))('keeps one apart where %s is read twice', async (_, build) => {
    const {blocks, misses} = await fuse(tapped(build, (g, value) => g.add('Tanh', [value])));
    expect(blocks).toEqual([]);
    expect(misses.map(({reason}) => reason)).toEqual(['a value inside the block is also read by Tanh outside it']);
  });

  it.each(Object.entries(INSIDE))('keeps one apart where %s is a model output', async (_, build) => {
    const {blocks, misses} = await fuse(tapped(build, (_g, value) => value));
    expect(blocks).toEqual([]);
    expect(misses.map(({reason}) => reason)).toEqual(['a value inside the block is a model output']);
  });
});
