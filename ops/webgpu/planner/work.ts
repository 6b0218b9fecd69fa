/** The work of a workgroup, counted from its variant stage by stage, as the shader's text does it. */
import type {Activation} from '../../block.ts';
import {FLOAT_BYTES, type Precision} from '../../params.ts';
import {ACTIVATION_SLOTS, type GroupWork, SLOTS} from './costModel.ts';
import {
  type ChannelForm,
  type ConvFirstVariant,
  type ExpandFirstVariant,
  type ExpandingVariant,
  expands,
  type GemmTile,
  haloPixels,
  isVectored,
  keepsInput,
  LANE,
  lanesOf,
  type PixelTile,
  pixelsOf,
  type PointwiseVariant,
  QUAD,
  type SpatialLayer,
  type SpatialStage,
  type SpatialVariant,
  threadsOf,
  threadTile,
  type Variant,
} from './variant.ts';

/** Of params. Units: bytes. */
export const ELEMENT_BYTES: Record<Precision, number> = {float32: FLOAT_BYTES, float16: FLOAT_BYTES / 2};
const VECTOR_BYTES = LANE * FLOAT_BYTES;

/** Registers of an invocation beside its sums and operands: addresses, bounds, counters. */
const OTHER_REGISTERS = 20;

/** Returns the work of a workgroup, its tile counted as a whole one. */
export function groupWork(variant: Variant): GroupWork {
  switch (variant.kernel) {
    case 'pointwise':
      return pointwiseWork(variant);
    case 'spatial':
      return spatialWork(variant);
    case 'conv-first':
      return convFirstWork(variant);
    case 'expand-first':
      return expandFirstWork(variant);
    default:
      return variant satisfies never;
  }
}

function pointwiseWork({layer, source, residual, tile, precision}: PointwiseVariant): GroupWork {
  return sequence([
    productWork(tile, layer.inputs, precision),
    stagedPixels(tile.rows, source),
    storedVectors(tile.rows * lanesOf(tile.columns), layer.activation, residual),
  ]);
}

function spatialWork({layer, source, tile, threads, precision}: SpatialVariant): GroupWork {
  return sequence([
    convWork({layer, tile, threads, precision, tapSlots: tapSlots(source)}),
    convInput({layer, tile}, source),
    normWork(layer, tile),
    storedVectors(pixelsOf(tile) * lanesOf(layer.channels), layer.activation, false),
  ]);
}

function convFirstWork(variant: ConvFirstVariant): GroupWork {
  const {spatial, expand, project, residual, expandTile, projectTile, precision} = variant;
  const chunks = Math.ceil(expand.outputs / expandTile.columns);
  const chunk = sequence([
    productWork(expandTile, expand.inputs, precision),
    ...(spatial === null ? [stagedPixels(expandTile.rows, {channels: expand.inputs, form: 'padded'})] : []),
    sharedVectors(expandTile.rows * lanesOf(expandTile.columns), expand.activation),
    addedProduct(projectTile, expandTile.columns, precision),
  ]);
  return sequence([
    ...(spatial === null ? [] : [convFirstInput(variant, spatial)]),
    holding(sumRegisters(projectTile), times(chunks, chunk)),
    storedVectors(projectTile.rows * lanesOf(project.outputs), project.activation, residual),
  ]);
}

function convFirstInput({expandTile, precision}: ConvFirstVariant, {layer, tile}: SpatialStage): GroupWork {
  const x: ChannelForm = {channels: layer.channels, form: 'plain'};
  return sequence([
    convWork({layer, tile, threads: threadsOf(expandTile), precision, tapSlots: tapSlots(x)}),
    convInput({layer, tile}, x),
    sharedVectors(pixelsOf(tile) * lanesOf(layer.channels), layer.activation),
    normWork(layer, tile),
  ]);
}

function expandFirstWork(variant: ExpandFirstVariant): GroupWork {
  const {spatial, project, residual, hiddenChunk, projectTile, precision} = variant;
  const {layer, tile} = spatial;
  const whole = expands(variant);
  const hidden: ChannelForm = {channels: layer.channels, form: 'padded'};
  const chunk = sequence([
    ...(whole ? [expandedChunk(variant)] : []),
    convWork({
      layer: {...layer, channels: hiddenChunk},
      tile,
      threads: threadsOf(projectTile),
      precision,
      tapSlots: whole ? SLOTS.sharedTap : tapSlots(hidden),
    }),
    sharedVectors(pixelsOf(tile) * lanesOf(hiddenChunk), layer.activation),
    addedProduct(projectTile, hiddenChunk, precision),
  ]);
  const kept: ChannelForm[] = whole && keepsInput(variant) ? [inputOf(variant)] : [];
  return sequence([
    ...kept.map((x) => stagedPixels(haloPixels(spatial), x)),
    ...(whole ? [] : [convInput(spatial, hidden)]),
    holding(sumRegisters(projectTile), times(Math.ceil(layer.channels / hiddenChunk), chunk)),
    storedVectors(projectTile.rows * lanesOf(project.outputs), project.activation, residual),
  ]);
}

function expandedChunk(variant: ExpandingVariant): GroupWork {
  const {expand, spatial, hiddenChunk, precision} = variant;
  const pixels = haloPixels(spatial);
  return sequence([
    productWork(expand.tile, expand.layer.inputs, precision),
    ...(keepsInput(variant) ? [] : [stagedPixels(pixels, inputOf(variant))]),
    sharedVectors(pixels * lanesOf(hiddenChunk), expand.layer.activation),
  ]);
}

function inputOf({expand}: ExpandingVariant): ChannelForm {
  return {channels: expand.layer.inputs, form: 'plain'};
}

