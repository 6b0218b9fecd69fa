/**
 * The plan of a block on WASM: the size of a tile, and where in scratch its intermediates lie. Pure: numbers in, numbers out.
 *
 * Scratch has a budget, whatever the image's size: tiles are bounded in height and width, hidden channels are taken in chunks.
 */
import {type BlockGeometry, type BlockSpec, describeBlock, isGlobal, spatialChannels} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import {getOrMake} from '../getOrMake.ts';
import {FLOAT_BYTES, PANEL, roundUp} from '../params.ts';
import {Field, GEMM_PANELS} from './assembly/fields.ts';
import {GEMM_PIXELS, gemmPixels, type SpatialKernelName, spatialMicrokernel} from './microkernels.ts';

/** Units: bytes. */
export const SCRATCH_BUDGET = 4 * 2 ** 20;

const ALIGNMENT = 64;

/** The scratch buffers, in the order in which they lie; fields.ts names the same. */
const BUFFERS = [
  'image',
  'spatialOut',
  'spatialPanels',
  'hiddenOut',
  'hiddenPanels',
  'accumulator',
  'partSums',
] as const;
export type BufferName = (typeof BUFFERS)[number];

export interface WasmPlan {
  readonly spatialKernel: SpatialKernelName;
  /** Output pixels of a tile. */
  readonly tileHeight: number;
  readonly tileWidth: number;
  /** Channels of the spatial conv that are taken at a time (conv-first). */
  readonly channelChunk: number;
  /** Hidden channels that are taken at a time. */
  readonly hiddenChunk: number;
  /** Rows and columns of the buffer that the spatial conv reads. */
  readonly imageRows: number;
  readonly imageColumns: number;
  /** Expand-first: whether rows stay expanded from one tile to the next below, or the buffer holds one chunk at a time. */
  readonly keepRows: boolean;
  /** Pixels from one panel of the spatial conv's output to the next. */
  readonly spatialOutStride: number;
  /** Parts that the hidden channels are taken in, each summed alone, so that threads can share a tile; and their channels. */
  readonly parts: number;
  readonly partChannels: number;
  /** What the sums of one tile take. Units: bytes. */
  readonly sumsBytes: number;
  /** Parts that the second of two sweeps takes the outputs in; and their channels. 1 and all of a block in one sweep. */
  readonly outputParts: number;
  readonly outputPartChannels: number;
  /** Offsets in scratch, behind the call's record. Units: bytes. */
  readonly offsets: Readonly<Record<BufferName, number>>;
  /** Units: bytes, the record included. */
  readonly scratchBytes: number;
}

/** Bounds of a plan; the real numbers are cut to the block's size, and are never below one micro-tile or group. */
export interface PlanLimits {
  /** Output pixels of a tile. */
  readonly tilePixels: number;
  /** Hidden channels that are taken at a time, and these times the pixels of a tile. */
  readonly hiddenChunk: number;
  readonly hiddenValues: number;
  /** Channels of the spatial conv that are taken at a time (conv-first). */
  readonly channelChunk: number;
  /** What is tried of keepRows (expand-first). */
  readonly keepRows: readonly boolean[];
  /** Steps that an image of few pixels is split into: parts of its tiles, where these are fewer. */
  readonly steps: number;
  /** Channels of such a part, at least: fewer are not worth their own sums. */
  readonly partChannels: number;
}

/**
 * What the tuning found: a tile's intermediates stay in L2, a panel of weights beside a few pixels in L1. Larger tiles read the
 * weights, which do not stay in L2, less often.
 */
const TUNED: PlanLimits = {
  tilePixels: 200,
  hiddenChunk: 768,
  hiddenValues: 76_800,
  channelChunk: 32,
  keepRows: [true, false],
  steps: 4,
  partChannels: 32,
};

/** Up to how many output pixels an image is small: its parts' sums are then few, and rows that two threads expand are many. */
const SMALL_IMAGE = 256;

/** Tiles that a larger one is split into, so that threads share it evenly; they are never cut below so many pixels for that. */
const LARGE_IMAGE_TILES = 8;
const WORTHWHILE_PIXELS = 64;

/** What a float of traffic costs beside a MAC of the micro-kernel: weights from the outer caches, x into the image buffer. */
const WEIGHT_COST = 8;
const COPY_COST = 6;

/** Returns the plan of the cheapest tile that fits the budget, or the reason why none does. */
export function planBlock(
  spec: BlockSpec,
  size: ImageSize,
  geometry: BlockGeometry,
  limits: PlanLimits = TUNED,
): WasmPlan | string {
  let best: {plan: WasmPlan; cost: number} | null = null;
  let smallest = Infinity;
  for (const tile of tileCandidates(spec, geometry, limits)) {
    const plan = layOut(spec, size, geometry, {tile, limits});
    smallest = Math.min(smallest, plan.scratchBytes);
    if (plan.scratchBytes > SCRATCH_BUDGET) continue;
    const cost = tileCost(spec, size, geometry, plan);
    if (best === null || cost < best.cost) best = {plan, cost};
  }
  if (best === null)
    return `the smallest tile of ${describeBlock(spec)} needs ${smallest} bytes of scratch, over the budget of ${SCRATCH_BUDGET}`;
  return best.plan;
}

