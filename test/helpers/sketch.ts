/** Blocks drawn piece by piece, so that a test can swap one piece for another spelling, or for one that is none. */
import type {io} from '@tensorflow/tfjs-core';

import type {AttrValue} from '../../src/graph/graphDef.ts';
import {artifactsOf, attr, floats, int, ints, type SmallNode, type SmallWeight} from './smallGraphs.ts';

/** A graph while it is drawn: nodes are named by their op. */
export class Sketch {
  readonly nodes: Record<string, SmallNode> = {};
  readonly weights: Record<string, SmallWeight> = {};

  add(op: string, inputs: string[], attrs: Record<string, AttrValue> = {}): string {
    const name = `${op}_${Object.keys(this.nodes).length}`;
    this.nodes[name] = [op, inputs, attrs];
    return name;
  }

  weight(weight: SmallWeight): string {
    const name = `weight_${Object.keys(this.weights).length}`;
    this.weights[name] = weight;
    return name;
  }

  /** Seeded values, unlike in every channel and every weight. */
  floats(...shape: number[]): string {
    return this.weight(floats(shape, 1 + Object.keys(this.weights).length, 0.5));
  }

  scalar(value: number): string {
    return this.weight({shape: [], data: Float32Array.of(value)});
  }

  ints(...values: number[]): string {
    return this.weight(ints(...values));
  }

  int(value: number): string {
    return this.weight(int(value));
  }

  artifacts(input: number[]): io.ModelArtifacts {
    return artifactsOf({inputs: {x: input}, weights: this.weights, nodes: this.nodes});
  }
}

/** From the name of a value to that of the next. */
export type Piece = (g: Sketch, x: string) => string;

export const HEIGHT = 6;
export const WIDTH = 5;
export const CHANNELS = 16;
export const HIDDEN = 24;
export const IMAGE = [2, HEIGHT, WIDTH, CHANNELS];

export const identity: Piece = (_, x) => x;

/** One piece after the other. */
export const chain =
  (...pieces: Piece[]): Piece =>
  (g, x) =>
    pieces.reduce((value, piece) => piece(g, value), x);

export interface ConvOptions {
  readonly kernel?: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly dilation?: number;
  readonly padding?: string;
  readonly explicit?: readonly number[];
  readonly channels?: number;
  readonly format?: string;
}

export function convAttrs({
  strides = [1, 1],
  dilation = 1,
  padding = 'SAME',
  explicit = [],
  format = 'NHWC',
}: ConvOptions): Record<string, AttrValue> {
  return {
    data_format: attr.text(format),
    padding: attr.text(padding),
    strides: attr.ints(1, ...strides, 1),
    dilations: attr.ints(1, dilation, dilation, 1),
    explicit_paddings: attr.ints(...explicit),
  };
}

export const depthwise =
  (options: ConvOptions & {multiplier?: number} = {}): Piece =>
  (g, x) => {
    const {kernel = [3, 3], channels = CHANNELS, multiplier = 1} = options;
    const y = g.add('DepthwiseConv2dNative', [x, g.floats(...kernel, channels, multiplier)], convAttrs(options));
    return g.add('BiasAdd', [y, g.floats(channels * multiplier)]);
  };

export const grouped =
  (groupWidth: number, options: ConvOptions = {}): Piece =>
  (g, x) => {
    const {kernel = [3, 3], channels = CHANNELS} = options;
    return g.add('Conv2D', [x, g.floats(...kernel, groupWidth, channels)], convAttrs(options));
  };

/** A 1×1 conv with bias. */
export const pointwise =
  (inputs: number, outputs: number): Piece =>
  (g, x) =>
    g.add('_FusedConv2D', [x, g.floats(1, 1, inputs, outputs), g.floats(outputs)], {
      num_args: attr.int(1),
      ...convAttrs({}),
      fused_ops: attr.texts('BiasAdd'),
    });

/** A matrix product with bias, of rows `[pixels, inputs]`. */
export const rowsTimesMatrix =
  (inputs: number, outputs: number): Piece =>
  (g, x) =>
    g.add('BiasAdd', [g.add('MatMul', [x, g.floats(inputs, outputs)]), g.floats(outputs)]);

export const op =
  (name: string, attrs: Record<string, AttrValue> = {}): Piece =>
  (g, x) =>
    g.add(name, [x], attrs);

export const silu: Piece = (g, x) => g.add('Mul', [x, g.add('Sigmoid', [x])]);