const NOTHING: GroupWork = {macs: 0, slots: 0, cacheBytes: 0, waits: 0, registers: 0};

/** Returns the work of stages one after the other. */
function sequence(stages: readonly GroupWork[]): GroupWork {
  return stages.reduce(
    (sum, stage) => ({
      macs: sum.macs + stage.macs,
      slots: sum.slots + stage.slots,
      cacheBytes: sum.cacheBytes + stage.cacheBytes,
      waits: sum.waits + stage.waits,
      registers: Math.max(sum.registers, stage.registers),
    }),
    NOTHING,
  );
}

function times(n: number, {macs, slots, cacheBytes, waits, registers}: GroupWork): GroupWork {
  return {macs: n * macs, slots: n * slots, cacheBytes: n * cacheBytes, waits: n * waits, registers};
}

/** Returns the work of a stage during which sums of another one stay in registers. */
function holding(registers: number, work: GroupWork): GroupWork {
  return {...work, registers: registers + work.registers};
}

function sumRegisters(tile: GemmTile): number {
  const {quads, lanes} = threadTile(tile);
  return LANE * QUAD * quads * lanes;
}

/** Returns the work of a product over all its inputs: its weights staged slab by slab, then used. */
function productWork(tile: GemmTile, inputs: number, precision: Precision): GroupWork {
  const {quads, lanes} = threadTile(tile);
  const slabs = Math.ceil(inputs / tile.slab);
  const rounds = (threadsOf(tile) / tile.parts) * slabs * tile.slab;
  const fmas = rounds * QUAD * quads * lanes;
  const staged = slabs * tile.slab * lanesOf(tile.columns);
  return {
    macs: LANE * fmas,
    slots: fmas + rounds * (SLOTS.productLoop + (quads + lanes) * SLOTS.productLoad) + staged * SLOTS.stage,
    cacheBytes: inputs * tile.columns * ELEMENT_BYTES[precision],
    waits: slabs,
    registers: OTHER_REGISTERS + sumRegisters(tile) + LANE * (quads + lanes),
  };
}

/** Returns the same for a product into sums that `holding` counts. */
function addedProduct(tile: GemmTile, inputs: number, precision: Precision): GroupWork {
  const product = productWork(tile, inputs, precision);
  return {...product, registers: product.registers - sumRegisters(tile)};
}

interface ConvParts {
  readonly layer: SpatialLayer;
  readonly tile: PixelTile;
  readonly threads: number;
  readonly precision: Precision;
  readonly tapSlots: number;
}

/** Returns the work of the conv of a rectangle, but for what it reads of a tensor (convInput). */
function convWork({layer, tile, threads, precision, tapSlots}: ConvParts): GroupWork {
  const {kernelSize, groupWidth, channels} = layer;
  const items = (pixelsOf(tile) / tile.segment) * lanesOf(channels);
  return {
    macs: items * tile.segment * LANE * filterVectors(layer),
    slots: items * segmentSlots(layer, tile.segment, tapSlots),
    cacheBytes: kernelSize[0] * kernelSize[1] * groupWidth * channels * ELEMENT_BYTES[precision],
    waits: Math.ceil(items / threads) * kernelSize[0] * inputLanes(layer),
    registers: segmentRegisters(layer, tile.segment),
  };
}

/** Returns the slots of one lane of a segment. */
export function segmentSlots(layer: SpatialLayer, segment: number, tapSlots: number): number {
  const taps = layer.kernelSize[0] * segmentColumns(layer, segment) * inputLanes(layer);
  return filterVectors(layer) * (segment + SLOTS.filter) + taps * tapSlots;
}

/** Returns the registers of an invocation that convolves a segment: its sums, a row of taps, a vector of the filter. */
export function segmentRegisters(layer: SpatialLayer, segment: number): number {
  return OTHER_REGISTERS + LANE * (segment + segmentColumns(layer, segment) + 1);
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

function tapSlots(source: ChannelForm): number {
  return isVectored(source) ? SLOTS.tap : SLOTS.plainTap;
}

/** Returns what a conv reads of a tensor: its halo once, since the unit's own cache holds what windows share. */
function convInput(stage: SpatialStage, {channels}: ChannelForm): GroupWork {
  return {...NOTHING, cacheBytes: haloPixels(stage) * channels * FLOAT_BYTES};
}

/** Returns the work of staging pixels of a tensor. */
function stagedPixels(pixels: number, {channels}: ChannelForm): GroupWork {
  const vectors = pixels * lanesOf(channels);
  return {...NOTHING, slots: vectors * SLOTS.stage, cacheBytes: vectors * VECTOR_BYTES};
}

/** Returns the work of a LayerNorm: three times over each pixel's channels, with a wait each. */
function normWork({layerNormEpsilon, channels}: SpatialLayer, tile: PixelTile): GroupWork {
  if (layerNormEpsilon === null) return NOTHING;
  return {...NOTHING, slots: pixelsOf(tile) * lanesOf(channels) * SLOTS.norm, waits: 3};
}

/** Returns the work of putting a stage's results into workgroup memory, for the next stage. */
function sharedVectors(vectors: number, activation: Activation): GroupWork {
  return {...NOTHING, slots: vectors * (SLOTS.put + ACTIVATION_SLOTS[activation])};
}

/** Returns the work of storing a pass's output. */
function storedVectors(vectors: number, activation: Activation, residual: boolean): GroupWork {
  return {
    ...NOTHING,
    slots: vectors * (SLOTS.store + ACTIVATION_SLOTS[activation] + (residual ? SLOTS.residual : 0)),
    cacheBytes: vectors * VECTOR_BYTES * (residual ? 2 : 1),
    waits: 1,
  };
}
