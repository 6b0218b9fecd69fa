/**
 * The shaders as data: everything that their text depends on, and nothing else. A variant's JSON is its shader's key; image
 * sizes and padding are uniforms.
 *
 * Lanes are vectors of four channels. Tensors between passes hold whole lanes (`padded`), so that they are read and written
 * as vectors; x and y are as tfjs holds them (`plain`), and vectors only where their channels are a multiple of 4.
 */
import type {Activation, BlockSpec} from '../../block.ts';
import {type LayerSection, PANEL, type Precision} from '../../params.ts';

/** Channels of a vector. */
export const LANE = 4;

/** How a tensor's channels lie in memory. */
export interface ChannelForm {
  readonly channels: number;
  readonly form: 'plain' | 'padded';
}

/** A 1×1 conv. Units: vectors from the start of params. */
export interface PointwiseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
  readonly bias: number;
  readonly activation: Activation;
}

/** The spatial conv, with what follows it up to the next layer. Units: pixels; vectors from the start of params. */
export interface SpatialLayer {
  readonly channels: number;
  readonly groupWidth: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: 1 | 2;
  readonly weights: number;
  readonly bias: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number | null;
}

/** A matrix product of `rows` pixels and `columns` outputs, shared out among rowThreads × columnThreads invocations. */
export interface GemmTile {
  readonly rows: number;
  /** A multiple of 8. */
  readonly columns: number;
  /** Divides rows. */
  readonly rowThreads: number;
  readonly columnThreads: number;
  /** Rows of the weights that are staged at a time, a multiple of 4. */
  readonly slab: number;
}

/** A rectangle of output pixels; `segment` of a row, which it divides, are computed by one invocation. */
export interface PixelTile {
  readonly height: number;
  readonly width: number;
  readonly segment: number;
}

/** A spatial conv, and the rectangle of its output that a workgroup owns. */
export interface SpatialStage {
  readonly layer: SpatialLayer;
  readonly tile: PixelTile;
}

/** y = act(source · W + b) [+ x], any rows of pixels. */
export interface PointwiseVariant {
  readonly kernel: 'pointwise';
  /** Of params and of workgroup memory: sums are float32. */
  readonly precision: Precision;
  readonly layer: PointwiseLayer;
  readonly source: ChannelForm;
  readonly output: ChannelForm;
  readonly residual: boolean;
  readonly tile: GemmTile;
}

/** y = norm(act(conv(source))), a tile of an image. */
export interface SpatialVariant {
  readonly kernel: 'spatial';
  readonly precision: Precision;
  readonly layer: SpatialLayer;
  readonly source: ChannelForm;
  readonly tile: PixelTile;
  readonly threads: number;
}

/** y = project(act(expand(norm(act(conv(x)))))) [+ x], a tile of an image; or, `spatial` null, from what a spatial pass stored. */
export interface ConvFirstVariant {
  readonly kernel: 'conv-first';
  readonly precision: Precision;
  readonly spatial: SpatialStage | null;
  readonly expand: PointwiseLayer;
  readonly project: PointwiseLayer;
  readonly residual: boolean;
  /** Of one chunk of hidden channels, its columns. */
  readonly expandTile: GemmTile;
  /** All outputs; its threads are as many as expandTile's. */
  readonly projectTile: GemmTile;
}

/** y = project(act(conv(act(expand(x))))) [+ x], a tile of an image; or, `expand` null, from what an expand pass stored. */
export interface ExpandFirstVariant {
  readonly kernel: 'expand-first';
  readonly precision: Precision;
  /**
   * Its tile's rows: at least the pixels under the spatial tile's windows. Its columns: one chunk of hidden channels. A slab of
   * all inputs is staged once, smaller ones again for each chunk.
   */
  readonly expand: {readonly layer: PointwiseLayer; readonly tile: GemmTile} | null;
  readonly spatial: SpatialStage;
  readonly project: PointwiseLayer;
  readonly residual: boolean;
  /** Hidden channels that are taken at a time, whole groups. */
  readonly hiddenChunk: number;
  /** Of at least the spatial tile's pixels, all outputs; its threads are as many as those of expand's. */
  readonly projectTile: GemmTile;
}

export type Variant = PointwiseVariant | SpatialVariant | ConvFirstVariant | ExpandFirstVariant;

/** Returns the key of a variant's shader: equal for equal text, and only then. */
export function variantKey(variant: Variant): string {
  return JSON.stringify(variant);
}

/** Returns a section of params as the shaders address it. */
export function pointwiseLayer(section: LayerSection, activation: Activation): PointwiseLayer {
  return {
    inputs: section.depth,
    outputs: section.outputs,
    weights: section.weights / LANE,
    bias: section.bias / LANE,
    activation,
  };
}

/** Returns the section of params that holds the spatial conv, as the shaders address it. */
export function spatialLayer(spec: BlockSpec, {outputs, weights, bias}: LayerSection): SpatialLayer {
  return {
    channels: outputs,
    groupWidth: spec.groupWidth,
    kernelSize: spec.kernelSize,
    stride: spec.stride,
    weights: weights / LANE,
    bias: bias / LANE,
    activation: spec.spatialActivation,
    layerNormEpsilon: spec.layerNormEpsilon,
  };
}

/** Returns how many vectors hold so many channels. */
export function lanesOf(channels: number): number {
  return Math.ceil(channels / LANE);
}

/** Returns whether a tensor is bound as vectors: its pixels are whole lanes. */
export function isVectored({channels, form}: ChannelForm): boolean {
  return form === 'padded' || channels % LANE === 0;
}

/** Returns how many panels hold so many outputs. */
export function panelsOf(outputs: number): number {
  return Math.ceil(outputs / PANEL);
}

/** Returns the pixels of a rectangle. */
export function pixelsOf({height, width}: Pick<PixelTile, 'height' | 'width'>): number {
  return height * width;
}

/** Returns the invocations that share a product. */
export function threadsOf({rowThreads, columnThreads}: GemmTile): number {
  return rowThreads * columnThreads;
}

/** Returns the rows, and the vectors of columns, that each invocation computes. */
export function threadTile({rows, columns, rowThreads, columnThreads}: GemmTile): {rows: number; lanes: number} {
  return {rows: rows / rowThreads, lanes: Math.ceil(lanesOf(columns) / columnThreads)};
}
