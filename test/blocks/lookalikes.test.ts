/** Graphs that look like blocks and are none: each left alone, or fused as far as it is one, with its reason. */
import type {io} from '@tensorflow/tfjs-core';

import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {attr} from '../smallGraphs.ts';
import {expectBlock, expectSameOutput, fuse, useCpu} from './rewritten.ts';
import {
  affine,
  type BlockPieces,
  chain,
  CHANNELS,
  convAttrs,
  convFirstModel,
  depthwise,
  expandFirstModel,
  grouped,
  HEIGHT,
  HIDDEN,
  identity,
  layerNorm,
  op,
  type Piece,
  pointwise,
  rowsTimesMatrix,
  shift,
  silu,
  Sketch,
  type SumPiece,
  WIDTH,
} from './sketch.ts';

beforeAll(useCpu);

describe('left alone', () => {
  /** A gate from the mean over the image. */
  const squeezeExcite: Piece = (g, x) => {
    const mean = g.add('Mean', [x, g.ints(1, 2)], {keep_dims: attr.bool(true)});
    return g.add('Mul', [x, g.add('Sigmoid', [pointwise(HIDDEN, HIDDEN)(g, mean)])]);
  };
  /** ConvNeXt V2's global response normalization. */
  const responseNorm: Piece = (g, x) => {
    const keep = {keep_dims: attr.bool(true)};
    const energy = g.add('Sqrt', [g.add('Sum', [g.add('Square', [x]), g.ints(1, 2)], keep)]);
    const ratio = g.add('RealDiv', [
      energy,
      g.add('AddV2', [g.add('Mean', [energy, g.ints(-1)], keep), g.scalar(1e-6)]),
    ]);
    return g.add('AddV2', [g.add('Mul', [x, ratio]), x]);
  };
  const dropSum: SumPiece = (_, branch) => branch;

  const LOOKALIKES: Readonly<Record<string, [io.ModelArtifacts, RegExp]>> = {
    dilation: [convFirstModel({conv: depthwise({dilation: 2})}), /dilation 2×2/],
    'depth multiplier 2': [
      convFirstModel({conv: depthwise({multiplier: 2}), expand: pointwise(2 * CHANNELS, HIDDEN)}),
      /depth multiplier 2/,
    ],
    'LayerNorm over the image': [convFirstModel({norm: layerNorm(1, 2)}), /Mean over axes 1, 2/],
    'LayerNorm over image and channels': [convFirstModel({norm: layerNorm(1, 2, 3)}), /Mean over axes 1, 2, 3/],
    'squeeze and excitation': [
      expandFirstModel({norm: chain(op('Relu6'), squeezeExcite)}),
      /Mean over axes 1, 2|no part/,
    ],
    'global response norm': [convFirstModel({act: chain(silu, responseNorm)}), /Sum over axes 1, 2/],
    'a linear hidden layer': [convFirstModel({act: identity}), /linear hidden layer/],
    'unequal strides': [convFirstModel({conv: depthwise({strides: [1, 2]}), sum: dropSum}), /strides 1×2/],
    'stride 3': [convFirstModel({conv: depthwise({strides: [3, 3]}), sum: dropSum}), /stride 3/],
    'group width 4': [convFirstModel({conv: grouped(4)}), /group width 4/],
    'a dense conv': [convFirstModel({conv: grouped(CHANNELS)}), /a dense 3×3 conv/],
    'a shift before a padded conv': [
      expandFirstModel({act: chain(silu, shift(HIDDEN))}),
      /a constant added before a conv with padding/,
    ],
    'a scale between an activation and LayerNorm': [
      convFirstModel({norm: chain(silu, affine(CHANNELS), layerNorm(3))}),
      /between an activation and LayerNorm/,
    ],
    'an activation that is none of ours': [convFirstModel({act: op('Softplus')}), /Softplus/],
    'pixels moved by a reshape': [
      convFirstModel({
        expand: chain((g, x) => g.add('Reshape', [x, g.ints(-1, CHANNELS)]), rowsTimesMatrix(CHANNELS, HIDDEN)),
        project: chain(rowsTimesMatrix(HIDDEN, CHANNELS), (g, x) =>
          g.add('Reshape', [x, g.ints(2, WIDTH, HEIGHT, CHANNELS)]),
        ),
        sum: dropSum,
      }),
      /put every pixel back/,
    ],
    'a further output of batch norm': [
      convFirstModel({
        norm: (g, x) => {
          const constants = Array.from({length: 4}, () => g.floats(CHANNELS));
          return `${g.add('FusedBatchNormV3', [x, ...constants], {is_training: attr.bool(false)})}:1`;
        },
      }),
      /output 1 of FusedBatchNormV3/,
    ],
    'batch norm in training': [
      convFirstModel({
        norm: (g, x) => g.add('FusedBatchNormV3', [x, ...Array.from({length: 4}, () => g.floats(CHANNELS))]),
      }),
      /FusedBatchNormV3 in a formula of no known part/,
    ],
    'a constant that differs from pixel to pixel': [
      convFirstModel({norm: (g, x) => g.add('Mul', [x, g.floats(1, HEIGHT, WIDTH, CHANNELS)])}),
      /is not one number a channel/,
    ],
    'a GELU with another factor': [
      convFirstModel({
        act: (g, x) => {
          const gate = g.add('AddV2', [g.scalar(1), g.add('Erf', [g.add('Mul', [x, g.scalar(0.71)])])]);
          return g.add('Mul', [g.add('Mul', [x, gate]), g.scalar(0.5)]);
        },
      }),
      /neither affine, nor LayerNorm, nor a known activation/,
    ],
    'a fused LeakyRelu': [
      convFirstModel({
        expand: (g, x) =>
          g.add('_FusedConv2D', [x, g.floats(1, 1, CHANNELS, HIDDEN), g.floats(HIDDEN)], {
            ...convAttrs({}),
            num_args: attr.int(1),
            fused_ops: attr.texts('BiasAdd', 'LeakyRelu'),
          }),
      }),
      /a fused LeakyRelu/,
    ],
    'a filter that is computed': [
      convFirstModel({
        conv: (g, x) =>
          g.add('DepthwiseConv2dNative', [x, g.add('Relu', [g.floats(3, 3, CHANNELS, 1)])], convAttrs({})),
      }),
      /filter is not constant/,
    ],
  };
  it.each(Object.entries(LOOKALIKES))('%s', async (_, [artifacts, reason]) => {
    const {blocks, misses, artifacts: result} = await fuse(artifacts);
    expect(blocks).toEqual([]);
    expect(misses.map((miss) => miss.reason)).toContainEqual(expect.stringMatching(reason));
    const changed = legalizeArtifacts(artifacts).artifacts;
    expect(result).toEqual(changed);
  });

  const SUMS: Readonly<Record<string, [SumPiece, RegExp | null]>> = {
    'a difference': [(g, branch, x) => g.add('Sub', [x, branch]), null],
    'a sum with another value': [
      (g, branch, x) => g.add('AddV2', [branch, g.add('Tanh', [x])]),
      /the sum adds Tanh_\d+, not the input of the block/,
    ],
    'a sum with a value of the block': [(g, branch) => g.add('AddV2', [branch, branch]), null],
    'a sum of three': [(g, branch, x) => g.add('AddN', [branch, x, g.add('Tanh', [x])]), null],
  };
  it.each(Object.entries(SUMS))('%s stays outside the block', async (_, [sum, reason]) => {
    const artifacts = convFirstModel({sum});
    const {blocks, misses, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => spec.residual)).toEqual([false]);
    expect(misses.map((miss) => miss.reason)).toEqual(reason === null ? [] : [expect.stringMatching(reason)]);
    expectSameOutput(fused, artifacts);
  });

  it('a scale stays outside a block with a residual', async () => {
    const scaled: SumPiece = (g, branch, x) => g.add('Mul', [g.add('AddV2', [branch, x]), g.floats(CHANNELS)]);
    await expectBlock(convFirstModel({sum: scaled}), {residual: true});
  });

  it('NCHW', async () => {
    const g = new Sketch();
    const attrs = convAttrs({format: 'NCHW'});
    const conv = g.add('DepthwiseConv2dNative', [g.add('Relu', ['x']), g.floats(3, 3, CHANNELS, 1)], attrs);
    const hidden = silu(g, g.add('Conv2D', [conv, g.floats(1, 1, CHANNELS, HIDDEN)], attrs));
    g.add('Relu', [g.add('Conv2D', [hidden, g.floats(1, 1, HIDDEN, CHANNELS)], attrs)]);
    expect((await fuse(g.artifacts([1, CHANNELS, CHANNELS, CHANNELS]))).blocks).toEqual([]);
  });

  describe('what is needed outside', () => {
    /** conv → expand → act → project + x, with `tap` reading a value inside. */
    function tapped(where: keyof BlockPieces, tap: (g: Sketch, value: string) => string): io.ModelArtifacts {
      const taps: string[] = [];
      const also =
        (piece: Piece): Piece =>
        (g, x) => {
          const value = piece(g, x);
          taps.push(tap(g, value));
          return value;
        };
      const pieces: Record<string, Piece> = {
        conv: depthwise(),
        expand: pointwise(CHANNELS, HIDDEN),
        act: silu,
        project: pointwise(HIDDEN, CHANNELS),
      };
      const model = convFirstModel({...pieces, [where]: also(pieces[where]!)});
      const {signature} = model as {signature: {outputs: Record<string, {name: string}>}};
      signature.outputs['tap'] = {name: `${taps[0]!}:0`};
      return model;
    }

    it.each(['conv', 'expand', 'act'] as const)('keeps a block apart whose %s is read twice', async (where) => {
      const {blocks, misses} = await fuse(tapped(where, (g, value) => g.add('Tanh', [value])));
      expect(blocks).toEqual([]);
      expect(misses).toMatchObject([{reason: expect.stringMatching(/also read by Tanh/) as string}]);
    });

    it.each(['conv', 'expand', 'act'] as const)('keeps a block apart whose %s is a model output', async (where) => {
      const {blocks, misses} = await fuse(tapped(where, (_, value) => value));
      expect(blocks).toEqual([]);
      expect(misses).toMatchObject([{reason: expect.stringMatching(/is a model output/) as string}]);
    });

    it.each([
      ['read twice', (g: Sketch, value: string): string => g.add('Tanh', [value])],
      ['a model output', (_: Sketch, value: string): string => value],
    ])('ends a block before the sum where its last layer is %s', async (_, tap) => {
      const {blocks} = await fuse(tapped('project', tap));
      expect(blocks.map(({spec}) => spec.residual)).toEqual([false]);
    });

    it('keeps a block apart of which a shape alone is read', async () => {
      const {blocks, misses} = await fuse(tapped('act', (g, value) => g.add('Shape', [value])));
      expect(blocks).toEqual([]);
      expect(misses).toMatchObject([{reason: expect.stringMatching(/also read by Shape/) as string}]);
    });
  });
});
