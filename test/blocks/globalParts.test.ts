/** Squeeze-and-excite and response norm in their blocks: every spelling fused and run beside the original. */
import type {BlockSpec} from '../../ops/block.ts';
import {
  GATES,
  MEANS,
  NORMS,
  RESPONSE_NORM_OF_ROWS,
  responseNorm,
  RESPONSES,
  SQUEEZE_EXCITES,
  squeezeExcite,
} from '../helpers/globalSpellings.ts';
import {expectBlock, expectSameOutput, fuse, useCpu} from '../helpers/rewritten.ts';
import {
  affine,
  chain,
  CHANNELS,
  convFirstModel,
  expandFirstModel,
  HIDDEN,
  layerNorm,
  op,
  type Piece,
  pointwise,
  scale,
  shift,
  silu,
} from '../helpers/sketch.ts';
import {ACTIVATIONS, LAYER_NORMS} from '../helpers/spellings.ts';

beforeAll(useCpu);

const excited = (pieces: Partial<BlockSpec['squeezeExcite']>): Partial<BlockSpec> => ({
  order: 'expand-first',
  residual: true,
  squeezeExcite: expect.objectContaining(pieces!) as BlockSpec['squeezeExcite'],
});

describe('squeeze-and-excite', () => {
  it.each(Object.entries(MEANS))('takes its mean by %s', async (_, mean) => {
    const excite = squeezeExcite({channels: HIDDEN, mean: mean(HIDDEN)});
    await expectBlock(expandFirstModel({norm: chain(silu, excite)}), excited({gate: 'sigmoid', channels: 8}));
  });

  it.each(Object.entries(GATES))('has a gate by %s', async (_, [gate, piece]) => {
    const excite = squeezeExcite({channels: HIDDEN, gate: piece});
    await expectBlock(expandFirstModel({norm: chain(op('Relu6'), excite)}), excited({gate, activation: 'silu'}));
  });

  it.each(Object.entries(SQUEEZE_EXCITES))('is one %s', async (_, spelled) => {
    await expectBlock(expandFirstModel({norm: chain(silu, spelled(HIDDEN))}), excited({gate: 'sigmoid'}));
  });

  it.each(
    Object.entries(ACTIVATIONS).filter(([name]) => name !== 'Erfc' && !/^P.*(Prelu|PReLU)|PReLU|^Prelu/.test(name)),
  )('has the activation %s', async (_, [activation, act]) => {
    const excite = squeezeExcite({channels: HIDDEN, act});
    await expectBlock(expandFirstModel({norm: chain(silu, excite)}), excited({activation: activation as 'relu'}));
  });

  it('has a PReLU of its own slopes', async () => {
    const excite = squeezeExcite({channels: HIDDEN, act: (g, x) => g.add('Prelu', [x, g.floats(1, 1, 8)])});
    await expectBlock(expandFirstModel({norm: chain(silu, excite)}), excited({activation: 'prelu'}));
  });

  const PLACES: Readonly<Record<string, [Piece, Partial<BlockSpec>]>> = {
    'before the activation': [
      chain(squeezeExcite({channels: HIDDEN}), silu),
      {...excited({beforeActivation: true}), spatialActivation: 'silu'},
    ],
    'without an activation of the conv': [
      squeezeExcite({channels: HIDDEN}),
      {...excited({beforeActivation: false}), spatialActivation: 'linear'},
    ],
    'after a scale of the activation': [chain(silu, scale(HIDDEN), squeezeExcite({channels: HIDDEN})), excited({})],
    'before a scale and a constant': [chain(silu, squeezeExcite({channels: HIDDEN}), affine(HIDDEN)), excited({})],
    'after scale and constant of the conv': [chain(affine(HIDDEN), squeezeExcite({channels: HIDDEN})), excited({})],
  };
  it.each(Object.entries(PLACES))('may stand %s', async (_, [norm, spec]) => {
    await expectBlock(expandFirstModel({norm}), spec);
  });

  it('of an open batch and an open size is one', async () => {
    const names = ['Mean', 'Mean without its axes, then Reshape by Shape and Pack, as in Keras'];
    for (const mean of names.map((name) => MEANS[name]!(HIDDEN))) {
      const norm = chain(silu, squeezeExcite({channels: HIDDEN, mean}));
      await expectBlock(expandFirstModel({norm}, [-1, -1, -1, CHANNELS]), excited({}));
    }
  });
});

describe('response norm', () => {
  const norms = {...LAYER_NORMS, 'as in Keras 2': layerNorm(3)};
  const spec = (normEpsilon = 0): Partial<BlockSpec> => ({
    order: 'conv-first',
    residual: true,
    responseNorm: {epsilon: Math.fround(1e-6), normEpsilon},
  });
  const model = (norm: Piece): ReturnType<typeof convFirstModel> =>
    convFirstModel({norm: norms['as in Keras 2'], act: chain(ACTIVATIONS['Erf, half first']![1], norm)});

  it.each(Object.entries(NORMS))('takes its norm by %s', async (name, norm) => {
    const epsilon = name.includes('epsilon') ? Math.fround(1e-2) : 0;
    await expectBlock(model(responseNorm(HIDDEN, norm)), spec(epsilon));
  });

  it.each(Object.entries(RESPONSES))('is spelled %s', async (_, respond) => {
    await expectBlock(model(responseNorm(HIDDEN, undefined, respond)), spec());
  });

  it('has the axes of its norm gone and put back', async () => {
    await expectBlock(model(RESPONSE_NORM_OF_ROWS(HIDDEN)), spec());
  });

  it('may follow one scale for all channels, by which its epsilons are divided', async () => {
    const by: Piece = (g, x) => g.add('Mul', [x, g.scalar(0.25)]);
    const {blocks} = await fuse(model(chain(by, responseNorm(HIDDEN, NORMS['of absolute values, with an epsilon']))));
    expect(blocks[0]!.spec.responseNorm).toEqual({
      epsilon: Math.fround(1e-6) / 0.25,
      normEpsilon: Math.fround(1e-2) / 0.0625,
    });
    const artifacts = model(chain(by, responseNorm(HIDDEN)));
    expectSameOutput((await fuse(artifacts)).artifacts, artifacts);
  });

  it.each([
    ['a scale for each channel', scale(HIDDEN)],
    ['a constant', shift(HIDDEN)],
  ])('does not follow %s', async (_, between) => {
    const {blocks, misses} = await fuse(model(chain(between, responseNorm(HIDDEN))));
    expect(blocks).toEqual([]);
    expect(misses.map(({reason}) => reason)).toEqual([
      'a scale for each channel or a constant between an activation and response norm',
    ]);
  });

  it('may be followed by scales and constants', async () => {
    await expectBlock(model(chain(responseNorm(HIDDEN), affine(HIDDEN))), spec());
  });

  it('stands in a block without LayerNorm as well', async () => {
    const act = chain(silu, responseNorm(HIDDEN));
    await expectBlock(convFirstModel({act, project: pointwise(HIDDEN, CHANNELS)}), {layerNormEpsilon: null, ...spec()});
  });
});
