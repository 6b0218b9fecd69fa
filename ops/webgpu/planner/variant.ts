/**
 * The variants: shaders as data, with everything that their text depends on and nothing else. A variant's JSON is its shader's
 * key; image sizes and padding are uniforms.
 *
 * Tensors between passes hold whole lanes (`padded`), so that they are read and written as vectors; x and y are as tfjs holds
 * them (`plain`), and vectors only where their channels are a multiple of 4.
 */
import type {Activation, BlockSpec} from '../../block.ts';
import {type LayerSection, PANEL, type Precision} from '../../params.ts';

/** Channels of a lane. */
export const LANE = 4;
/** Rows of a quad. */
export const QUAD = 4;

/** How a tensor's channels lie in memory. */
export interface ChannelForm {
  readonly channels: number;
  readonly form: 'plain' | 'padded';
}

/** What follows a layer. Units: vectors from the start of params. */
export interface Activated {
  readonly activation: Activation;
  /** Where a PReLU's slopes lie; absent where another activation follows. */
  readonly slopes?: number;
}

/** A 1×1 conv. Units: vectors from the start of params. */
export interface PointwiseLayer extends Activated {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
  readonly bias: number;
}

/** The spatial conv, with what follows it up to the next layer. Units: pixels; vectors from the start of params. */
export interface SpatialLayer extends Activated {
  readonly channels: number;
  readonly groupWidth: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: 1 | 2;
  readonly weights: number;
  readonly bias: number;
  readonly layerNormEpsilon: number | null;
}

/**
 * A matrix product of `rows` pixels and `columns` outputs, split among rowThreads × columnThreads invocations, and these among `parts`
 * groups that share the inputs of each slab.
 */
export interface GemmTile {
  /** Whole quads for each of rowThreads. */
  readonly rows: number;
  /** A multiple of 8. */
  readonly columns: number;
  readonly rowThreads: number;
  readonly columnThreads: number;
  readonly parts: number;
  /** Inputs of a slab: whole lanes for each part. */
  readonly slab: number;
}

/** A rectangle of output pixels. */
export interface PixelTile {
  readonly height: number;
  readonly width: number;
  /** Pixels of a segment. Divides width. */
  readonly segment: number;
  /** Whether an invocation loads a lane's whole filter ahead. */
  readonly holdsFilter?: boolean;
  /** Whether a grouped filter's rows and lanes of inputs are one loop, too long to unroll: few taps are loaded ahead. */
  readonly isRolled?: boolean;
}

/** A spatial conv, and the rectangle of its output that a workgroup computes. */
export interface SpatialStage {
  readonly layer: SpatialLayer;
  readonly tile: PixelTile;
}

/** What makes gates. `scale` is where γ lies. Units: vectors from the start of params. */
export type GatesPart =
  | {readonly kind: 'squeeze-excite'; readonly reduce: PointwiseLayer; readonly expand: PointwiseLayer}
  | {
      readonly kind: 'response-norm';
      readonly scale: number;
      readonly epsilon: number;
      readonly normEpsilon: number;
    };

/** What follows the product of a source and the gates of each image: nothing where pixels are read. */
export interface Gated extends Activated {
  /** Of what each workgroup makes the gates for itself; absent where a pass before has made them. */
  readonly made?: GatesPart;
}

/** y = act(source · W + b [+ x]), of pixels in the order in which they lie. */
export interface PointwiseVariant {
  readonly kernel: 'pointwise';
  /** Of params and of workgroup memory; sums are float32 in either. */
  readonly precision: Precision;
  readonly layer: PointwiseLayer;
  readonly source: ChannelForm;
  readonly output: ChannelForm;
  readonly residual: boolean;
  readonly tile: GemmTile;
  /** Whether the next slab is fetched into registers before one is used. */
  readonly prefetch: boolean;
  /** Whether invocations read their pixels of `source`, a tensor of vectors, each time they need them, and none are staged. */
  readonly readsPixels?: boolean;
  /** Absent where its source is taken as it is. */
  readonly gated?: Gated;
  /** Whether it leaves, of each tile, the sums of its output's squares. */
  readonly sumsSquares?: boolean;
}

