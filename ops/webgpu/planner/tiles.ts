/**
 * The candidates of each step: of every kernel a modest set of tiles, from which the cost model takes the best. None makes an
 * invocation hold more than registers should; whether a candidate fits the device is checked when it becomes a pass.
 */
import type {BlockGeometry} from '../../block.ts';
import {PANEL, roundUp} from '../../params.ts';
import type {FamilyTraits} from './families.ts';
import {
  type ConvFirstVariant,
  type ExpandFirstVariant,
  type GatesVariant,
  type GemmTile,
  haloPixels,
  isVectored,
  LANE,
  lanesOf,
  type PixelTile,
  pixelsOf,
  type PointwiseLayer,
  type PointwiseVariant,
  QUAD,
  rowsOf,
  type SpatialLayer,
  type SpatialVariant,
  threadsOf,
} from './variant.ts';
import {divisorsOf, isShared, partedSplits, partSplits, type Split, splits} from './splits.ts';
import {segmentInstructions} from './stageWork.ts';

/** Vectors of weights that are staged at a time: fewer need more waits, more leave less workgroup memory to the tile. */
const STAGED_VECTORS = [256, 512];
/** Inputs of a slab. */
const SLABS = [8, 16, 32];
/** Hidden channels that are taken at a time. */
const CHUNKS = [16, 32, 64];
/** Invocations of a workgroup: whole waves of 32; or multiples of 7, which divide the pixels of images of 7, 14 and 28 a side. */
const THREADS = [32, 64, 128, 256];
const THREADS_OF_SEVEN = [56, 112, 224];
/** With multiples of 3, which divide the lanes of many layers; the fewest first, so that of equals none has invocations without work. */
const ALL_THREADS = [...THREADS, ...THREADS_OF_SEVEN, 96, 192].sort((a, b) => a - b);
/** Rows and columns of a product whose pixels are no rectangle. */
const ROWS = [4, 8, 16, 32, 64];
const COLUMNS = [16, 32, 64];
const MAX_COLUMNS = 64;
/** Sides of a rectangle. */
const SIDES = [1, 2, 4, 7, 8, 14, 16];
const MAX_PIXELS = 64;

type Rectangle = Pick<PixelTile, 'height' | 'width'>;

/** What the candidates of a kernel with a spatial conv depend on beside its layers. */
interface Surroundings {
  readonly geometry: BlockGeometry;
  readonly family: FamilyTraits;
}

/** Yields the variants of a pass of one product, over so many pixels. */
export function* pointwiseCandidates(
  base: Omit<PointwiseVariant, 'tile' | 'prefetch' | 'readsPixels'>,
  pixels: number,
  family: FamilyTraits,
): Generator<PointwiseVariant> {
  const {inputs, outputs} = base.layer;
  const {prefetch} = family;
  for (const rows of rowCounts(pixels))
    for (const columns of columnCounts(outputs))
      for (const split of partSplits({rows, columns, family})) {
        for (const slab of SLABS.filter((each) => each < 2 * inputs || each === PANEL))
          if (isShared({...split, slab}, family)) yield {...base, tile: {...split, slab}, prefetch};
        if (family.readsPixels && isVectored(base.source) && (base.gated?.activation ?? 'linear') === 'linear')
          for (const slab of readSlabs(inputs, split))
            yield {...base, tile: {...split, slab}, prefetch, readsPixels: true};
      }
}

/** Rounds of four inputs that a part does of a slab whose pixels are read: a loop of fewer is unrolled, and its loads do not fit. */
const READ_ROUNDS = {least: 10, most: 24} as const;

/** Returns the slabs to try where pixels are read: all inputs where they are few, or what divides them. */
function readSlabs(inputs: number, {parts}: Split): number[] {
  const rounds = lanesOf(inputs) / parts;
  if (inputs % (LANE * parts) !== 0) return [];
  if (rounds <= READ_ROUNDS.least) return parts === 1 ? [inputs] : [];
  return divisorsOf(rounds, READ_ROUNDS.most)
    .filter((each) => each >= READ_ROUNDS.least)
    .map((each) => LANE * parts * each);
}

/** Yields the variants of the pass between two sweeps. */
export function* gatesCandidates(base: Omit<GatesVariant, 'threads'>): Generator<GatesVariant> {
  for (const threads of THREADS) yield {...base, threads};
}