/** By spec and size: a graph runs the same few over and over. */
const plans = new WeakMap<BlockSpec, Map<string, WasmPlan | string>>();

/** Returns the plan of a block as tuned, made once. */
export function planOf(spec: BlockSpec, size: ImageSize, geometry: BlockGeometry): WasmPlan | string {
  const bySize = getOrMake(plans, spec, () => new Map<string, WasmPlan | string>());
  return getOrMake(bySize, `${size.height}×${size.width}`, () => planBlock(spec, size, geometry));
}

interface Tile {
  readonly keepRows: boolean;
  readonly height: number;
  readonly width: number;
}

/** Returns what a plan does, in words. */
export function describePlan(spec: BlockSpec, plan: WasmPlan): string {
  const {tileHeight, tileWidth, hiddenChunk, keepRows, parts, scratchBytes} = plan;
  const rows =
    spec.order === 'expand-first' ? (keepRows ? ', expanded rows kept' : ', rows expanded anew for each tile') : '';
  const split = parts > 1 ? ` in ${parts} parts` : '';
  const sweeps = isGlobal(spec) ? ' in two sweeps' : '';
  const scratch = `${Math.ceil(scratchBytes / 1024)} KiB of scratch`;
  return `${tileHeight}×${tileWidth} pixels and ${hiddenChunk} hidden channels at a time${split}${sweeps}${rows}, ${scratch}`;
}

/** Every split of the output into equal rows and columns that the limits allow. */
function tileCandidates({order}: BlockSpec, {outHeight, outWidth}: BlockGeometry, limits: PlanLimits): Tile[] {
  const pixels = outHeight * outWidth;
  const shared = pixels > SMALL_IMAGE ? Math.max(WORTHWHILE_PIXELS, pixels / LARGE_IMAGE_TILES) : pixels;
  const tilePixels = Math.min(limits.tilePixels, shared);
  const tiles: Tile[] = [];
  for (const width of evenSplits(outWidth, tilePixels))
    for (const height of evenSplits(outHeight, tilePixels))
      for (const keepRows of order === 'expand-first' ? limits.keepRows : [false])
        if (height * width <= tilePixels) tiles.push({height, width, keepRows});
  return tiles;
}

/** Returns the part sizes that split `whole` as evenly as can be, none above `max`. */
function evenSplits(whole: number, max: number): number[] {
  const parts = new Set<number>();
  for (let size = Math.min(whole, max); size >= 1; size--) parts.add(Math.ceil(whole / Math.ceil(whole / size)));
  return [...parts];
}