/** y = norm(act(conv(source))), of a rectangle. */
export interface SpatialVariant {
  readonly kernel: 'spatial';
  readonly precision: Precision;
  readonly layer: SpatialLayer;
  readonly source: ChannelForm;
  readonly tile: PixelTile;
  readonly threads: number;
  /** Whether it leaves, of each tile, the sums of its output. */
  readonly sumsValues?: boolean;
}

/** Of each image and channel the factor of project's input, from the sums of a pass before. */
export interface GatesVariant {
  readonly kernel: 'gates';
  readonly precision: Precision;
  readonly channels: number;
  readonly part: GatesPart;
  readonly threads: number;
}

/** y = act(project(act(expand(norm(act(conv(x)))))) [+ x]), of a rectangle; or, `spatial` null, of what a spatial pass stored. */
export interface ConvFirstVariant {
  readonly kernel: 'conv-first';
  readonly precision: Precision;
  readonly spatial: SpatialStage | null;
  readonly expand: PointwiseLayer;
  readonly project: PointwiseLayer;
  readonly residual: boolean;
  /** Its columns are a chunk. */
  readonly expandTile: GemmTile;
  /** Its columns are all outputs, its invocations as many as expandTile's. */
  readonly projectTile: GemmTile;
}

/**
 * y = act(project(act(conv(act(expand(x))))) [+ x]), of a rectangle; or, `expand` null, of what an expand pass stored, or, in a
 * separable block, of x.
 */
export interface ExpandFirstVariant {
  readonly kernel: 'expand-first';
  readonly precision: Precision;
  /**
   * Its tile's rows: at least the halo's pixels. Its columns: a chunk. A slab of all inputs is staged once, smaller ones again
   * for each chunk.
   */
  readonly expand: {readonly layer: PointwiseLayer; readonly tile: GemmTile} | null;
  /** Whether, `expand` null, the conv reads x. */
  readonly convolvesX?: boolean;
  readonly spatial: SpatialStage;
  readonly project: PointwiseLayer;
  readonly residual: boolean;
  /** Channels of a chunk: whole groups of the conv. */
  readonly hiddenChunk: number;
  /** Its rows: those of the rectangle. Its columns: all outputs. Its invocations are as many as those of expand's tile. */
  readonly projectTile: GemmTile;
}

export type Variant = PointwiseVariant | SpatialVariant | ConvFirstVariant | ExpandFirstVariant | GatesVariant;

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
    ...activationOf(section, activation),
  };
}

/** Returns what follows a section's layer. */
export function activationOf({slopes}: LayerSection, activation: Activation): Activated {
  return activation === 'prelu' ? {activation, slopes: slopes! / LANE} : {activation};
}

