/** Which graphs are blocks: each spelling fused and run beside the original, each look-alike left alone with its reason. */
import '@tensorflow/tfjs-backend-cpu';

import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import type {BlockSpec} from '../../ops/block.ts';
import {registerBlockFusion} from '../../src/register.ts';
import type {FusionReport} from '../../src/report.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {expectClose} from '../compare.ts';
import {randomFloats} from '../random.ts';
import {attr} from '../smallGraphs.ts';
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
  IMAGE,
  layerNorm,
  op,
  type Piece,
  pointwise,
  scale,
  shift,
  silu,
  Sketch,
  type SumPiece,
  WIDTH,
} from './sketch.ts';
import {ACTIVATIONS, LAYER_NORMS, POINTWISE} from './spellings.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerBlockFusion();
});

const OUTPUT_TOLERANCE = 2e-5;

function run(artifacts: io.ModelArtifacts): Float32Array {
  const output = tf.tidy(() => {
    const model = loadGraphModelSync(artifacts);
    const size = IMAGE.reduce((a, b) => a * b);
    const y = model.predict(tf.tensor(randomFloats(size, {seed: 7, scale: 2}), IMAGE)) as Tensor;
    model.dispose();
    return y;
  });
  const data = output.dataSync() as Float32Array;
  output.dispose();
  return data;
}

async function fuse(artifacts: io.ModelArtifacts): Promise<FusionReport & {artifacts: io.ModelArtifacts}> {
  const {artifacts: fused, report} = await fuseModelArtifacts(artifacts);
  return {...report, artifacts: fused};
}

