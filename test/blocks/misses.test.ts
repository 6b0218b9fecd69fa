/** Near misses: one for each would-be block, in the words of the layer. */
import type {io} from '@tensorflow/tfjs-core';

import type {NodeDef} from '../../src/graph/graphDef.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {responseNorm, squeezeExcite} from '../helpers/globalSpellings.ts';
import {fuse, useCpu} from '../helpers/rewritten.ts';
import {
  chain,
  CHANNELS,
  convAttrs,
  convFirstModel,
  depthwise,
  dropSum,
  expandFirstModel,
  grouped,
  HIDDEN,
  IMAGE,
  layerNorm,
  op,
  type Piece,
  pointwise,
  separableModel,
  silu,
  Sketch,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

const keep = {keep_dims: attr.bool(true)};
const OTHER_LAYERS = 'squeeze-and-excite by other layers than two products, an activation and a sigmoid';

const dense =
  (inputs: number, outputs: number, kernel = 3): Piece =>
  (g, x) =>
    g.add('Conv2D', [x, g.floats(kernel, kernel, inputs, outputs)], convAttrs({}));

const instanceNorm: Piece = (g, x) => {
  const mean = g.add('Mean', [x, g.ints(1, 2)], keep);
  const variance = g.add('Mean', [g.add('SquaredDifference', [x, mean]), g.ints(1, 2)], keep);
  const inverse = g.add('Rsqrt', [g.add('AddV2', [variance, g.scalar(1e-3)])]);
  return g.add('Mul', [g.add('Sub', [x, mean]), inverse]);
};

/** A model of a chain of pieces. */
function model(...pieces: Piece[]): io.ModelArtifacts {
  const g = new Sketch();
  chain(op('Relu'), ...pieces)(g, 'x');
  return g.artifacts(IMAGE);
}
const residual =
  (branch: Piece, act: Piece = op('Relu')): Piece =>
  (g, x) =>
    act(g, g.add('AddV2', [x, branch(g, x)]));

const DENSE = 'a dense 3×3 conv, not a depthwise conv';
const MISSES: Readonly<Record<string, [io.ModelArtifacts, [rule: string, reason: string][]]>> = {
  'squeeze-and-excite by another gate': [
    expandFirstModel({norm: chain(silu, squeezeExcite({channels: HIDDEN, gate: op('Relu')}))}),
    [['expand-first', 'squeeze-and-excite by another gate than sigmoid or hard-sigmoid']],
  ],
  'squeeze-and-excite by ops that are no parts': [
    expandFirstModel({norm: chain(silu, squeezeExcite({channels: HIDDEN, gate: op('Tanh')}))}),
    [['expand-first', OTHER_LAYERS]],
  ],
  'squeeze-and-excite by three products': [
    separableModel({excite: squeezeExcite({channels: CHANNELS, act: chain(silu, pointwise(8, 8), silu)})}),
    [['separable', OTHER_LAYERS]],
  ],
  'squeeze-and-excite of an image with a constant added': [
    expandFirstModel({
      norm: chain(
        silu,
        squeezeExcite({
          channels: HIDDEN,
          product: (g, image, gate) => g.add('Mul', [g.add('AddV2', [image, g.floats(HIDDEN)]), gate]),
        }),
      ),
    }),
    [['expand-first', 'squeeze-and-excite of an image with a constant added to it']],
  ],
  'a response norm without its input': [
    convFirstModel({
      norm: layerNorm(3),
      act: chain(silu, (g, x) => g.add('Sub', [responseNorm(HIDDEN)(g, x), x])),
    }),
    [['conv-first', 'response norm (GRN)']],
  ],
  'an instance norm': [
    expandFirstModel({norm: chain(instanceNorm, op('Relu'))}),
    [['expand-first', 'a norm over height and width']],
  ],
  'PReLU of slopes for each pixel': [
    expandFirstModel({act: (g, x) => g.add('Prelu', [x, g.floats(IMAGE[1]!, IMAGE[2]!, HIDDEN)])}),
    [['expand-first', 'PReLU whose slopes are not one number a channel']],
  ],
  Mish: [
    expandFirstModel({norm: (g, x) => g.add('Mul', [x, g.add('Tanh', [g.add('Softplus', [x])])])}),
    [['expand-first', 'Mish']],
  ],
  'an activation before the sum': [
    convFirstModel({project: chain(pointwise(HIDDEN, CHANNELS), op('Relu6'))}),
    [['conv-first', 'relu6 before the sum, which stays outside']],
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
    expandFirstModel({
      conv: depthwise({channels: HIDDEN, dilation: 2}),
      norm: squeezeExcite({channels: HIDDEN}),
      sum: dropSum,
    }),
    [['expand-first', 'dilation 2×2']],
  ],
  'a separable block that is dense': [separableModel({conv: dense(CHANNELS, CHANNELS)}), [['separable', DENSE]]],
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
