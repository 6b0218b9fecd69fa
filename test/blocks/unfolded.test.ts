/** Batch norms and biases that the converter did not fold into the conv before them: affine parts, in every spelling of Keras 2. */
import {attr, type SmallWeight} from '../helpers/smallGraphs.ts';
import {expectBlock, useCpu} from '../helpers/rewritten.ts';
import {
  chain,
  CHANNELS,
  convAttrs,
  convFirstModel,
  expandFirstModel,
  HIDDEN,
  op,
  type Piece,
  silu,
  type Sketch,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

const positive = (channels: number): SmallWeight => ({
  shape: [channels],
  data: Float32Array.from({length: channels}, (_, c) => 0.5 + (c % 5) / 4),
});

type Vector = (g: Sketch, channels: number) => string;
const learned: Vector = (g, channels) => g.floats(channels);
const filled =
  (value: number): Vector =>
  (g, channels) =>
    g.weight({shape: [channels], data: new Float32Array(channels).fill(value)});
const read: Vector = (g, channels) => g.add('Identity', [g.floats(channels)]);

interface Norm {
  readonly version?: string;
  readonly scale?: Vector;
  readonly offset?: Vector;
}

const batchNorm =
  ({version = 'V3', scale = learned, offset = learned}: Norm = {}) =>
  (channels: number): Piece =>
  (g, x) => {
    const vectors = [scale(g, channels), offset(g, channels), learned(g, channels), g.weight(positive(channels))];
    return g.add(`FusedBatchNorm${version}`, [x, ...vectors], {
      data_format: attr.text('NHWC'),
      epsilon: attr.float(1e-3),
      is_training: attr.bool(false),
    });
  };

const biasBy =
  (name: string, ...shape: number[]) =>
  (channels: number): Piece =>
  (g, x) =>
    g.add(name, [x, g.floats(...shape, channels)]);

/** As Keras writes one that is not fused, by moments that are given. */
const normByRoot =
  (root: (g: Sketch, variance: string) => string) =>
  (channels: number): Piece =>
  (g, x) => {
    const inverse = root(g, g.add('AddV2', [g.weight(positive(channels)), g.scalar(1e-3)]));
    const factor = g.add('Mul', [inverse, g.floats(channels)]);
    const rest = g.add('Sub', [g.floats(channels), g.add('Mul', [g.floats(channels), factor])]);
    return g.add('AddV2', [g.add('Mul', [x, factor]), rest]);
  };

const SPELLINGS: Readonly<Record<string, (channels: number) => Piece>> = {
  FusedBatchNormV3: batchNorm(),
  FusedBatchNormV2: batchNorm({version: 'V2'}),
  FusedBatchNorm: batchNorm({version: ''}),
  'a batch norm without scale': batchNorm({scale: filled(1)}),
  'a batch norm without offset': batchNorm({offset: filled(0)}),
  'a batch norm of variables that were frozen': batchNorm({scale: read, offset: read}),
  'a batch norm by Rsqrt': normByRoot((g, variance) => g.add('Rsqrt', [variance])),
  'a batch norm by Sqrt': normByRoot((g, variance) => g.add('RealDiv', [g.scalar(1), g.add('Sqrt', [variance])])),
  'a batch norm by Pow': normByRoot((g, variance) => g.add('Pow', [variance, g.scalar(-0.5)])),
  BiasAdd: biasBy('BiasAdd'),
  Add: biasBy('Add'),
  'AddV2 of rank 4': biasBy('AddV2', 1, 1, 1),
  'AddV2 of rank 3': biasBy('AddV2', 1, 1),
  Sub: biasBy('Sub'),
  'BiasAdd, then a batch norm': (channels) => chain(biasBy('BiasAdd')(channels), batchNorm()(channels)),
  'two batch norms': (channels) => chain(batchNorm()(channels), batchNorm()(channels)),
};

const conv =
  (name: string, ...filter: number[]): Piece =>
  (g, x) =>
    g.add(name, [x, g.floats(...filter)], convAttrs({}));
const expand = conv('Conv2D', 1, 1, CHANNELS, HIDDEN);
const project = conv('Conv2D', 1, 1, HIDDEN, CHANNELS);

describe.each(Object.entries(SPELLINGS))('%s', (_, after) => {
  test('after each conv of a conv-first block', async () => {
    const depthwise = conv('DepthwiseConv2dNative', 3, 3, CHANNELS, 1);
    const pieces = {
      conv: chain(depthwise, after(CHANNELS)),
      expand: chain(expand, after(HIDDEN)),
      act: silu,
      project: chain(project, after(CHANNELS)),
    };
    await expectBlock(convFirstModel(pieces), {order: 'conv-first', residual: true});
  });

  test('after each conv of an expand-first block', async () => {
    const depthwise = conv('DepthwiseConv2dNative', 3, 3, HIDDEN, 1);
    const pieces = {
      expand: chain(expand, after(HIDDEN)),
      act: op('Relu6'),
      conv: chain(depthwise, after(HIDDEN)),
      project: chain(project, after(CHANNELS)),
    };
    await expectBlock(expandFirstModel(pieces), {order: 'expand-first', residual: true});
  });
});
