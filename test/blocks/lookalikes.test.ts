/** Graphs that look like blocks and are none: each left alone, or fused as far as it is one, with its reason. */
import type {io} from '@tensorflow/tfjs-core';

import type {NodeDef} from '../../src/graph/graphDef.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {expectBlock, expectSameOutput, fuse, useCpu} from '../helpers/rewritten.ts';
import {
  affine,
  type BlockPieces,
  chain,
  CHANNELS,
  convAttrs,
  convFirstModel,
  depthwise,
  dropSum,
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
  silu,
  Sketch,
  type SumPiece,
  WIDTH,
} from '../helpers/sketch.ts';
import {GLOBAL_LOOKALIKES, PRELU_LOOKALIKES} from '../helpers/lookalikes.ts';
import {ACTIVATIONS, LAYER_NORMS, POINTWISE} from '../helpers/spellings.ts';

beforeAll(useCpu);

describe('left alone', () => {
  /** Its first two layers are no block of their own. */
  const convNextModel = (pieces: BlockPieces): io.ModelArtifacts => convFirstModel({norm: layerNorm(3), ...pieces});
  /** As high and as wide as it has channels: what is broadcast along the wrong axis still fits. */
  const SQUARE = [1, CHANNELS, CHANNELS, CHANNELS];
  const NORM_ALONG_ANOTHER_AXIS =
    (spread: Piece): Piece =>
    (g, x) => {
      const over = (value: string): string => spread(g, g.add('Mean', [value, g.ints(3)]));
      const deviation = g.add('Sub', [x, over(x)]);
      const variance = over(g.add('Square', [deviation]));
      return g.add('Mul', [deviation, g.add('Rsqrt', [g.add('AddV2', [variance, g.scalar(1e-3)])])]);
    };
  /** LayerNorm by a variance that may be none. */
  const normBy =
    (square: (g: Sketch, x: string, mean: string) => string): Piece =>
    (g, x) => {
      const over = (value: string): string => g.add('Mean', [value, g.ints(3)], {keep_dims: attr.bool(true)});
      const mean = over(x);
      const variance = over(square(g, x, mean));
      const inverse = g.add('Rsqrt', [g.add('AddV2', [variance, g.scalar(1e-3)])]);
      return g.add('Mul', [g.add('Sub', [x, mean]), inverse]);
    };

  const LOOKALIKES: Readonly<Record<string, [io.ModelArtifacts, RegExp]>> = {
    dilation: [convFirstModel({conv: depthwise({dilation: 2})}), /dilation 2×2/],
    'depth multiplier 2': [
      convFirstModel({conv: depthwise({multiplier: 2}), expand: pointwise(2 * CHANNELS, HIDDEN)}),
      /depth multiplier 2/,
    ],
    'LayerNorm over the image': [convFirstModel({norm: layerNorm(1, 2)}), /^a norm over height and width$/],
    'LayerNorm over image and channels': [
      convFirstModel({norm: layerNorm(1, 2, 3)}),
      /^a norm over height, width and channels$/,
    ],
    'a linear hidden layer': [convNextModel({act: identity}), /linear hidden layer/],
    'unequal strides': [convFirstModel({conv: depthwise({strides: [1, 2]}), sum: dropSum}), /strides 1×2/],
    'stride 3': [convFirstModel({conv: depthwise({strides: [3, 3]}), sum: dropSum}), /stride 3/],
    'group width 4': [convFirstModel({conv: grouped(4)}), /group width 4/],
    'a dense conv': [convFirstModel({conv: grouped(CHANNELS)}), /a dense 3×3 conv/],
    'a scale between an activation and LayerNorm': [
      convFirstModel({norm: chain(silu, affine(CHANNELS), layerNorm(3))}),
      /between an activation and LayerNorm/,
    ],
    'an activation that is none of ours': [convNextModel({act: op('Softplus')}), /Softplus/],
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
        expand: (g, x) => g.add('Einsum', [x, g.floats(CHANNELS, HIDDEN)], {equation: attr.text('abcd,de->abce')}),
      }),
      /output 1 of FusedBatchNormV3/,
    ],
    'batch norm in training': [
      convFirstModel({
        norm: (g, x) => g.add('FusedBatchNormV3', [x, ...Array.from({length: 4}, () => g.floats(CHANNELS))]),
      }),
      /^batch norm in training mode$/,
    ],
    'a constant that differs from pixel to pixel': [
      convFirstModel({norm: (g, x) => g.add('Mul', [x, g.floats(1, HEIGHT, WIDTH, CHANNELS)])}),
      /is not one number a channel/,
    ],
    'LayerNorm whose mean lies along another axis': [
      convFirstModel({norm: NORM_ALONG_ANOTHER_AXIS(identity)}, SQUARE),
      /broadcasts over other axes than channels/,
    ],
    'LayerNorm whose mean is broadcast along another axis': [
      convFirstModel(
        {norm: NORM_ALONG_ANOTHER_AXIS((g, mean) => g.add('BroadcastTo', [mean, g.ints(...SQUARE)]))},
        SQUARE,
      ),
      /BroadcastTo that moves numbers between pixels and channels/,
    ],
    'LayerNorm by the variance of another value': [
      convFirstModel({norm: normBy((g, x, mean) => g.add('SquaredDifference', [g.add('Tanh', [x]), mean]))}),
      /neither a scale, nor LayerNorm/,
    ],
    'LayerNorm by the unbiased variance': [
      convFirstModel({
        norm: normBy((g, x, mean) => {
          const square = g.add('SquaredDifference', [x, mean]);
          return g.add('Mul', [square, g.scalar(CHANNELS / (CHANNELS - 1))]);
        }),
      }),
      /neither a scale, nor LayerNorm/,
    ],
    RMSNorm: [
      convFirstModel({
        norm: (g, x) => {
          const energy = g.add('Mean', [g.add('Square', [x]), g.ints(3)], {keep_dims: attr.bool(true)});
          return g.add('Mul', [x, g.add('Rsqrt', [g.add('AddV2', [energy, g.scalar(1e-3)])])]);
        },
      }),
      /neither a scale, nor LayerNorm/,
    ],
    GroupNorm: [
      convFirstModel({
        norm: chain(
          (g, x) => g.add('Reshape', [x, g.ints(2, HEIGHT, WIDTH, 4, CHANNELS / 4)]),
          layerNorm(1, 2, 4),
          (g, x) => g.add('Reshape', [x, g.ints(2, HEIGHT, WIDTH, CHANNELS)]),
        ),
      }),
      /a Reshape that does not keep the channels/,
    ],
    'hard-swish cut elsewhere': [
      convNextModel({
        act: (g, x) => g.add('Mul', [x, g.add('Relu6', [g.add('AddV2', [x, g.scalar(2)])])]),
      }),
      /nor a known activation/,
    ],
    'a power that is no constant': [
      convNextModel({act: chain(silu, (g, x) => g.add('Mul', [x, g.add('Pow', [x, x])]))}),
      /Pow in a formula of no known layer/,
    ],
    'a product with itself': [
      convNextModel({act: chain(silu, (g, x) => g.add('Mul', [x, x]))}),
      /nor a known activation/,
    ],
    'a scale of zero': [convFirstModel({norm: (g, x) => g.add('Mul', [x, g.scalar(0)])}), /neither a scale/],
    'a scale for each row of pixels': [
      convFirstModel({norm: (g, x) => g.add('Mul', [x, g.floats(1, HEIGHT, 1, CHANNELS)])}),
      /is not one number a channel/,
    ],
    'a dilation by SpaceToBatchND': [
      convFirstModel({
        conv: (g, x) => {
          const crops = g.weight({shape: [2, 2], data: Int32Array.of(0, 0, 0, 0)});
          const block = g.ints(1, 1);
          const spread = g.add('SpaceToBatchND', [x, block, crops]);
          return g.add('BatchToSpaceND', [depthwise()(g, spread), block, crops]);
        },
      }),
      /BatchToSpaceND is no part of a block/,
    ],
    'twice as many outputs as inputs a group': [
      convFirstModel({
        conv: (g, x) => g.add('Conv2D', [x, g.floats(3, 3, 8, 2 * CHANNELS)], convAttrs({})),
        expand: pointwise(2 * CHANNELS, HIDDEN),
      }),
      /a 3×3 conv in groups from 16 to 32 channels, not a depthwise conv/,
    ],
    'half as many outputs as inputs a group, the groups split': [
      convFirstModel({
        stem: pointwise(CHANNELS, 2 * CHANNELS),
        conv: (g, x) => {
          const half = g.add('Split', [g.int(3), x], {num_split: attr.int(2)});
          const convs = [half, `${half}:1`].map((group) =>
            g.add('Conv2D', [group, g.floats(3, 3, 8, 8)], convAttrs({})),
          );
          return g.add('ConcatV2', [...convs, g.int(3)]);
        },
        sum: dropSum,
      }),
      /do not keep the number of channels/,
    ],
    'layers that do not fit together': [
      convNextModel({project: POINTWISE['Einsum']!(HIDDEN + 8, CHANNELS)}),
      /a layer of 24 outputs before one of 32 inputs/,
    ],
    'a 1×1 conv of stride 2': [
      convFirstModel({
        expand: (g, x) =>
          g.add('Conv2D', [x, g.floats(1, 1, CHANNELS, HIDDEN)], convAttrs({strides: [2, 2], padding: 'VALID'})),
        sum: dropSum,
      }),
      /a 1×1 conv of stride 2×2/,
    ],
    'an Einsum that turns the image': [
      convFirstModel(
        {
          expand: (g, x) => g.add('Einsum', [x, g.floats(CHANNELS, HIDDEN)], {equation: attr.text('abcd,de->acbe')}),
        },
        SQUARE,
      ),
      /no matrix product over the last axis/,
    ],
    'a product with a transposed image': [
      convFirstModel(
        {
          expand: (g, x) => g.add('BatchMatMulV2', [x, g.floats(1, 1, CHANNELS, CHANNELS)], {adj_x: attr.bool(true)}),
          project: pointwise(CHANNELS, CHANNELS),
        },
        SQUARE,
      ),
      /a matrix product of a transposed image/,
    ],
    ...GLOBAL_LOOKALIKES,
    ...PRELU_LOOKALIKES,
    Mish: [convNextModel({act: (g, x) => g.add('Mul', [x, g.add('Tanh', [g.add('Softplus', [x])])])}), /^Mish$/],
    'SiLU with a constant inside': [
      convNextModel({act: (g, x) => g.add('Mul', [x, g.add('Sigmoid', [g.add('AddV2', [x, g.scalar(1)])])])}),
      /neither a scale/,
    ],
    'a GELU of another half': [
      convNextModel({
        act: (g, x) => {
          const gate = g.add('AddV2', [g.scalar(0.9), g.add('Erf', [g.add('Mul', [x, g.scalar(Math.SQRT1_2)])])]);
          return g.add('Mul', [g.add('Mul', [x, gate]), g.scalar(0.5)]);
        },
      }),
      /neither a scale, nor LayerNorm, nor a known activation/,
    ],
    'a clip whose lower end is not 0': [
      convNextModel({act: (g, x) => g.add('ClipByValue', [x, g.scalar(-1), g.scalar(6)])}),
      /neither a scale, nor LayerNorm, nor a known activation/,
    ],
    'a Minimum alone': [convNextModel({act: (g, x) => g.add('Minimum', [x, g.scalar(6)])}), /neither a scale/],
    'a Minimum below the Maximum': [
      convNextModel({act: (g, x) => g.add('Minimum', [g.add('Maximum', [x, g.scalar(0)]), g.scalar(-1)])}),
      /neither a scale/,
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
    expect(misses.map((miss) => miss.reason)).toEqual([expect.stringMatching(reason)]);
    const names = (artifacts.modelTopology as {node: NodeDef[]}).node.map(({name}) => name);
    expect(names.filter((name) => name !== 'x' && misses[0]!.reason.includes(name))).toEqual([]);
    const changed = legalizeArtifacts(artifacts).artifacts;
    expect(result).toEqual(changed);
  });

  describe('a broken model', () => {
    const norms = Object.values(LAYER_NORMS).map((norm) => convFirstModel({norm}));
    const acts = Object.values(ACTIVATIONS).map(([, act]) => expandFirstModel({act}));
    const convs = Object.values(POINTWISE).map((expand) => convFirstModel({expand: expand(CHANNELS, HIDDEN)}));

    it('is one that may be malformed, and no other exception, where a node lacks inputs', async () => {
      for (const artifacts of [...norms, ...acts, ...convs]) {
        const {node} = artifacts.modelTopology as {node: NodeDef[]};
        for (const def of node)
          for (const input of [def.input?.slice(0, -1), []]) {
            const nodes = node.map((other) => (other === def ? {...def, ...(input && {input})} : other));
            const broken = {...artifacts, modelTopology: {node: nodes}};
            await fuse(broken).catch((error: unknown) => {
              expect(error).toMatchObject({code: 'invalid-model'});
            });
          }
      }
    });
  });

  const SUMS: Readonly<Record<string, [SumPiece, RegExp | null]>> = {
    'a difference': [(g, branch, x) => g.add('Sub', [x, branch]), null],
    'a sum with another value': [
      (g, branch, x) => g.add('AddV2', [branch, g.add('Tanh', [x])]),
      /^a sum with another value than the input of the block, which stays outside$/,
    ],
    'a sum with a value of the block': [(g, branch) => g.add('AddV2', [branch, branch]), null],
    'a sum with a scaled input': [
      (g, branch, x) => g.add('AddV2', [branch, g.add('Mul', [x, g.scalar(0.5)])]),
      /^a sum with another value than the input of the block, which stays outside$/,
    ],
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

  it('NCHW that is to stay', async () => {
    const g = new Sketch();
    const attrs = convAttrs({format: 'NCHW'});
    const conv = g.add('DepthwiseConv2dNative', [g.add('Relu', ['x']), g.floats(3, 3, CHANNELS, 1)], attrs);
    const hidden = silu(g, g.add('Conv2D', [conv, g.floats(1, 1, CHANNELS, HIDDEN)], attrs));
    g.add('Relu', [g.add('Conv2D', [hidden, g.floats(1, 1, HIDDEN, CHANNELS)], attrs)]);
    const artifacts = g.artifacts([1, CHANNELS, CHANNELS, CHANNELS]);
    const {report} = await fuseModelArtifacts(artifacts, {keepNodes: [conv]});
    expect(report.blocks).toEqual([]);
    expect(report.misses.map(({at, reason}) => [at, reason])).toEqual([[conv, expect.stringMatching(/NCHW/)]]);
    expect(report.misread).toEqual([{name: conv, op: 'DepthwiseConv2dNative', reason: 'in NCHW'}]);
  });
});