/** A scale and a shift for each channel. */
export const affine =
  (channels: number): Piece =>
  (g, x) =>
    g.add('AddV2', [g.add('Mul', [x, g.floats(channels)]), g.floats(1, 1, 1, channels)]);

export const scale =
  (channels: number): Piece =>
  (g, x) =>
    g.add('Mul', [g.floats(channels), x]);

export const shift =
  (channels: number): Piece =>
  (g, x) =>
    g.add('Sub', [x, g.floats(channels)]);

const meanOver =
  (...axes: number[]): Piece =>
  (g, x) =>
    g.add('Mean', [x, g.ints(...axes)], {keep_dims: attr.bool(true)});

/** Keras 2's LayerNorm, over channels or, wrongly for a block, over other axes. */
export const layerNorm =
  (...axes: number[]): Piece =>
  (g, x) => {
    const mean = meanOver(...axes)(g, x);
    const variance = meanOver(...axes)(g, g.add('SquaredDifference', [x, mean]));
    const inverse = g.add('Rsqrt', [g.add('AddV2', [variance, g.scalar(1e-3)])]);
    const factor = g.add('Mul', [inverse, g.floats(CHANNELS)]);
    const rest = g.add('Sub', [g.floats(CHANNELS), g.add('Mul', [mean, factor])]);
    return g.add('AddV2', [g.add('Mul', [x, factor]), rest]);
  };

export type SumPiece = (g: Sketch, branch: string, x: string) => string;

export const sum: SumPiece = (g, branch, x) => g.add('AddV2', [branch, x]);

export interface BlockPieces {
  /** Before the block. */
  readonly stem?: Piece;
  readonly conv?: Piece;
  readonly norm?: Piece;
  readonly expand?: Piece;
  readonly act?: Piece;
  readonly project?: Piece;
  readonly sum?: SumPiece;
  /** After the block. */
  readonly head?: Piece;
}

/** These keep what surrounds a block out of it. */
const before = op('Relu');
const behind = op('Abs');

/** Returns a model of one block: conv → norm → expand → act → project, + x. */
export function convFirstModel(pieces: BlockPieces = {}, image = IMAGE): io.ModelArtifacts {
  const {stem = before, conv = depthwise(), norm = identity, act = silu, head = behind} = pieces;
  const {expand = pointwise(CHANNELS, HIDDEN), project = pointwise(HIDDEN, CHANNELS)} = pieces;
  const g = new Sketch();
  const x = stem(g, 'x');
  const branch = chain(conv, norm, expand, act, project)(g, x);
  head(g, (pieces.sum ?? sum)(g, branch, x));
  return g.artifacts(image);
}

/** Returns a model of one block: expand → act → conv → act → project, + x. `norm` is the act after the conv. */
export function expandFirstModel(pieces: BlockPieces = {}, image = IMAGE): io.ModelArtifacts {
  const {
    stem = before,
    conv = depthwise({channels: HIDDEN}),
    norm = op('Relu6'),
    act = op('Relu6'),
    head = behind,
  } = pieces;
  const {expand = pointwise(CHANNELS, HIDDEN), project = pointwise(HIDDEN, CHANNELS)} = pieces;
  const g = new Sketch();
  const x = stem(g, 'x');
  const branch = chain(expand, act, conv, norm, project)(g, x);
  head(g, (pieces.sum ?? sum)(g, branch, x));
  return g.artifacts(image);
}

export interface SeparablePieces extends Omit<BlockPieces, 'norm' | 'expand'> {
  /** After `act`. */
  readonly excite?: Piece;
}

/** Returns a model of one block: conv → act → project, + x. */
export function separableModel(pieces: SeparablePieces = {}, image = IMAGE): io.ModelArtifacts {
  const {stem = before, conv = depthwise(), act = op('Relu6'), excite = identity, head = behind} = pieces;
  const g = new Sketch();
  const x = stem(g, 'x');
  const branch = chain(conv, act, excite, pieces.project ?? pointwise(CHANNELS, CHANNELS))(g, x);
  head(g, (pieces.sum ?? sum)(g, branch, x));
  return g.artifacts(image);
}

/** The branch without the sum. */
export const dropSum: SumPiece = (_, branch) => branch;

/** The sum, and an activation of it. */
export const sumThen =
  (act: Piece): SumPiece =>
  (g, branch, x) =>
    act(g, g.add('AddV2', [x, branch]));
