/**
 * The work of a workgroup, counted from its variant stage by stage, as the shader's text does it: what its busiest invocation does,
 * and what the workgroup asks of the caches.
 */
import type {Activation} from '../../block.ts';
import {FLOAT_BYTES, type Precision} from '../../params.ts';
import {counted, type GroupWork, holding, NOTHING, sequence, times} from './counts.ts';
import {
  type Activated,
  type ChannelForm,
  type ConvFirstVariant,
  type ExpandFirstVariant,
  type ExpandingVariant,
  expands,
  type GatesVariant,
  type GemmTile,
  haloPixels,
  isVectored,
  keepsInput,
  LANE,
  lanesOf,
  type PixelTile,
  partsOf,
  pixelsOf,
  type PointwiseLayer,
  type PointwiseVariant,
  QUAD,
  quadsOf,
  rowsOf,
  type SpatialLayer,
  type SpatialStage,
  type SpatialVariant,
  steppedThreads,
  storedForm,
  teamsOf,
  threadsOf,
  threadTile,
  type Variant,
} from './variant.ts';

/** Of params. Units: bytes. */
export const ELEMENT_BYTES: Record<Precision, number> = {float32: FLOAT_BYTES, float16: FLOAT_BYTES / 2};
const VECTOR_BYTES = LANE * FLOAT_BYTES;

/** Registers of an invocation beside its sums and operands: addresses, bounds, counters. */
const OTHER_REGISTERS = 24;

