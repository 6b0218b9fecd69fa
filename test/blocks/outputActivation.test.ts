/** An activation after the sum, or after the last layer where there is no sum, in every order; and a PReLU in every place. */
import type {io} from '@tensorflow/tfjs-core';

import type {BlockSpec} from '../../ops/block.ts';
import {withFusedPrelu} from '../helpers/globalSpellings.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {expectBlock, expectSameOutput, fuse, useCpu} from '../helpers/rewritten.ts';
import {
  type BlockPieces,
  chain,
  CHANNELS,
  convAttrs,
  convFirstModel,
  dropSum,
  expandFirstModel,
  HIDDEN,
  identity,
  op,
  type Piece,
  pointwise,
  scale,
  separableModel,
  silu,
  type SumPiece,
  sumThen,
} from '../helpers/sketch.ts';
import {ACTIVATIONS} from '../helpers/spellings.ts';

beforeAll(useCpu);

type Model = (pieces: Pick<BlockPieces, 'sum' | 'project'>) => io.ModelArtifacts;
const MODELS: Readonly<Record<BlockSpec['order'], Model>> = {
  'conv-first': convFirstModel,
  'expand-first': expandFirstModel,
  separable: separableModel,
};
const orders = Object.entries(MODELS) as [BlockSpec['order'], Model][];
const prelu =
  (...shape: number[]): Piece =>
  (g, x) =>
    g.add('Prelu', [x, g.floats(...shape)]);

const SCALED = /cut at 1|quick|hard-sigmoid|lesser|a sixth/;
const OF_HIDDEN = /Prelu$|PReLU|rank 4|Erfc/;
const afterSum = Object.entries(ACTIVATIONS).filter(([name]) => !SCALED.test(name) && !OF_HIDDEN.test(name));

describe.each(orders)('%s', (order, model) => {
  it.each(afterSum)('takes in %s after the sum', async (_, [activation, act]) => {
    const spec = {order, residual: true, outputActivation: activation as 'relu'};
    await expectBlock(model({sum: sumThen(act)}), spec);
  });

  it('takes in a PReLU of its own slopes after the sum', async () => {
    await expectBlock(model({sum: sumThen(prelu(1, 1, CHANNELS))}), {residual: true, outputActivation: 'prelu'});
  });

  it('takes in an activation after the last layer', async () => {
    const sum: SumPiece = (g, branch) => silu(g, branch);
    await expectBlock(model({sum}), {order, residual: false, outputActivation: 'silu'});
  });

  it('takes in an activation that is fused into the last layer, without the sum after it', async () => {
    const inputs = order === 'separable' ? CHANNELS : HIDDEN;
    const artifacts = model({project: withFusedPrelu(inputs, CHANNELS, CHANNELS)});
    const {blocks, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => [spec.residual, spec.outputActivation])).toEqual([[false, 'prelu']]);
    expectSameOutput(fused, artifacts);
  });

  it('leaves a scale after the activation outside', async () => {
    const artifacts = model({sum: sumThen(chain(op('Relu'), scale(CHANNELS)))});
    const {blocks, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => [spec.residual, spec.outputActivation])).toEqual([[true, 'relu']]);
    expectSameOutput(fused, artifacts);
  });

  it('ends in the sum where a scale stands between it and the activation', async () => {
    const artifacts = model({sum: sumThen(chain(scale(CHANNELS), op('Relu')))});
    const {blocks, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => [spec.residual, spec.outputActivation])).toEqual([[true, 'linear']]);
    expectSameOutput(fused, artifacts);
  });

  it('ends in the sum where that is a model output beside the activation of it', async () => {
    const names: string[] = [];
    const act: Piece = (g, x) => {
      names.push(x);
      return g.add('Relu', [x]);
    };
    const artifacts = model({sum: sumThen(act)});
    const {outputs} = artifacts.signature as {outputs: Record<string, {name: string}>};
    outputs['sum'] = {name: names[0]!};
    const {blocks} = await fuse(artifacts);
    expect(blocks.map(({spec}) => [spec.residual, spec.outputActivation])).toEqual([[true, 'linear']]);
  });
});

describe('a PReLU', () => {
  const leaky: Piece = (g, x) =>
    g.add('_FusedConv2D', [x, g.floats(1, 1, CHANNELS, HIDDEN), g.floats(HIDDEN)], {
      ...convAttrs({}),
      num_args: attr.int(1),
      fused_ops: attr.texts('BiasAdd', 'LeakyRelu'),
      leakyrelu_alpha: attr.float(0.3),
    });
  const rows = (...fused: string[]): Piece =>
    chain(
      (g, x) => g.add('Reshape', [x, g.ints(-1, CHANNELS)]),
      (g, x) =>
        g.add('_FusedMatMul', [x, g.floats(CHANNELS, HIDDEN), g.floats(HIDDEN), g.floats(HIDDEN)], {
          num_args: attr.int(2),
          fused_ops: attr.texts(...fused),
        }),
      (g, x) => g.add('Reshape', [x, g.ints(2, 6, 5, HIDDEN)]),
    );
  const fusedDepthwise: Piece = (g, x) =>
    g.add('FusedDepthwiseConv2dNative', [x, g.floats(3, 3, HIDDEN, 1), g.floats(HIDDEN), g.floats(1, 1, HIDDEN)], {
      ...convAttrs({}),
      num_args: attr.int(2),
      fused_ops: attr.texts('BiasAdd', 'Prelu'),
    });
  const PLACES: Readonly<Record<string, [BlockPieces, Partial<BlockSpec>]>> = {
    'in a 1×1 conv': [
      {expand: withFusedPrelu(CHANNELS, HIDDEN, 1, 1, HIDDEN), act: identity},
      {hiddenActivation: 'prelu'},
    ],
    'in a 1×1 conv, leaky': [{expand: leaky, act: identity}, {hiddenActivation: 'prelu'}],
    'in a matrix product': [{expand: rows('BiasAdd', 'Prelu'), act: identity}, {hiddenActivation: 'prelu'}],
    'in a depthwise conv': [{conv: fusedDepthwise, norm: identity}, {spatialActivation: 'prelu'}],
    'after both': [
      {act: prelu(HIDDEN), norm: prelu(1, 1, HIDDEN)},
      {hiddenActivation: 'prelu', spatialActivation: 'prelu'},
    ],
    'between scales': [
      {act: chain(scale(HIDDEN), prelu(HIDDEN), scale(HIDDEN)), project: pointwise(HIDDEN, CHANNELS)},
      {hiddenActivation: 'prelu'},
    ],
  };
  it.each(Object.entries(PLACES))('is taken in %s', async (_, [pieces, spec]) => {
    await expectBlock(expandFirstModel(pieces), {order: 'expand-first', residual: true, ...spec});
  });

  it('of slopes that differ from pixel to pixel is none', async () => {
    const {blocks, misses} = await fuse(separableModel({act: prelu(6, 5, CHANNELS), sum: dropSum}));
    expect(blocks).toEqual([]);
    expect(misses.map(({reason}) => reason)).toEqual(['PReLU whose slopes are not one number a channel']);
  });

  it('in a conv, of slopes that differ from pixel to pixel, is none', async () => {
    const pieces = {expand: withFusedPrelu(CHANNELS, HIDDEN, 6, 5, HIDDEN), act: identity};
    const {misses} = await fuse(expandFirstModel(pieces));
    expect(misses.map(({reason}) => reason)).toEqual(['PReLU whose slopes are not one number a channel']);
  });
});
