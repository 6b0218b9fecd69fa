/** Near misses: one for each would-be block, in the words of the layer. */
import type {io} from '@tensorflow/tfjs-core';

import type {NodeDef} from '../../src/graph/graphDef.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {fuse, useCpu} from '../helpers/rewritten.ts';
import {
  chain,
  CHANNELS,
  convAttrs,
  convFirstModel,
  depthwise,
  expandFirstModel,
  grouped,
  HIDDEN,
  identity,
  IMAGE,
  op,
  type Piece,
  pointwise,
  silu,
  Sketch,
  type SumPiece,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

const keep = {keep_dims: attr.bool(true)};
const dropSum: SumPiece = (_, branch) => branch;

const dense =
  (inputs: number, outputs: number, kernel = 3): Piece =>
  (g, x) =>
    g.add('Conv2D', [x, g.floats(kernel, kernel, inputs, outputs)], convAttrs({}));

const hardSigmoid: Piece = (g, x) =>
  g.add('Mul', [g.add('Relu6', [g.add('AddV2', [x, g.scalar(3)])]), g.scalar(1 / 6)]);

interface SqueezeExcite {
  readonly channels?: number;
  readonly gate?: Piece;
  /** From the image to its mean, `[n, 1, 1, c]`. */
  readonly mean?: Piece;
}

const squeezeExcite =
  ({channels = HIDDEN, gate = op('Sigmoid'), mean}: SqueezeExcite = {}): Piece =>
  (g, x) => {
    const squeezed = mean?.(g, x) ?? g.add('Mean', [x, g.ints(1, 2)], keep);
    const factors = chain(pointwise(channels, 8), silu, pointwise(8, channels), gate)(g, squeezed);
    return g.add('Mul', [factors, x]);
  };
const meanThenReshape: Piece = (g, x) =>
  g.add('Reshape', [g.add('Mean', [x, g.ints(-3, -2)]), g.ints(-1, 1, 1, HIDDEN)]);
const pooled: Piece = (g, x) =>
  g.add('AvgPool', [x], {
    ksize: attr.ints(1, IMAGE[1]!, IMAGE[2]!, 1),
    strides: attr.ints(1, 1, 1, 1),
    padding: attr.text('VALID'),
  });

const responseNorm: Piece = (g, x) => {
  const energy = g.add('Sqrt', [g.add('Sum', [g.add('Square', [x]), g.ints(1, 2)], keep)]);
  const mean = g.add('AddV2', [g.add('Mean', [energy, g.ints(-1)], keep), g.scalar(1e-6)]);
  const normed = g.add('Mul', [x, g.add('RealDiv', [energy, mean])]);
  return g.add('AddN', [g.add('Mul', [normed, g.floats(HIDDEN)]), g.floats(HIDDEN), x]);
};

const instanceNorm: Piece = (g, x) => {
  const mean = g.add('Mean', [x, g.ints(1, 2)], keep);
  const variance = g.add('Mean', [g.add('SquaredDifference', [x, mean]), g.ints(1, 2)], keep);
  const inverse = g.add('Rsqrt', [g.add('AddV2', [variance, g.scalar(1e-3)])]);
  return g.add('Mul', [g.add('Sub', [x, mean]), inverse]);
};

const prelu: Piece = (g, x) => g.add('Prelu', [x, g.floats(1, 1, HIDDEN)]);
const preluByKeras: Piece = (g, x) => {
  const negative = g.add('Mul', [g.floats(1, 1, HIDDEN), g.add('Relu', [g.add('Neg', [x])])]);
  return g.add('AddV2', [g.add('Relu', [x]), negative]);
};
const fusedPrelu: Piece = (g, x) =>
  g.add('_FusedConv2D', [x, g.floats(1, 1, CHANNELS, HIDDEN), g.floats(HIDDEN), g.floats(1, 1, HIDDEN)], {
    ...convAttrs({}),
    num_args: attr.int(2),
    fused_ops: attr.texts('BiasAdd', 'Prelu'),
  });

/** A model of a chain of pieces. */
function model(...pieces: Piece[]): io.ModelArtifacts {
  const g = new Sketch();
  chain(op('Relu'), ...pieces)(g, 'x');
  return g.artifacts(IMAGE);
}
/** As MobileNetV1 has it, the activation fused into the 1×1 conv. */
const separable = (channels: number, outputs: number): Piece =>
  chain(depthwise({channels}), op('Relu6'), (g, x) =>
    g.add('_FusedConv2D', [x, g.floats(1, 1, channels, outputs), g.floats(outputs)], {
      ...convAttrs({}),
      num_args: attr.int(1),
      fused_ops: attr.texts('BiasAdd', 'Relu6'),
    }),
  );
const residual =
  (branch: Piece, act: Piece = op('Relu')): Piece =>
  (g, x) =>
    act(g, g.add('AddV2', [x, branch(g, x)]));

const NO_EXPAND = 'no 1×1 conv before the depthwise conv';
const DENSE = 'a dense 3×3 conv, not a depthwise conv';
const MISSES: Readonly<Record<string, [io.ModelArtifacts, [rule: string, reason: string][]]>> = {
  'squeeze-and-excite': [
    expandFirstModel({norm: chain(silu, squeezeExcite())}),
    [['expand-first', 'squeeze-and-excite']],
  ],
  'squeeze-and-excite by a hard sigmoid': [
    expandFirstModel({norm: squeezeExcite({gate: hardSigmoid})}),
    [['expand-first', 'squeeze-and-excite']],
  ],
  'squeeze-and-excite by a mean that is reshaped': [
    expandFirstModel({norm: squeezeExcite({mean: meanThenReshape})}),
    [['expand-first', 'squeeze-and-excite']],
  ],
  'squeeze-and-excite by a pooling of the whole image': [
    expandFirstModel({norm: squeezeExcite({mean: pooled})}),
    [['expand-first', 'squeeze-and-excite']],
  ],
  'squeeze-and-excite of the image behind Identity': [
    expandFirstModel({norm: chain(silu, op('Identity'), squeezeExcite())}),
    [['expand-first', 'squeeze-and-excite']],
  ],
  'no expand layer, and squeeze-and-excite': [
    model(depthwise(), silu, squeezeExcite({channels: CHANNELS}), pointwise(CHANNELS, 24)),
    [['separable', `squeeze-and-excite, and ${NO_EXPAND}`]],
  ],
  'a response norm': [convFirstModel({act: chain(silu, responseNorm)}), [['conv-first', 'response norm (GRN)']]],
  'an instance norm': [
    expandFirstModel({norm: chain(instanceNorm, op('Relu'))}),
    [['expand-first', 'a norm over height and width']],
  ],
  PReLU: [expandFirstModel({act: prelu, norm: prelu}), [['expand-first', 'PReLU']]],
  'PReLU as Keras spells it': [expandFirstModel({act: preluByKeras}), [['expand-first', 'PReLU']]],
  'PReLU in a conv': [expandFirstModel({expand: fusedPrelu, act: identity}), [['expand-first', 'PReLU']]],
  LeakyReLU: [convFirstModel({act: op('LeakyRelu')}), [['conv-first', 'LeakyReLU']]],
  'an activation before the sum': [
    convFirstModel({project: chain(pointwise(HIDDEN, CHANNELS), op('Relu6'))}),
    [['conv-first', 'relu6 before the sum, which stays outside']],
  ],
  'separable blocks': [
    model(separable(CHANNELS, HIDDEN), separable(HIDDEN, HIDDEN)),
    [
      ['separable', NO_EXPAND],
      ['separable', NO_EXPAND],
    ],
  ],
  'separable blocks with a sum and an activation after it': [
    model(
      residual(chain(depthwise(), pointwise(CHANNELS, CHANNELS))),
      residual(chain(depthwise(), pointwise(CHANNELS, CHANNELS)), (g, x) =>
        g.add('Prelu', [x, g.floats(1, 1, CHANNELS)]),
      ),
    ),
    [
      ['separable', NO_EXPAND],
      ['separable', NO_EXPAND],
    ],
  ],
  'bottlenecks of dense convs': [
    model(residual(chain(pointwise(CHANNELS, 8), op('Relu'), dense(8, 8), op('Relu'), pointwise(8, CHANNELS)))),
    [['expand-first', DENSE]],
  ],
  'dense convs that expand': [
    model(residual(chain(dense(CHANNELS, HIDDEN), silu, pointwise(HIDDEN, CHANNELS)))),
    [['expand-first', DENSE]],
  ],
  'dense convs alone': [
    model(residual(chain(dense(CHANNELS, CHANNELS), op('Relu'), dense(CHANNELS, CHANNELS))), dense(CHANNELS, 8, 5)),
    [
      ['expand-first', DENSE],
      ['expand-first', DENSE],
      ['expand-first', 'a dense 5×5 conv, not a depthwise conv'],
    ],
  ],
  'a depthwise conv alone': [model(depthwise()), [['expand-first', 'a depthwise conv without a 1×1 conv after it']]],
  '1×1 convs alone': [
    model(pointwise(CHANNELS, HIDDEN), silu),
    [['expand-first', '1×1 convs without a depthwise conv']],
  ],
  'a group of channels that no kernel has': [
    expandFirstModel({conv: grouped(3, {channels: HIDDEN})}),
    [['expand-first', 'group width 3 is neither 1 nor a multiple of 8']],
  ],
  'dilation, though there is squeeze-and-excite as well': [
    expandFirstModel({conv: depthwise({channels: HIDDEN, dilation: 2}), norm: squeezeExcite(), sum: dropSum}),
    [['expand-first', 'squeeze-and-excite']],
  ],
};

test.each(Object.entries(MISSES))('%s', async (_, [artifacts, expected]) => {
  const {misses} = await fuse(artifacts);
  expect(misses.map(({rule, reason}) => [rule, reason])).toEqual(expected);
  const names = new Set((artifacts.modelTopology as {node: NodeDef[]}).node.map(({name}) => name));
  for (const {root, at} of misses) expect([names.has(root), names.has(at)]).toEqual([true, true]);
});

test('convs in a function are misses where there are no others', async () => {
  const {node} = convFirstModel().modelTopology as {node: NodeDef[]};
  const artifacts = model(op('Tanh'));
  const library = {function: [{signature: {name: 'body'}, nodeDef: node}]};
  const {misses} = await fuse({...artifacts, modelTopology: {...(artifacts.modelTopology as object), library}});
  expect(misses).toMatchObject([{root: 'body', reason: expect.stringMatching(/^convs in a function/) as string}]);
});

test('a conv of an op that no rule reads is a miss where there are no others', async () => {
  const {misses} = await fuse(
    model((g, x) => g.add('Conv2DBackpropInput', [g.ints(...IMAGE), g.floats(3, 3, 16, 16), x])),
  );
  expect(misses.map(({reason}) => reason)).toEqual(['Conv2DBackpropInput is no part of a block']);
});

test('a model without convs, and one that is fused already, has no misses', async () => {
  expect((await fuse(model(op('Tanh')))).misses).toEqual([]);
  const {artifacts} = await fuse(
    model(
      dense(CHANNELS, CHANNELS),
      residual(
        chain(pointwise(CHANNELS, HIDDEN), silu, depthwise({channels: HIDDEN}), silu, pointwise(HIDDEN, CHANNELS)),
      ),
    ),
  );
  expect(await fuse(artifacts)).toMatchObject({blocks: [], misses: []});
});