/** Vector instructions of an activation, counted in the text of wgsl/activations.ts. */
const ACTIVATION_INSTRUCTIONS: Readonly<Record<Activation, number>> = {
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

/** Returns the work of a workgroup, its tile counted as a whole one. */
export function groupWork(variant: Variant): GroupWork {
  switch (variant.kernel) {
    case 'pointwise':
      return pointwiseWork(variant);
    case 'spatial':
      return spatialWork(variant);
    case 'gates':
      return gatesWork(variant);
    case 'conv-first':
      return convFirstWork(variant);
    case 'expand-first':
      return expandFirstWork(variant);
    default:
      return variant satisfies never;
  }
}

function pointwiseWork(variant: PointwiseVariant): GroupWork {
  const {layer, source, residual, tile, prefetch, readsPixels, precision, gated, sumsSquares} = variant;
  const reads = readsPixels === true;
  return sequence([
    productWork(tile, layer.inputs, {precision, staging: prefetch ? 'prefetched' : 'stepped', reads}),
    reads ? readPixels(tile, layer.inputs) : stagedPixels(tile, source.channels, prefetch),
    gated === undefined ? NOTHING : gatedWork(variant, gated),
    storedProduct(tile, layer.activation, residual),
    sumsSquares === true ? squaresWork(tile) : NOTHING,
  ]);
}

/** Returns the work of multiplying pixels by their gates, and of activating them. */
function gatedWork({tile, layer, readsPixels}: PointwiseVariant, {activation}: Activated): GroupWork {
  const vectors =
    readsPixels === true
      ? (lanesOf(layer.inputs) / tile.parts) * QUAD * threadTile(tile).quads
      : Math.ceil(layer.inputs / tile.slab) * pixelQuadsOfSlab(tile) * QUAD;
  const perGate = readsPixels === true ? QUAD * threadTile(tile).quads : QUAD;
  return {
    ...counted({
      activation: vectors * (GATE_INSTRUCTIONS + ACTIVATION_INSTRUCTIONS[activation]),
      readPixel: vectors / perGate,
    }),
    cacheBytes: lanesOf(layer.inputs) * VECTOR_BYTES,
  };
}

/** In vector instructions: a multiplication. */
const GATE_INSTRUCTIONS = 1;

/** Returns the work of the sums of a product's squares. */
function squaresWork(tile: GemmTile): GroupWork {
  const {lanes} = threadTile(tile);
  const rows = tile.parts === 1 ? tile.rowThreads : tile.rows;
  const written = tile.parts === 1 ? lanes : 0;
  return sequence([
    counted({activation: 2 * ownedSums(tile)}),
    tileSumsWork({written, rows, lanes: lanesOf(tile.columns), threads: threadsOf(tile)}),
  ]);
}

interface TileSums {
  /** Vectors that an invocation puts into workgroup memory. */
  readonly written: number;
  readonly rows: number;
  readonly lanes: number;
  readonly threads: number;
}

/** Returns the work of adding up rows in workgroup memory, and of storing a tile's sums. */
function tileSumsWork({written, rows, lanes, threads}: TileSums): GroupWork {
  const own = Math.ceil(lanes / threads);
  return {
    ...counted({sharedTap: written + own * rows, slab: 0.5, output: own}),
    cacheBytes: lanes * VECTOR_BYTES,
  };
}

/** Returns the work of an image's gates, but for its sums, which depend on the tiles of the pass before (sumsWork). */
function gatesWork({channels, part, threads, precision}: GatesVariant): GroupWork {
  const lanes = lanesOf(channels);
  const own = Math.ceil(lanes / threads);
  if (part.kind === 'response-norm')
    return {
      ...counted({
        norm: own,
        sharedTap: Math.min(lanes, threads) / LANE,
        slab: 1,
        filter: own,
        filterRow: own,
        output: own,
      }),
      cacheBytes: lanes * (VECTOR_BYTES + LANE * ELEMENT_BYTES[precision]),
    };
  const {reduce, expand} = part;
  return sequence([
    denseWork(reduce, {threads, parts: partsOf(lanesOf(reduce.outputs), threads), precision}),
    denseWork(expand, {threads, parts: 1, precision}),
    {...counted({sharedTap: own * partsOf(lanes, threads), output: own}), cacheBytes: lanes * VECTOR_BYTES},
  ]);
}

/** Returns the work of a product of one pixel, each output among so many parts of the inputs. */
function denseWork(
  {inputs, outputs, activation}: PointwiseLayer,
  {threads, parts, precision}: {readonly threads: number; readonly parts: number; readonly precision: Precision},
): GroupWork {
  const lanes = lanesOf(outputs);
  const items = Math.ceil((lanes * parts) / threads);
  const loads = items * Math.ceil(inputs / parts);
  return {
    ...counted({
      filter: loads,
      filterRow: loads / LOADS_AT_A_TIME,
      convFma: LANE * loads,
      sharedTap: loads + parts,
      slab: 1,
      activation: ACTIVATION_INSTRUCTIONS[activation],
    }),
    macs: inputs * lanes * LANE,
    cacheBytes: inputs * lanes * LANE * ELEMENT_BYTES[precision],
  };
}

/** Returns the work of adding up an image's sums of so many tiles. */
export function sumsWork({channels, threads}: GatesVariant, tiles: number): GroupWork {
  const lanes = lanesOf(channels);
  const parts = partsOf(lanes, threads);
  const loads = Math.ceil((lanes * parts) / threads) * Math.ceil(tiles / parts);
  return {
    ...counted({tap: loads, filterRow: Math.ceil(loads / LOADS_AT_A_TIME), slab: 1}),
    cacheBytes: tiles * lanes * VECTOR_BYTES,
  };
}

/** Loads that gates.ts has on their way at a time. */
const LOADS_AT_A_TIME = 4;

function spatialWork({layer, source, tile, threads, precision, sumsValues}: SpatialVariant): GroupWork {
  const items = segmentsOf(tile, threads, layer.channels);
  return sequence([
    convWork({layer, tile, threads, precision, tap: tapOf(source)}),
    convInput({layer, tile}, source),
    normWork(layer, {units: pixelsOf(tile), threads, vectors: 1}),
    counted({
      activation: items * tile.segment * ACTIVATION_INSTRUCTIONS[layer.activation],
      output: items * tile.segment,
    }),
    {...NOTHING, cacheBytes: pixelsOf(tile) * lanesOf(layer.channels) * VECTOR_BYTES},
    sumsValues === true
      ? tileSumsWork({written: items, rows: pixelsOf(tile) / tile.segment, lanes: lanesOf(layer.channels), threads})
      : NOTHING,
  ]);
}

function convFirstWork(variant: ConvFirstVariant): GroupWork {
  const {spatial, expand, project, residual, expandTile, projectTile, precision} = variant;
  const chunks = Math.ceil(expand.outputs / expandTile.columns);
  const chunk = sequence([
    productWork(expandTile, expand.inputs, {precision}),
    ...(spatial === null ? [stagedPixels(expandTile, expand.inputs)] : []),
    hiddenWork(expandTile, expand.activation, 'hidden'),
    addedProduct(projectTile, expandTile.columns, precision),
  ]);
  return sequence([
    ...(spatial === null ? [] : [convFirstInput(variant, spatial)]),
    holding(sumRegisters(projectTile), times(chunks, chunk)),
    storedProduct(projectTile, project.activation, residual),
  ]);
}

function convFirstInput({expandTile, precision}: ConvFirstVariant, {layer, tile}: SpatialStage): GroupWork {
  const x: ChannelForm = {channels: layer.channels, form: 'plain'};
  const threads = threadsOf(expandTile);
  return sequence([
    convWork({layer, tile, threads, precision, tap: tapOf(x)}),
    convInput({layer, tile}, x),
    convOutput(layer, tile, {threads, channels: layer.channels}),
    normWork(layer, {units: quadsOf(rowsOf(tile)), threads, vectors: LANE}),
  ]);
}

function expandFirstWork(variant: ExpandFirstVariant): GroupWork {
  const {spatial, project, residual, hiddenChunk, projectTile, precision} = variant;
  const {layer, tile} = spatial;
  const threads = threadsOf(projectTile);
  const whole = expands(variant);
  const stored = storedForm(variant);
  const chunk = sequence([
    ...(whole ? [expandedChunk(variant)] : []),
    convWork({
      layer: {...layer, channels: hiddenChunk},
      ...{tile, threads, precision},
      tap: whole ? 'sharedTap' : tapOf(stored),
    }),
    convOutput(layer, tile, {threads, channels: hiddenChunk}),
    addedProduct(projectTile, hiddenChunk, precision),
  ]);
  return sequence([
    ...(whole && keepsInput(variant) ? [inputWork(variant)] : []),
    ...(whole ? [] : [convInput(spatial, stored)]),
    holding(sumRegisters(projectTile), times(Math.ceil(layer.channels / hiddenChunk), chunk)),
    storedProduct(projectTile, project.activation, residual),
  ]);
}

function expandedChunk(variant: ExpandingVariant): GroupWork {
  const {expand, precision} = variant;
  return sequence([
    productWork(expand.tile, expand.layer.inputs, {precision}),
    ...(keepsInput(variant) ? [] : [inputWork(variant)]),
    hiddenWork(expand.tile, expand.layer.activation, 'halo'),
  ]);
}

function inputWork({expand}: ExpandingVariant): GroupWork {
  return stagedPixels(expand.tile, expand.layer.inputs);
}

/** Returns the vectors of sums that an invocation owns. */
function ownedSums(tile: GemmTile): number {
  const {quads, lanes} = threadTile(tile);
  return QUAD * quads * lanes;
}

function sumRegisters(tile: GemmTile): number {
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
function productWork(
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
function weightsOfSlab(tile: GemmTile, threads = threadsOf(tile)): number {
  return Math.ceil((tile.slab * lanesOf(tile.columns)) / threads);
}

/** Returns the lanes of quads that an invocation stages of a slab of pixels. */
function pixelQuadsOfSlab(tile: GemmTile): number {
  return Math.ceil((quadsOf(tile.rows) * lanesOf(tile.slab)) / threadsOf(tile));
}

/** Invocations that run in lockstep where pixels are read, at least. */
const READING_WAVE = 16;

/** Returns the work of reading a product's pixels: invocations of a wave that are in one row read the same. */
function readPixels(tile: GemmTile, inputs: number): GroupWork {
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
function addedProduct(tile: GemmTile, inputs: number, precision: Precision): GroupWork {
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
function convWork({layer, tile, threads, precision, tap}: ConvParts): GroupWork {
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
function segmentsOf(tile: PixelTile, threads: number, channels: number): number {
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

function tapOf(source: ChannelForm): ConvParts['tap'] {
  return isVectored(source) ? 'tap' : 'plainTap';
}

/** Returns what a conv reads of a tensor: its halo once, since the unit's own cache holds what windows share. */
function convInput(stage: SpatialStage, {channels}: ChannelForm): GroupWork {
  return {...NOTHING, cacheBytes: haloPixels(stage) * channels * FLOAT_BYTES};
}

/** Returns the work of activating a conv's outputs and putting them into workgroup memory, by quads. */
function convOutput(
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
function stagedPixels(tile: GemmTile, channels: number, prefetch = false): GroupWork {
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
function normWork({layerNormEpsilon, channels}: SpatialLayer, {units, threads, vectors}: NormWork): GroupWork {
  if (layerNormEpsilon === null) return NOTHING;
  const {team, teams} = teamsOf(units, threads);
  const rounds = Math.ceil(units / teams);
  return counted({norm: rounds * vectors * Math.ceil(lanesOf(channels) / team), normRound: rounds});
}

/** Returns the work of activating a product's sums and putting them into workgroup memory. */
function hiddenWork(tile: GemmTile, activation: Activation, as: 'hidden' | 'halo'): GroupWork {
  const sums = ownedSums(tile);
  return counted({[as]: sums, activation: sums * ACTIVATION_INSTRUCTIONS[activation]});
}

/** Returns the work of storing a product. */
function storedProduct(tile: GemmTile, activation: Activation, residual: boolean): GroupWork {
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
