/** Which graphs are blocks: each spelling fused and run beside the original. Those that are none: lookalikes.test.ts. */
import type {io} from '@tensorflow/tfjs-core';

import type {BlockSpec} from '../../ops/block.ts';
import type {AttrValue, NodeDef} from '../../src/graph/graphDef.ts';
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
  rowsTimesMatrix,
  scale,
  shift,
  silu,
  Sketch,
  type SumPiece,
  WIDTH,
} from '../helpers/sketch.ts';
import {ACTIVATIONS, LAYER_NORMS, POINTWISE} from '../helpers/spellings.ts';

type Attrs = Record<string, AttrValue>;

beforeAll(useCpu);

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
    const pieces = {
      expand: chain(flat, rowsTimesMatrix(CHANNELS, HIDDEN)),
      project: chain(rowsTimesMatrix(HIDDEN, CHANNELS), image),
    };
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

describe('in a model', () => {
  /** The model with its node list changed. */
  const withNodes = (artifacts: io.ModelArtifacts, change: (nodes: NodeDef[]) => NodeDef[]): io.ModelArtifacts => {
    const topology = artifacts.modelTopology as {node: NodeDef[]};
    return {...artifacts, modelTopology: {...topology, node: change(topology.node)}};
  };
  const withInput = (artifacts: io.ModelArtifacts, placeholder: Partial<NodeDef>): io.ModelArtifacts =>
    withNodes(artifacts, (nodes) => nodes.map((node) => (node.name === 'x' ? {...node, ...placeholder} : node)));
  const OPEN = [-1, -1, -1, CHANNELS];
  const openTensordot = POINTWISE['Tensordot of an open shape']!;
  const tensordots = {
    expand: openTensordot(CHANNELS, HIDDEN),
    project: openTensordot(HIDDEN, CHANNELS),
    norm: layerNorm(3),
  };

  const MODELS: Readonly<Record<string, io.ModelArtifacts>> = {
    'that is the block alone': convFirstModel({stem: identity, head: identity}),
    'of open batch and size': convFirstModel({norm: layerNorm(3)}, OPEN),
    'of open batch and size, by Tensordot': convFirstModel(tensordots, OPEN),
    'whose input may have any rank': withInput(convFirstModel(), {attr: {shape: {shape: {unknownRank: true}}}}),
    'whose input has a default': (() => {
      const g = new Sketch();
      const fallback = g.floats(...IMAGE);
      g.nodes['y'] = ['PlaceholderWithDefault', [fallback], {shape: {shape: {dim: IMAGE.map((size) => ({size}))}}}];
      const branch = chain(depthwise(), pointwise(CHANNELS, HIDDEN), silu, pointwise(HIDDEN, CHANNELS))(g, 'y');
      g.add('AddV2', ['y', branch]);
      return g.artifacts(IMAGE);
    })(),
    'whose nodes come before their inputs': withNodes(convFirstModel(), (nodes) => [...nodes].reverse()),
    'whose inputs are named with their port': withNodes(convFirstModel(), (nodes) =>
      nodes.map((node) => ({...node, input: (node.input ?? []).map((name) => `${name}:0`)})),
    ),
    'that passes branch and input through Identity': convFirstModel({
      sum: (g, branch, x) => g.add('AddV2', [g.add('Identity', [branch]), g.add('Identity', [x])]),
    }),
    'that adds the input twice': convFirstModel({
      sum: (g, branch, x) => g.add('AddV2', [x, g.add('AddV2', [x, branch])]),
    }),
    'that adds a number to the sum': convFirstModel({
      sum: (g, branch, x) => g.add('Identity', [g.add('Sub', [g.add('AddV2', [x, branch]), g.scalar(1)])]),
    }),
  };
  it.each(Object.entries(MODELS))('%s', async (_, artifacts) => {
    await expectBlock(artifacts, {order: 'conv-first', residual: true});
  });

  const padded =
    (op: string, pads: readonly number[], {attrs = {}, fill}: {attrs?: Attrs; fill?: number} = {}): Piece =>
    (g, x) => {
      const paddings = g.weight({shape: [4, 2], data: Int32Array.from(pads)});
      const inputs = fill === undefined ? [x, paddings] : [x, paddings, g.scalar(fill)];
      return depthwise({padding: 'VALID'})(g, g.add(op, inputs, attrs));
    };
  const AROUND = [0, 0, 1, 1, 1, 1, 0, 0];
  it('takes a PadV2 of zeros in', async () => {
    const sides = {top: 1, right: 1, bottom: 1, left: 1};
    await expectBlock(convFirstModel({conv: padded('PadV2', AROUND, {fill: 0})}), {padding: sides, residual: true});
  });

  const PADS: Readonly<Record<string, [Piece, SumPiece?]>> = {
    'PadV2 of ones': [padded('PadV2', AROUND, {fill: 1})],
    MirrorPad: [padded('MirrorPad', AROUND, {attrs: {mode: attr.text('reflect')}})],
    'Pad of the batch': [padded('Pad', [0, 1, 1, 1, 1, 1, 0, 0]), (_, branch) => branch],
  };
  it.each(Object.entries(PADS))('leaves a %s before the block', async (_, [conv, sum]) => {
    const artifacts = convFirstModel({conv, ...(sum && {sum})});
    const {blocks, artifacts: fused} = await fuse(artifacts);
    expect(blocks.map(({spec}) => [spec.padding, spec.residual])).toEqual([['valid', false]]);
    expectSameOutput(fused, artifacts);
  });
});

describe('of two blocks', () => {
  const WEIGHTS = ['filter', 'bias', 'expand', 'project'] as const;
  /** Two blocks in a row that share their weights. */
  function shared(also: (g: Sketch, weights: Record<(typeof WEIGHTS)[number], string>) => void): io.ModelArtifacts {
    const g = new Sketch();
    const weights = {
      filter: g.floats(3, 3, CHANNELS, 1),
      bias: g.floats(CHANNELS),
      expand: g.floats(1, 1, CHANNELS, HIDDEN),
      project: g.floats(1, 1, HIDDEN, CHANNELS),
    };
    also(g, weights);
    let x = g.add('Relu', ['x']);
    for (let i = 0; i < 2; i++) {
      const conv = g.add('DepthwiseConv2dNative', [x, weights.filter], convAttrs({}));
      const hidden = g.add('Conv2D', [g.add('BiasAdd', [conv, weights.bias]), weights.expand], convAttrs({}));
      x = g.add('AddV2', [x, g.add('Conv2D', [silu(g, hidden), weights.project], convAttrs({}))]);
    }
    return g.artifacts(IMAGE);
  }

  it('that share their weights, both are fused and the weights go', async () => {
    const artifacts = shared(() => undefined);
    const {blocks, artifacts: fused} = await fuse(artifacts);
    expect(blocks).toHaveLength(2);
    expect(fused.weightSpecs!.map(({name}) => name)).toEqual(blocks.map(({name}) => `${name}/params`));
    expectSameOutput(fused, artifacts);
  });

  it('a weight that is read elsewhere stays', async () => {
    const artifacts = shared((g, {bias}) => {
      g.nodes['elsewhere'] = ['Relu', [bias]];
    });
    const {blocks, artifacts: fused} = await fuse(artifacts);
    const bias = artifacts.weightSpecs![1]!.name;
    expect(fused.weightSpecs!.map(({name}) => name)).toEqual([bias, ...blocks.map(({name}) => `${name}/params`)]);
    expectSameOutput(fused, artifacts);
  });

  it('each has its own nodes', async () => {
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
    expectSameOutput(fused, artifacts);
  });
});
