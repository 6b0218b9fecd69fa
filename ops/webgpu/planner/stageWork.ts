/** The work of each stage of a shader, counted as its text does it: what the busiest invocation does, and what the caches are asked for. */
import type {Activation} from '../../block.ts';
import {FLOAT_BYTES, type Precision} from '../../params.ts';
import {counted, type GroupWork, NOTHING} from './counts.ts';
import {
  type ChannelForm,
  type GemmTile,
  haloPixels,
  isVectored,
  LANE,
  lanesOf,
  pixelsOf,
  type PixelTile,
  QUAD,
  quadsOf,
  type SpatialLayer,
  type SpatialStage,
  steppedThreads,
  teamsOf,
  threadsOf,
  threadTile,
} from './variant.ts';
/** Of params. Units: bytes. */
export const ELEMENT_BYTES: Record<Precision, number> = {float32: FLOAT_BYTES, float16: FLOAT_BYTES / 2};
export const VECTOR_BYTES = LANE * FLOAT_BYTES;

/** Registers of an invocation beside its sums and operands: addresses, bounds, counters. */
const OTHER_REGISTERS = 24;

/** Vector instructions of an activation, counted in the text of wgsl/activations.ts. */
export const ACTIVATION_INSTRUCTIONS: Readonly<Record<Activation, number>> = {
  linear: 0,
  relu: 2,
  relu6: 4,
  'hard-swish': 7,
  elu: 16,
  prelu: 2,
  'hard-sigmoid': 6,
  sigmoid: 20,
  silu: 21,
  gelu: 21,
  'gelu-tanh': 21,
};

/** Returns the vectors of sums that an invocation owns. */
export function ownedSums(tile: GemmTile): number {
  const {quads, lanes} = threadTile(tile);
  return QUAD * quads * lanes;
}

export function sumRegisters(tile: GemmTile): number {
  return LANE * ownedSums(tile);
}

/** What weights are counted as, by how they are staged. */
const STAGED_WEIGHT = {plain: 'weight', stepped: 'steppedWeight', prefetched: 'prefetchedWeight'} as const;

interface ProductParts {
  readonly precision: Precision;
  readonly staging?: keyof typeof STAGED_WEIGHT;
  /** Whether it reads its pixels from their tensor. */
  readonly reads?: boolean;
}

/** Returns the work of a product over all its inputs: its weights staged slab by slab, then used. */
export function productWork(
  tile: GemmTile,
  inputs: number,
  {precision, staging = 'plain', reads = false}: ProductParts,
): GroupWork {
  const prefetch = staging === 'prefetched';
  const {quads, lanes} = threadTile(tile);
  const slabs = Math.ceil(inputs / tile.slab);
  const own = (slabs * tile.slab) / tile.parts;
  return {
    ...counted({
      fma: own * LANE * ownedSums(tile),
      input: reads ? 0 : own,
      operand: own * (reads ? lanes : quads + lanes),
      [prefetch ? 'prefetchedSlab' : 'slab']: slabs,
      [STAGED_WEIGHT[staging]]:
        slabs * weightsOfSlab(tile, staging === 'stepped' ? steppedThreads(tile) : threadsOf(tile)),
    }),
    macs: slabs * tile.slab * tile.rows * tile.columnThreads * lanes * LANE,
    cacheBytes: inputs * tile.columns * ELEMENT_BYTES[precision],
    registers: OTHER_REGISTERS + sumRegisters(tile) + LANE * (quads + lanes) + (prefetch ? fetchedRegisters(tile) : 0),
  };
}

/** Returns the vectors of a slab's weights that an invocation stages, of so many. */
export function weightsOfSlab(tile: GemmTile, threads = threadsOf(tile)): number {
  return Math.ceil((tile.slab * lanesOf(tile.columns)) / threads);
}

/** Returns the lanes of quads that an invocation stages of a slab of pixels. */
export function pixelQuadsOfSlab(tile: GemmTile): number {
  return Math.ceil((quadsOf(tile.rows) * lanesOf(tile.slab)) / threadsOf(tile));
}

/** Invocations that run in lockstep where pixels are read, at least. */
const READING_WAVE = 16;

/** Returns the work of reading a product's pixels: invocations of a wave that are in one row read the same. */
export function readPixels(tile: GemmTile, inputs: number): GroupWork {
  const vectors = (lanesOf(inputs) / tile.parts) * QUAD * threadTile(tile).quads;
  return {
    ...counted({readPixel: vectors, readLine: vectors / Math.min(READING_WAVE, tile.columnThreads)}),
    cacheBytes: tile.rows * lanesOf(inputs) * VECTOR_BYTES,
  };
}

/** Returns the registers in which a slab waits. */
function fetchedRegisters(tile: GemmTile): number {
  return LANE * (weightsOfSlab(tile) + QUAD * pixelQuadsOfSlab(tile));
}

/** Returns the same for a product into sums that `holding` counts. */
export function addedProduct(tile: GemmTile, inputs: number, precision: Precision): GroupWork {
  const product = productWork(tile, inputs, {precision});
  return {...product, registers: product.registers - sumRegisters(tile)};
}

interface ConvParts {
  readonly layer: SpatialLayer;
  readonly tile: PixelTile;
  readonly threads: number;
  readonly precision: Precision;
  readonly tap: 'tap' | 'plainTap' | 'sharedTap';
}

