/** Values inside a block that something outside needs: such a block is left alone, or ends before them. */
import type {io} from '@tensorflow/tfjs-core';

import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {fuse, useCpu} from '../helpers/rewritten.ts';
import {
  type BlockPieces,
  CHANNELS,
  convFirstModel,
  depthwise,
  HIDDEN,
  layerNorm,
  type Piece,
  pointwise,
  silu,
  type Sketch,
  type SumPiece,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

describe('what is needed outside', () => {
  /** conv → expand → act → project + x, with `tap` reading a value inside. */
  function tapped(
    where: keyof BlockPieces,
    tap: (g: Sketch, value: string) => string,
    {isOutput = true} = {},
  ): io.ModelArtifacts {
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
    // Without a norm the first two layers are a block of their own.
    const model = convFirstModel({norm: layerNorm(3), ...pieces, [where]: also(pieces[where]!)});
    const {signature} = model as {signature: {outputs: Record<string, {name: string}>}};
    if (isOutput) signature.outputs['tap'] = {name: `${taps[0]!}:0`};
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

  it('keeps a block apart of which a shape is read that nobody reads on', async () => {
    const model = tapped('act', (g, value) => g.add('Neg', [g.add('Shape', [value])]), {isOutput: false});
    const {blocks, misses} = await fuse(model);
    expect(blocks).toEqual([]);
    expect(misses).toMatchObject([{reason: expect.stringMatching(/also read by Neg/) as string}]);
  });

  it('keeps a block apart of which a shape is to be kept', async () => {
    const shapes: string[] = [];
    // The shape is read in the block alone: by the Reshape after it.
    const act: Piece = (g, x) => {
      shapes.push(g.add('Shape', [x]));
      return silu(g, g.add('Reshape', [x, shapes[0]!]));
    };
    const model = convFirstModel({norm: layerNorm(3), act});
    expect((await fuseModelArtifacts(model)).report.blocks).toHaveLength(1);
    expect((await fuseModelArtifacts(model, {keepNodes: shapes})).report.blocks).toEqual([]);
  });

  it('keeps a block apart that a node outside waits for', async () => {
    const model = tapped('act', (g, value) => g.add('Tanh', ['x', `^${value}`]));
    expect((await fuse(model)).misses).toMatchObject([{reason: expect.stringMatching(/read by Tanh/) as string}]);
  });

  it('keeps a block apart of which a node waits for a shape', async () => {
    const act: Piece = (g, x) => {
      const shape = g.add('Shape', [x]);
      return g.add('Mul', [x, g.add('Sigmoid', [x, `^${shape}`])]);
    };
    const {blocks, misses} = await fuse(convFirstModel({norm: layerNorm(3), act}));
    expect(blocks).toEqual([]);
    expect(misses).toMatchObject([{reason: expect.stringMatching(/also read by Shape/) as string}]);
  });

  it('takes the outputs from the signature in userDefinedMetadata, which overrides', async () => {
    const model = tapped('act', (_, value) => value);
    const {signature} = convFirstModel({norm: layerNorm(3)});
    expect((await fuse({...model, userDefinedMetadata: {signature: signature!}})).blocks).toHaveLength(1);
    const plain = {...model, signature: signature!, userDefinedMetadata: {signature: model.signature!}};
    expect((await fuse(plain)).blocks).toEqual([]);
  });

  it('leaves a batch norm out of the block before it whose statistics are read', async () => {
    const statistics: SumPiece = (g, branch, x) => {
      const constants = Array.from({length: 4}, () => g.floats(CHANNELS));
      const normed = g.add('FusedBatchNormV3', [branch, ...constants], {is_training: attr.bool(false)});
      return g.add('AddV2', [g.add('Mul', [normed, g.add('Neg', [`${normed}:1`])]), x]);
    };
    const {blocks} = await fuse(convFirstModel({sum: statistics}));
    expect(blocks.map(({name}) => name)).toEqual([expect.stringMatching(/^_FusedConv2D/)]);
  });

  it('keeps a block apart of which a shape alone is read', async () => {
    const {blocks, misses} = await fuse(tapped('act', (g, value) => g.add('Shape', [value])));
    expect(blocks).toEqual([]);
    expect(misses).toMatchObject([{reason: expect.stringMatching(/also read by Shape/) as string}]);
  });
});