/** Returns the same of the spatial conv. Where squeeze-and-excite stands before its activation, none follows it at once. */
export function spatialLayer(spec: BlockSpec, section: LayerSection): SpatialLayer {
  const {outputs, weights, bias} = section;
  const isLate = spec.squeezeExcite?.beforeActivation === true;
  return {
    channels: outputs,
    groupWidth: spec.groupWidth,
    kernelSize: spec.kernelSize,
    stride: spec.stride,
    weights: weights / LANE,
    bias: bias / LANE,
    ...activationOf(section, isLate ? 'linear' : spec.spatialActivation),
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

/** Returns how many quads hold so many rows. */
export function quadsOf(rows: number): number {
  return Math.ceil(rows / QUAD);
}

/** Returns the rows that a rectangle's pixels take in a product: each segment in whole quads. */
export function rowsOf(tile: PixelTile): number {
  return (pixelsOf(tile) / tile.segment) * segmentRows(tile);
}

/** Returns the rows of a segment. */
export function segmentRows({segment}: Pick<PixelTile, 'segment'>): number {
  return QUAD * quadsOf(segment);
}

/** Returns the invocations that a product is split among. */
export function threadsOf({rowThreads, columnThreads, parts}: GemmTile): number {
  return rowThreads * columnThreads * parts;
}

/**
 * Returns so many of a product's invocations that one of a slab's panels takes whole rounds of them, or a round whole panels: what they
 * stage lies the same steps apart.
 */
export function steppedThreads(tile: GemmTile): number {
  const all = threadsOf(tile);
  const vectors = (PANEL / LANE) * tile.slab;
  if (all >= vectors) return all - (all % vectors);
  return Math.max(...Array.from({length: all}, (_, i) => i + 1).filter((threads) => vectors % threads === 0));
}

/** Returns whether a product's tiles are each of one image, as in two sweeps: else of pixels as they lie, across images. */
export function isOfImages({gated, sumsSquares}: Pick<PointwiseVariant, 'gated' | 'sumsSquares'>): boolean {
  return gated !== undefined || sumsSquares === true;
}

/** What is counted of making gates. */
export type GatesMaker = Pick<GatesVariant, 'channels' | 'part' | 'threads' | 'precision'>;

/** Returns the gates that each workgroup of a product makes for itself; null where it makes none. */
export function ownGates({gated, source, tile, precision}: PointwiseVariant): GatesMaker | null {
  if (gated?.made === undefined) return null;
  return {channels: source.channels, part: gated.made, threads: threadsOf(tile), precision};
}

/** Returns the invocations of a workgroup. */
export function invocationsOf(variant: Variant): number {
  switch (variant.kernel) {
    case 'pointwise':
      return threadsOf(variant.tile);
    case 'spatial':
    case 'gates':
      return variant.threads;
    case 'conv-first':
    case 'expand-first':
      return threadsOf(variant.projectTile);
    default:
      return variant satisfies never;
  }
}

/** Returns the quads of rows, and the lanes of columns, that each invocation computes. */
export function threadTile({rows, columns, rowThreads, columnThreads}: Omit<GemmTile, 'slab' | 'parts'>): {
  quads: number;
  lanes: number;
} {
  return {quads: quadsOf(rows) / rowThreads, lanes: Math.ceil(lanesOf(columns) / columnThreads)};
}

/** Returns the halo's size. Units: pixels. */
export function haloOf({layer, tile}: SpatialStage): {readonly height: number; readonly width: number} {
  const side = (outputs: number, taps: number): number => (outputs - 1) * layer.stride + taps;
  return {height: side(tile.height, layer.kernelSize[0]), width: side(tile.width, layer.kernelSize[1])};
}

/** Returns the pixels of the halo. */
export function haloPixels(stage: SpatialStage): number {
  return pixelsOf(haloOf(stage));
}

/** A variant that expands x. */
export type ExpandingVariant = ExpandFirstVariant & {readonly expand: NonNullable<ExpandFirstVariant['expand']>};

/** Returns whether a variant expands x, rather than reading what an expand pass stored. */
export function expands(variant: ExpandFirstVariant): variant is ExpandingVariant {
  return variant.expand !== null;
}

/** Returns how the tensor lies in memory that a variant without `expand` convolves. */
export function storedForm({spatial, convolvesX}: ExpandFirstVariant): ChannelForm {
  return {channels: spatial.layer.channels, form: convolvesX === true ? 'plain' : 'padded'};
}

/** Returns whether all inputs of expand are staged at once, and kept for all chunks. */
export function keepsInput({expand: {layer, tile}}: ExpandingVariant): boolean {
  return tile.slab >= layer.inputs;
}

/** More invocations would spend longer on adding up what each of them found. */
const MAX_TEAM = 16;

/** The invocations that share a LayerNorm: of a team, how many teams there are, and all of them. */
export interface Teams {
  readonly team: number;
  readonly teams: number;
  readonly threads: number;
}

/** Returns the teams of so many invocations, each of which normalizes a unit at a time. */
export function teamsOf(units: number, threads: number): Teams {
  const team = Math.max(1, Math.min(MAX_TEAM, Math.floor(threads / units)));
  const teams = Math.min(units, Math.floor(threads / team));
  return {team, teams, threads: team * teams};
}

/** More parts would take longer to add up. */
const MAX_SUM_PARTS = 32;

/** Returns among how many parts the invocations of gates share out what each of so many vectors is the sum of. */
export function partsOf(vectors: number, threads: number): number {
  return Math.max(1, Math.min(MAX_SUM_PARTS, Math.floor(threads / vectors)));
}