function layOut(
  spec: BlockSpec,
  {width}: ImageSize,
  geometry: BlockGeometry,
  {tile, limits}: {tile: Tile; limits: PlanLimits},
): WasmPlan {
  const {order} = spec;
  const expandFirst = order === 'expand-first';
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const group = Math.max(PANEL, spec.groupWidth);
  const channels = roundUp(spatialChannels(spec), PANEL);
  const hidden = roundUp(spec.hiddenChannels, PANEL);
  const channelChunk = Math.min(channels, roundUp(limits.channelChunk, group));
  const hiddenGroup = order === 'conv-first' ? PANEL : group;
  const wanted = (of: number): number => wantedParts(of, geometry, {tile, limits});
  const partChannels = roundUp(Math.ceil(hidden / wanted(spec.hiddenChannels)), hiddenGroup);
  const parts = Math.ceil(hidden / partChannels);
  const outputs = roundUp(spec.outChannels, PANEL);
  const outputWanted = isGlobal(spec) ? wanted(spec.outChannels) : 1;
  const outputPartChannels = roundUp(Math.ceil(outputs / outputWanted), GEMM_PANELS * PANEL);
  const outputParts = Math.ceil(outputs / outputPartChannels);
  const imageRows = (tile.height - 1) * spec.stride + kernelHeight;
  const windowColumns = (tile.width - 1) * spec.stride + kernelWidth;
  // A row of outputs is computed in whole micro-tiles: the last may reach past the window, and past the row's end.
  const spatialKernel = spatialMicrokernel(spec);
  const overshoot = roundUp(tile.width, spatialKernel.pixels) - tile.width;
  const imageColumns = windowColumns + overshoot * spec.stride;
  const pixels = roundUp(tile.height * tile.width, GEMM_PIXELS);
  const hiddenLimit = Math.min(limits.hiddenChunk, Math.floor(limits.hiddenValues / pixels / PANEL) * PANEL);
  const hiddenChunk = Math.min(partChannels, roundUp(Math.max(1, hiddenLimit), hiddenGroup));
  const spatialOutStride = Math.max(pixels, tile.height * tile.width + overshoot);
  const inputPixels = roundUp(imageRows * Math.min(width, windowColumns), GEMM_PIXELS);

  const sums = pixels * outputs;
  const imageChannels = expandFirst ? (tile.keepRows ? partChannels : hiddenChunk) : channelChunk;
  const floats: Record<BufferName, number> = {
    image: imageRows * imageColumns * imageChannels,
    spatialOut: spatialOutStride * (order === 'conv-first' ? channels : PANEL),
    spatialPanels: {'conv-first': pixels * channels, 'expand-first': inputPixels * spec.inChannels, separable: 0}[
      order
    ],
    hiddenOut: order === 'separable' ? 0 : (expandFirst ? inputPixels : pixels) * GEMM_PANELS * PANEL,
    hiddenPanels: pixels * hiddenChunk,
    accumulator: sums,
    partSums:
      parts === 1 || isGlobal(spec) ? 0 : sums * (tile.keepRows ? Math.ceil(geometry.outHeight / tile.height) : 1),
  };
  let end = roundUp(Field.COUNT * FLOAT_BYTES, ALIGNMENT);
  const offsets = {} as Record<BufferName, number>;
  for (const name of BUFFERS) {
    offsets[name] = end;
    end += roundUp(floats[name] * FLOAT_BYTES, ALIGNMENT);
  }
  return {
    spatialKernel: spatialKernel.name,
    keepRows: tile.keepRows,
    spatialOutStride,
    parts,
    partChannels,
    sumsBytes: sums * FLOAT_BYTES,
    outputParts,
    outputPartChannels,
    tileHeight: tile.height,
    tileWidth: tile.width,
    channelChunk,
    hiddenChunk,
    imageRows,
    imageColumns,
    offsets,
    scratchBytes: end,
  };
}

/** Returns the parts of so many channels that give an image of few pixels its steps; 1 where its tiles do, and for larger ones. */
function wantedParts(
  channels: number,
  {outHeight, outWidth}: BlockGeometry,
  {tile, limits}: {tile: Tile; limits: PlanLimits},
): number {
  if (outHeight * outWidth > SMALL_IMAGE) return 1;
  // A tile that finds its rows in the ring is no step of its own.
  const tiles = Math.ceil(outWidth / tile.width) * (tile.keepRows ? 1 : Math.ceil(outHeight / tile.height));
  const most = Math.max(1, Math.floor(channels / limits.partChannels));
  return Math.min(most, Math.ceil(limits.steps / tiles));
}

/** What an image costs with this tile, in MACs of the micro-kernel: padding to whole micro-tiles and halos included. */
function tileCost(spec: BlockSpec, {width}: ImageSize, {outHeight, outWidth}: BlockGeometry, plan: WasmPlan): number {
  const {tileHeight, tileWidth, imageRows} = plan;
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const spatialPixels = spatialMicrokernel(spec).pixels;
  const channels = spatialChannels(spec);
  const taps = kernelHeight * kernelWidth * spec.groupWidth;
  const expandMacs = spec.order === 'separable' ? 0 : spec.inChannels * spec.hiddenChannels;
  const projectMacs = spec.hiddenChannels * spec.outChannels;
  let cost = 0;
  for (const [columns, columnTiles] of tilesAlong(outWidth, tileWidth)) {
    const inputColumns = Math.min(width, (columns - 1) * spec.stride + kernelWidth);
    for (const [rows, rowTiles] of tilesAlong(outHeight, tileHeight)) {
      const pixels = gemmPixels(rows * columns);
      const spatial = rows * roundUp(columns, spatialPixels) * taps * channels;
      const weights = (expandMacs + projectMacs) * WEIGHT_COST;
      const copied = imageRows * plan.imageColumns * spec.inChannels * COPY_COST;
      const expanded =
        spec.order === 'expand-first'
          ? gemmPixels((plan.keepRows ? rows * spec.stride : imageRows) * inputColumns) * expandMacs
          : pixels * expandMacs + copied;
      cost += columnTiles * rowTiles * (spatial + weights + expanded + pixels * projectMacs);
    }
  }
  return cost;
}

/** Returns the tile sizes along an axis with how often each comes: whole tiles, and the rest. */
function tilesAlong(whole: number, tile: number): [size: number, count: number][] {
  const rest = whole % tile;
  const sizes: [number, number][] = [[tile, Math.floor(whole / tile)]];
  if (rest > 0) sizes.push([rest, 1]);
  return sizes;
}