/** Yields the variants of a spatial pass. */
export function* spatialCandidates(
  base: Omit<SpatialVariant, 'tile' | 'threads'>,
  geometry: BlockGeometry,
  family: FamilyTraits,
): Generator<SpatialVariant> {
  for (const rectangle of rectangles(geometry))
    for (const segment of segmentsOf(rectangle, family))
      for (const threads of ALL_THREADS)
        yield {...base, tile: {...rectangle, segment, ...filterOf(family, base.layer)}, threads};
}

/** What all candidates of a kernel that fuses layers share. */
type ConvFirstBase = Omit<ConvFirstVariant, 'spatial' | 'expandTile' | 'projectTile'>;
type ExpandFirstBase = Omit<ExpandFirstVariant, 'expand' | 'spatial' | 'hiddenChunk' | 'projectTile'>;

/** Yields the variants of a whole conv-first block. */
export function* convFirstCandidates(
  base: ConvFirstBase,
  layer: SpatialLayer,
  {geometry, family}: Surroundings,
): Generator<ConvFirstVariant> {
  for (const rectangle of rectangles(geometry))
    for (const threads of threadsFor(pixelsOf(rectangle))) {
      const tile = bestTile({layer, rectangle, threads, family});
      yield* withProducts({...base, spatial: {layer, tile}}, {rows: rowsOf(tile), threads, family});
    }
}

/** Yields the variants of what follows a spatial pass in conv-first, over so many pixels. */
export function* expandProjectCandidates(
  base: ConvFirstBase,
  pixels: number,
  family: FamilyTraits,
): Generator<ConvFirstVariant> {
  for (const rows of rowCounts(pixels))
    for (const threads of THREADS) yield* withProducts({...base, spatial: null}, {rows, threads, family});
}

function* withProducts(
  base: Omit<ConvFirstVariant, 'expandTile' | 'projectTile'>,
  {rows, threads, family}: {readonly rows: number; readonly threads: number; readonly family: FamilyTraits},
): Generator<ConvFirstVariant> {
  const {expand, project} = base;
  for (const projectSplit of partedSplits({rows, columns: roundUp(project.outputs, PANEL), threads, family}))
    for (const columns of chunksOf(expand.outputs, PANEL))
      for (const expandSplit of splits({rows, columns, threads, sums: family.sums, padded: false}))
        for (const projectTile of withSlabs(projectSplit, columns).filter((each) => isShared(each, family)))
          for (const expandTile of withSlabs(expandSplit, expand.inputs)) yield {...base, expandTile, projectTile};
}

/** Yields the variants of a whole expand-first block, or, `expand` null, of what follows an expand pass. */
export function* expandFirstCandidates(
  base: ExpandFirstBase,
  {expand, spatial}: {readonly expand: PointwiseLayer | null; readonly spatial: SpatialLayer},
  {geometry, family: all}: Surroundings,
): Generator<ExpandFirstVariant> {
  const columns = roundUp(base.project.outputs, PANEL);
  const family = base.convolvesX === true ? {...all, segment: all.separableSegment} : all;
  for (const rectangle of rectangles(geometry))
    for (const threads of threadsFor(pixelsOf(rectangle)))
      for (const hiddenChunk of chunksOf(spatial.channels, Math.max(PANEL, spatial.groupWidth))) {
        const tile = bestTile({layer: {...spatial, channels: hiddenChunk}, rectangle, threads, family});
        for (const split of partedSplits({rows: rowsOf(tile), columns, threads, family}))
          for (const projectTile of withSlabs(split, hiddenChunk).filter((each) => isShared(each, family))) {
            const variant = {...base, spatial: {layer: spatial, tile}, hiddenChunk, projectTile};
            if (expand === null) yield {...variant, expand};
            else yield* withExpand(variant, expand, family);
          }
      }
}

/** Yields both ways to stage x: slab by slab, again for each chunk; and all inputs at once, for all chunks. */
function* withExpand(
  variant: Omit<ExpandFirstVariant, 'expand'>,
  layer: PointwiseLayer,
  {sums}: FamilyTraits,
): Generator<ExpandFirstVariant> {
  const {spatial, hiddenChunk, projectTile} = variant;
  const threads = threadsOf(projectTile);
  const shared = {rows: haloPixels(spatial), columns: hiddenChunk, threads, sums, padded: true};
  for (const split of splits(shared)) {
    const whole = {...split, slab: roundUp(layer.inputs, LANE)};
    const slabs = withSlabs(split, layer.inputs).filter(({slab}) => slab < whole.slab);
    for (const tile of [...slabs, whole]) yield {...variant, expand: {layer, tile}};
  }
}