/** Returns the work of the conv of a rectangle, but for what it reads of a tensor (convInput). */
export function convWork({layer, tile, threads, precision, tap}: ConvParts): GroupWork {
  const {kernelSize, groupWidth, channels} = layer;
  const items = segmentsOf(tile, threads, channels);
  return {
    ...counted({
      convFma: items * LANE * tile.segment * filterVectors(layer),
      filter: items * filterVectors(layer),
      [tap]: items * tapsOf(layer, tile.segment),
      filterRow: items * kernelSize[0] * inputLanes(layer),
    }),
    macs: pixelsOf(tile) * lanesOf(channels) * LANE * filterVectors(layer),
    cacheBytes: kernelSize[0] * kernelSize[1] * groupWidth * channels * ELEMENT_BYTES[precision],
    registers: segmentRegisters(layer, tile.segment) + (tile.holdsFilter === true ? LANE * filterVectors(layer) : 0),
  };
}

/** Returns the segments that an invocation convolves. */
export function segmentsOf(tile: PixelTile, threads: number, channels: number): number {
  return Math.ceil(((pixelsOf(tile) / tile.segment) * lanesOf(channels)) / threads);
}

/** Returns the vector instructions of one lane of a segment, about: its FMAs, and what reading filter and input takes beside. */
export function segmentInstructions(layer: SpatialLayer, segment: number): number {
  return filterVectors(layer) * (segment + FILTER_INSTRUCTIONS) + tapsOf(layer, segment) * TAP_INSTRUCTIONS;
}

/** In vector instructions. */
const FILTER_INSTRUCTIONS = 4;
const TAP_INSTRUCTIONS = 5;

/** Returns the registers of an invocation that convolves a segment: its sums, a row of taps, a vector of the filter. */
export function segmentRegisters(layer: SpatialLayer, segment: number): number {
  return OTHER_REGISTERS + LANE * (segment + segmentColumns(layer, segment) + 1);
}

/** Returns the vectors of the input that a lane of a segment reads. */
function tapsOf(layer: SpatialLayer, segment: number): number {
  return layer.kernelSize[0] * segmentColumns(layer, segment) * inputLanes(layer);
}

/** Returns the columns of the input under a segment's windows. */
function segmentColumns({stride, kernelSize}: SpatialLayer, segment: number): number {
  return (segment - 1) * stride + kernelSize[1];
}

/** Returns the lanes of the input that a lane of the output depends on. */
function inputLanes({groupWidth}: SpatialLayer): number {
  return Math.ceil(groupWidth / LANE);
}

/** Returns the vectors of the filter for a lane of the output. */
function filterVectors({kernelSize, groupWidth}: SpatialLayer): number {
  return kernelSize[0] * kernelSize[1] * groupWidth;
}

export function tapOf(source: ChannelForm): ConvParts['tap'] {
  return isVectored(source) ? 'tap' : 'plainTap';
}

/** Returns what a conv reads of a tensor: its halo once, since the unit's own cache holds what windows share. */
export function convInput(stage: SpatialStage, {channels}: ChannelForm): GroupWork {
  return {...NOTHING, cacheBytes: haloPixels(stage) * channels * FLOAT_BYTES};
}

/** Returns the work of activating a conv's outputs and putting them into workgroup memory, by quads. */
export function convOutput(
  {activation}: SpatialLayer,
  tile: PixelTile,
  {threads, channels}: {readonly threads: number; readonly channels: number},
): GroupWork {
  const vectors = segmentsOf(tile, threads, channels) * tile.segment;
  return counted({convOutput: vectors, activation: vectors * ACTIVATION_INSTRUCTIONS[activation]});
}

/** Lanes of a line of a cache, of 64 bytes. */
const LINE_LANES = 4;

/** Returns the work of staging a product's pixels, slab by slab. */
export function stagedPixels(tile: GemmTile, channels: number, prefetch = false): GroupWork {
  const slabs = Math.ceil(channels / tile.slab);
  return {
    ...counted({
      [prefetch ? 'prefetchedPixelQuad' : 'pixelQuad']: slabs * pixelQuadsOfSlab(tile),
      beside: QUAD * slabs * pixelQuadsOfSlab(tile) * Math.max(0, LINE_LANES / lanesOf(tile.slab) - 1),
    }),
    cacheBytes: tile.rows * lanesOf(channels) * VECTOR_BYTES,
  };
}

interface NormWork {
  readonly units: number;
  readonly threads: number;
  /** Of a lane. */
  readonly vectors: number;
}

/** Returns the work of a LayerNorm: three times over each unit's lanes. */
export function normWork({layerNormEpsilon, channels}: SpatialLayer, {units, threads, vectors}: NormWork): GroupWork {
  if (layerNormEpsilon === null) return NOTHING;
  const {team, teams} = teamsOf(units, threads);
  const rounds = Math.ceil(units / teams);
  return counted({norm: rounds * vectors * Math.ceil(lanesOf(channels) / team), normRound: rounds});
}

/** Returns the work of activating a product's sums and putting them into workgroup memory. */
export function hiddenWork(tile: GemmTile, activation: Activation, as: 'hidden' | 'halo'): GroupWork {
  const sums = ownedSums(tile);
  return counted({[as]: sums, activation: sums * ACTIVATION_INSTRUCTIONS[activation]});
}

/** Returns the work of storing a product. */
export function storedProduct(tile: GemmTile, activation: Activation, residual: boolean): GroupWork {
  const vectors = tile.rows * lanesOf(tile.columns);
  const own = tile.parts === 1 ? ownedSums(tile) : Math.ceil(vectors / threadsOf(tile));
  return {
    ...counted({
      ...(tile.parts === 1 ? {} : {joined: ownedSums(tile), turn: tile.parts}),
      activation: own * ACTIVATION_INSTRUCTIONS[activation],
      output: own,
      residual: residual ? own : 0,
    }),
    cacheBytes: vectors * VECTOR_BYTES * (residual ? 2 : 1),
  };
}