/** Fuses a model of one block, checks its spec, and runs it beside the original. */
async function expectBlock(artifacts: io.ModelArtifacts, spec: Partial<BlockSpec>): Promise<void> {
  const {blocks, artifacts: fused, misses} = await fuse(artifacts);
  expect(misses).toEqual([]);
  expect(blocks.map((block) => block.spec)).toEqual([expect.objectContaining(spec)]);
  const expected = run(legalizeArtifacts(artifacts).artifacts);
  expectClose(run(fused), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
}

/** A product of rows. */
const matrix =
  (inputs: number, outputs: number): Piece =>
  (g, x) =>
    g.add('BiasAdd', [g.add('MatMul', [x, g.floats(inputs, outputs)]), g.floats(outputs)]);

const KERAS_NORM_BY_BATCH_NORM: Piece = (g, x) => {
  const dim = (shape: string, i: number): string =>
    g.add('StridedSlice', [shape, g.ints(i), g.ints(i + 1), g.ints(1)], {shrink_axis_mask: attr.int(1)});
  const shape = g.add('Shape', [x]);
  const rows = g.add('Mul', [g.add('Mul', [dim(shape, 0), dim(shape, 1)]), dim(shape, 2)]);
  const fill = (value: number): string => g.add('Fill', [g.add('Pack', [rows]), g.scalar(value)]);
  const one = g.int(1);
  const flat = g.add('Reshape', [x, g.add('Pack', [one, rows, dim(shape, 3), one])]);
  const none = g.weight({shape: [0], data: new Float32Array(0)});
  const normed = g.add('FusedBatchNormV3', [flat, fill(1), fill(0), none, none], {
    data_format: attr.text('NCHW'),
    is_training: attr.bool(true),
    epsilon: attr.float(2e-3),
  });
  return affine(CHANNELS)(g, g.add('Reshape', [normed, shape]));
};

const ADD: Readonly<Record<string, SumPiece>> = {
  'AddV2, branch first': (g, branch, x) => g.add('AddV2', [branch, x]),
  'AddV2, input first': (g, branch, x) => g.add('AddV2', [x, branch]),
  Add: (g, branch, x) => g.add('Add', [x, branch]),
  'AddN with the bias': (g, branch, x) =>
    g.add('AddN', [x, branch, g.weight({shape: IMAGE, data: new Float32Array(960).map((_, i) => i % CHANNELS)})]),
  'bias after AddN': (g, branch, x) => g.add('AddV2', [g.floats(CHANNELS), g.add('AddN', [x, branch])]),
};

describe('conv-first', () => {
  it.each(Object.entries(ADD))('takes in the sum spelled as %s', async (_, sum) => {
    await expectBlock(convFirstModel({sum}), {order: 'conv-first', residual: true, hiddenActivation: 'silu'});
  });

  it.each(Object.entries(ACTIVATIONS).filter(([name]) => name !== 'Erfc'))('knows %s', async (_, [activation, act]) => {
    await expectBlock(convFirstModel({act}), {hiddenActivation: activation as 'gelu'});
  });

  it('knows GELU by Erfc, which stock tfjs lacks', async () => {
    const {blocks} = await fuse(convFirstModel({act: ACTIVATIONS['Erfc']![1]}));
    expect(blocks.map(({spec}) => spec.hiddenActivation)).toEqual(['gelu']);
  });

  it.each(Object.entries({'as in Keras 2': layerNorm(3), 'over axis −1': layerNorm(-1), ...LAYER_NORMS}))(
    'knows LayerNorm %s',
    async (_, norm) => {
      await expectBlock(convFirstModel({norm}), {layerNormEpsilon: Math.fround(1e-3)});
    },
  );

  it.each(Object.entries(POINTWISE))('knows a pointwise layer spelled as %s', async (_, spelled) => {
    const pieces = {expand: spelled(CHANNELS, HIDDEN), project: spelled(HIDDEN, CHANNELS)};
    await expectBlock(convFirstModel({...pieces, norm: layerNorm(3)}), {hiddenChannels: HIDDEN, residual: true});
  });

  it('knows LayerNorm as the training batch norm of Keras 2, which stock tfjs cannot run', async () => {
    const {blocks} = await fuse(convFirstModel({norm: KERAS_NORM_BY_BATCH_NORM}));
    expect(blocks.map(({spec}) => spec)).toEqual([expect.objectContaining({layerNormEpsilon: 2e-3, residual: true})]);
  });

  it('sees through reshapes that hold from expand to project', async () => {
    const flat: Piece = (g, x) => g.add('Reshape', [x, g.ints(-1, CHANNELS)]);
    const image: Piece = (g, x) => g.add('Reshape', [x, g.ints(2, HEIGHT, WIDTH, CHANNELS)]);
    const pieces = {expand: chain(flat, matrix(CHANNELS, HIDDEN)), project: chain(matrix(HIDDEN, CHANNELS), image)};
    await expectBlock(convFirstModel(pieces), {residual: true});
  });

  const batchNorm: Piece = (g, x) => {
    const variance = g.weight({shape: [CHANNELS], data: new Float32Array(CHANNELS).map((_, c) => 0.5 + c / 8)});
    const constants = [g.floats(CHANNELS), g.floats(CHANNELS), g.floats(CHANNELS), variance];
    return g.add('FusedBatchNormV3', [x, ...constants], {is_training: attr.bool(false), epsilon: attr.float(1e-3)});
  };
  const AFFINES: Readonly<Record<string, BlockPieces>> = {
    'batch norm after the conv': {norm: batchNorm},
    'scale and shift after the conv': {norm: affine(CHANNELS)},
    'scale and shift after expand and project': {
      expand: chain(pointwise(CHANNELS, HIDDEN), affine(HIDDEN)),
      project: chain(pointwise(HIDDEN, CHANNELS), affine(CHANNELS), scale(CHANNELS)),
    },
    'scale and shift after the activation': {act: chain(silu, affine(HIDDEN))},
    'an activation, then scale and shift, before expand': {norm: chain(op('Relu6'), affine(CHANNELS))},
    'scale and shift around LayerNorm': {norm: chain(affine(CHANNELS), layerNorm(3), affine(CHANNELS))},
    'constants of rank 4 and division': {norm: (g, x) => g.add('RealDiv', [x, g.scalar(3)])},
    'Neg and Sub from a constant': {norm: (g, x) => g.add('Sub', [g.floats(CHANNELS), g.add('Neg', [x])])},
    'Identity between all layers': {norm: op('Identity'), act: chain(op('Identity'), silu, op('Identity'))},
  };
  it.each(Object.entries(AFFINES))('folds %s', async (_, pieces) => {
    await expectBlock(convFirstModel(pieces), {residual: true});
  });

  it('folds a scale before the conv, though the residual is of the value before it', async () => {
    await expectBlock(convFirstModel({conv: chain(scale(CHANNELS), depthwise())}), {residual: true});
  });

  it.each([
    ['depthwise', depthwise({kernel: [1, 1], padding: 'VALID'})],
    ['grouped', grouped(8, {kernel: [1, 1], padding: 'VALID'})],
  ])('folds scale and shift before a %s conv without padding', async (_, conv) => {
    const pieces = {conv: chain(affine(CHANNELS), conv)};
    await expectBlock(convFirstModel(pieces), {residual: true, padding: 'valid'});
  });

  it('folds a scale before a grouped conv with padding', async () => {
    await expectBlock(convFirstModel({conv: chain(scale(CHANNELS), grouped(8))}), {groupWidth: 8, residual: true});
  });

  const pad =
    (...pixels: [number, number, number, number]): Piece =>
    (g, x) => {
      const [top, bottom, left, right] = pixels;
      const paddings = g.weight({shape: [4, 2], data: Int32Array.of(0, 0, top, bottom, left, right, 0, 0)});
      return g.add('Pad', [x, paddings]);
    };
  const convOfGroups =
    (form: 'Split' | 'StridedSlice'): Piece =>
    (g, x) => {
      const split = form === 'Split' ? g.add('Split', [g.int(-1), x], {num_split: attr.int(2)}) : '';
      const slice = (i: number): string =>
        g.add('StridedSlice', [x, g.ints(0, 0, 0, 8 * i), g.ints(0, HEIGHT, WIDTH, 8 * i + 8), g.ints(1, 1, 1, 1)], {
          end_mask: attr.int(1),
        });
      const parts = [0, 1].map((i) => {
        const part = form === 'StridedSlice' ? slice(i) : i === 0 ? split : `${split}:1`;
        return g.add('Conv2D', [part, g.floats(3, 3, 8, 8)], convAttrs({}));
      });
      return g.add('ConcatV2', [...parts, g.int(3)]);
    };
  const CONVS: Readonly<Record<string, [Piece, Partial<BlockSpec>]>> = {
    'a depthwise conv as grouped Conv2D': [grouped(1), {groupWidth: 1}],
    'group width 8': [grouped(8), {groupWidth: 8}],
    'a window that is not square': [depthwise({kernel: [1, 5]}), {kernelSize: [1, 5]}],
    'Pad, then VALID': [
      chain(pad(2, 0, 1, 1), depthwise({padding: 'VALID'})),
      {padding: {top: 2, bottom: 0, left: 1, right: 1}},
    ],
    'explicit paddings': [
      depthwise({padding: 'EXPLICIT', explicit: [0, 0, 1, 1, 2, 0, 0, 0]}),
      {padding: {top: 1, bottom: 1, left: 2, right: 0}},
    ],
    'Split, Conv2D, ConcatV2': [convOfGroups('Split'), {groupWidth: 8}],
    'StridedSlice, Conv2D, ConcatV2': [convOfGroups('StridedSlice'), {groupWidth: 8}],
  };
  it.each(Object.entries(CONVS))('knows %s', async (_, [conv, spec]) => {
    await expectBlock(convFirstModel({conv}), {...spec, residual: true});
  });

  it('has stride 2 without a residual', async () => {
    const bare: SumPiece = (_, branch) => branch;
    await expectBlock(convFirstModel({conv: depthwise({strides: [2, 2]}), sum: bare}), {stride: 2, residual: false});
  });
});

describe('expand-first', () => {
  it.each(Object.entries(ADD))('takes in the sum spelled as %s', async (_, sum) => {
    const spec = {hiddenActivation: 'relu6', spatialActivation: 'relu6', residual: true} as const;
    await expectBlock(expandFirstModel({sum}), {order: 'expand-first', ...spec});
  });

  const hiddenConv = (options = {}): Piece => depthwise({channels: HIDDEN, ...options});
  const PIECES: Readonly<Record<string, [BlockPieces, Partial<BlockSpec>]>> = {
    'grouped convs': [{conv: grouped(8, {channels: HIDDEN})}, {groupWidth: 8}],
    'no activation after the conv': [{norm: identity}, {spatialActivation: 'linear'}],
    'a scale after the hidden activation': [{act: chain(silu, scale(HIDDEN))}, {hiddenActivation: 'silu'}],
    'scale and shift after the conv and its activation': [
      {norm: chain(affine(HIDDEN), silu, affine(HIDDEN))},
      {spatialActivation: 'silu'},
    ],
    'scale and shift before expand': [{expand: chain(affine(CHANNELS), pointwise(CHANNELS, HIDDEN))}, {}],
    'expand by Tensordot': [{expand: POINTWISE['Tensordot of an open shape']!(CHANNELS, HIDDEN)}, {}],
    'a shift before a conv without padding': [
      {act: chain(silu, shift(HIDDEN)), conv: hiddenConv({kernel: [1, 1], padding: 'VALID'})},
      {padding: 'valid'},
    ],
  };
  it.each(Object.entries(PIECES))('knows %s', async (_, [pieces, spec]) => {
    await expectBlock(expandFirstModel(pieces), {order: 'expand-first', residual: true, ...spec});
  });
});

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
        expand: chain((g, x) => g.add('Reshape', [x, g.ints(-1, CHANNELS)]), matrix(CHANNELS, HIDDEN)),
        project: chain(matrix(HIDDEN, CHANNELS), (g, x) => g.add('Reshape', [x, g.ints(2, WIDTH, HEIGHT, CHANNELS)])),
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
    expectClose(run(fused), run(artifacts), OUTPUT_TOLERANCE * 10);
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

test('of two blocks in a row, each has its own nodes', async () => {
  const g = new Sketch();
  let x = g.add('Relu', ['x']);
  for (let i = 0; i < 2; i++) {
    const branch = chain(depthwise(), pointwise(CHANNELS, HIDDEN), silu, pointwise(HIDDEN, CHANNELS))(g, x);
    x = g.add('AddV2', [x, branch]);
  }
  const artifacts = g.artifacts(IMAGE);
  const {blocks, artifacts: fused} = await fuse(artifacts);
  expect(blocks.map(({spec}) => spec.residual)).toEqual([true, true]);
  const replaced = blocks.flatMap((block) => block.replaced);
  expect(new Set(replaced).size).toBe(replaced.length);
  expectClose(run(fused), run(artifacts), OUTPUT_TOLERANCE);
});