/**
 * Returns tiles with the longest slab that divides the inputs and has at most so many vectors of weights, or with the shortest, for
 * each of STAGED_VECTORS.
 */
function withSlabs(split: Split, inputs: number): GemmTile[] {
  const slabs = STAGED_VECTORS.map((staged) => {
    const fits = (slab: number): boolean =>
      slab * lanesOf(split.columns) <= staged && roundUp(inputs, PANEL) % slab === 0;
    return Math.max(PANEL, ...SLABS.filter(fits));
  });
  return distinct(slabs).map((slab) => ({...split, slab}));
}

function threadsFor(rows: number): number[] {
  return rows % 7 === 0 ? THREADS_OF_SEVEN : THREADS;
}

/**
 * Returns the rows to try: none so many that half of them or more would have no pixels, the fewest apart; and of each the fewest that
 * need no more tiles.
 */
function rowCounts(pixels: number): number[] {
  const counts = ROWS.filter((rows) => rows < 2 * pixels || rows === ROWS[0]);
  const even = counts.map((rows) => roundUp(Math.ceil(pixels / Math.ceil(pixels / rows)), QUAD));
  return distinct([...counts, ...even]);
}

/** Returns the columns to try: some for all layers, and the fewest that need no more tiles than MAX_COLUMNS do. */
function columnCounts(outputs: number): number[] {
  const even = roundUp(Math.ceil(outputs / Math.ceil(outputs / MAX_COLUMNS)), PANEL);
  return distinct([...COLUMNS.filter((columns) => columns <= outputs), even]);
}

/** Returns the chunks to try, multiples of `unit`: whole panels, or whole groups of the conv. */
function chunksOf(channels: number, unit: number): number[] {
  return distinct(CHUNKS.map((chunk) => roundUp(Math.min(chunk, channels), unit)));
}

/** Returns the rectangles to try: of each number of pixels the best. */
function rectangles({outHeight, outWidth}: BlockGeometry): Rectangle[] {
  const best = new Map<number, Rectangle & {readonly waste: number}>();
  for (const height of sidesOf(outHeight))
    for (const width of sidesOf(outWidth)) {
      const pixels = height * width;
      if (pixels > MAX_PIXELS) continue;
      // The fewest pixels outside the image; of equals the nearest to a square, which has the smallest halo.
      const waste = roundUp(outHeight, height) * roundUp(outWidth, width) + (height + width) / (2 * MAX_PIXELS);
      if (waste < (best.get(pixels)?.waste ?? Infinity)) best.set(pixels, {height, width, waste});
    }
  return [...best.values()].map(({height, width}) => ({height, width}));
}

function sidesOf(length: number): number[] {
  return SIDES.filter((side) => side <= length);
}

function segmentsOf({width}: Rectangle, {segment}: FamilyTraits): number[] {
  return divisorsOf(width, segment);
}

interface TileProblem {
  readonly layer: SpatialLayer;
  readonly rectangle: Rectangle;
  readonly threads: number;
  readonly family: FamilyTraits;
}

/** Vectors of a depthwise filter that an invocation may load ahead. */
const MAX_HELD = 9;

/** Returns what an invocation has registers for beside a segment: a depthwise filter, or a grouped one's taps of several rounds. */
function filterOf(
  {holdsFilters}: FamilyTraits,
  {groupWidth, kernelSize}: SpatialLayer,
): Pick<PixelTile, 'holdsFilter' | 'isRolled'> {
  if (groupWidth > 1) return holdsFilters ? {} : {isRolled: true};
  return holdsFilters && kernelSize[0] * kernelSize[1] <= MAX_HELD ? {holdsFilter: true} : {};
}

/**
 * Returns the rectangle with the segment of fewest instructions: those of the mean invocation plus those of the busiest, for each pixel that
 * the segment's rows in a product would hold.
 */
function bestTile({layer, rectangle, threads, family}: TileProblem): PixelTile {
  let best: {readonly tile: PixelTile; readonly instructions: number} | null = null;
  for (const segment of segmentsOf(rectangle, family)) {
    const tile = {...rectangle, segment, ...filterOf(family, layer)};
    const items = (pixelsOf(tile) / segment) * lanesOf(layer.channels);
    const conv = segmentInstructions(layer, segment) * (items / threads + Math.ceil(items / threads));
    const instructions = (conv * rowsOf(tile)) / pixelsOf(tile);
    if (instructions < (best?.instructions ?? Infinity)) best = {tile, instructions};
  }
  return best!.tile;
}

function distinct(numbers: readonly number[]): number[] {
  return [...new Set(numbers)];
}
