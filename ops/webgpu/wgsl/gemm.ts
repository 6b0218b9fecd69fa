/**
 * The matrix product that every kernel is made of: rows, which are pixels, times a slab of weights that the workgroup staged.
 *
 * Thread map: invocation `thread` has row thread / columnThreads and column thread % columnThreads; it owns the rows
 * threadRow + i·rowThreads and the lanes threadColumn + j·columnThreads, so that neighbours read neighbouring lanes.
 * Loops over what an invocation owns have constant bounds: compilers unroll them, and sums and values stay in registers.
 * Workgroup bytes: the staged slab, slab × the lanes of all threads. Barriers: the caller's, between staging and use.
 */
import {PANEL, type Precision, roundUp} from '../../params.ts';
import {
  type GemmTile,
  LANE,
  lanesOf,
  panelsOf,
  type PointwiseLayer,
  threadsOf,
  threadTile,
} from '../planner/variant.ts';
import {elementType} from './vectors.ts';

/** Returns the vectors of a staged row: as many as all invocations own, which may be more than the tile has. */
export function stagedLanes(tile: GemmTile): number {
  return tile.columnThreads * threadTile(tile).lanes;
}

/** Returns the vectors of a staged slab. */
export function slabVectors(tile: GemmTile): number {
  return tile.slab * stagedLanes(tile);
}

export interface SharedItemsParts {
  /** How many there are, in all. */
  readonly items: number;
  readonly threads: number;
  /** Statements that load what belongs to item `i`, whether there is an `i` or not. */
  readonly load: string;
  /** The statement that puts it where it belongs. */
  readonly put: string;
}

/** Loads of an invocation that are on their way at a time: more would take registers from the sums. */
const LOADS_AT_A_TIME = [4, 3, 2];

/**
 * Returns the loop in which a workgroup's invocations share out items, neighbours taking neighbouring ones. An inner loop of few and
 * constant rounds, without a branch around a load, is what compilers unroll: they wait once for all of its loads.
 */
export function eachSharedText({items, threads, load, put}: SharedItemsParts): string {
  const rounds = Math.ceil(items / threads);
  const atATime = LOADS_AT_A_TIME.find((each) => rounds % each === 0) ?? 1;
  const isEven = items % threads === 0;
  return `  for (var first = thread; first < ${rounds * threads}u; first += ${atATime * threads}u) {
    for (var round = 0u; round < ${atATime}u; round++) {
      let i = first + round * ${threads}u;
      ${load}
      ${isEven ? put : `if (i < ${items}u) {\n        ${put}\n      }`}
    }
  }`;
}

/** Returns the conditions, all of which must hold, as one expression; `true` where there are none. */
export function allOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : conditions.map((each) => `(${each})`).join(' & ');
}

export interface StagingParts {
  readonly name: string;
  readonly layer: PointwiseLayer;
  readonly tile: GemmTile;
  readonly precision: Precision;
  /** How far the calls go, in all: inputs and outputs that the layer does not have are zeros. */
  readonly reach: {readonly inputs: number; readonly outputs: number};
}

/**
 * Returns the function `stage_<name>(firstInput, firstPanel, at, thread)`, which stages a slab of the panels of a tile's columns
 * in `weights` from `at` on, zeros beyond the end of the matrix. Neighbouring invocations read neighbouring vectors of a panel.
 */
export function stagingText({name, layer, tile, precision, reach}: StagingParts): string {
  const halves = 2 * tile.slab;
  const panels = tile.columns / PANEL;
  const exists = allOf([
    ...(reach.inputs <= layer.inputs ? [] : [`input < ${layer.inputs}u`]),
    ...(panelsOf(reach.outputs) <= panelsOf(layer.outputs) ? [] : [`panel < ${panelsOf(layer.outputs)}u`]),
  ]);
  const at = `${layer.weights}u + 2u * (panel * ${layer.inputs}u + input) + half % 2u`;
  return `fn stage_${name}(firstInput: u32, firstPanel: u32, at: u32, thread: u32) {
${eachSharedText({
  items: halves * panels,
  threads: threadsOf(tile),
  load: `let half = i % ${halves}u;
    let panel = firstPanel + i / ${halves}u;
    let input = firstInput + half / 2u;
    let exists = ${exists};
    let value = select(vec4<${elementType(precision)}>(), params[select(0u, ${at}, exists)], exists);`,
  put: `weights[at + (half / 2u) * ${stagedLanes(tile)}u + 2u * (panel - firstPanel) + half % 2u] = value;`,
})}
}`;
}

/** Returns how far tiles go that cover a layer in whole slabs and columns. */
export function wholeTiles({inputs, outputs}: PointwiseLayer, {slab, columns}: GemmTile): StagingParts['reach'] {
  return {inputs: roundUp(inputs, slab), outputs: roundUp(outputs, columns)};
}

/** Returns how far slabs go that cover a layer's inputs in chunks: beyond the end of a chunk, and chunks beyond the inputs. */
export function wholeChunks({inputs}: PointwiseLayer, {slab, columns}: GemmTile, chunk: number): StagingParts['reach'] {
  return {inputs: roundUp(inputs, chunk) + roundUp(chunk, slab) - chunk, outputs: columns};
}

export interface PixelStagingParts {
  /** The array that takes the pixels, with as many vectors from one row to the next. */
  readonly into: string;
  readonly stride: number;
  readonly layer: PointwiseLayer;
  readonly tile: GemmTile;
  readonly precision: Precision;
}

/**
 * Returns the function `stage_pixels(firstPixel, firstLane, at, thread)`, which stages a slab's channels of the tile's rows of
 * `source` in an array from `at` on, zeros beyond the last pixel and lane. Neighbouring invocations read neighbouring lanes.
 */
export function pixelStagingText({into, stride, layer, tile, precision}: PixelStagingParts): string {
  const lanes = lanesOf(tile.slab);
  const exists = allOf([
    'pixel < uniforms.pixels',
    ...(lanesOf(layer.inputs) % lanes === 0 ? [] : [`lane < ${lanesOf(layer.inputs)}u`]),
  ]);
  return `fn stage_pixels(firstPixel: u32, firstLane: u32, at: u32, thread: u32) {
${eachSharedText({
  items: tile.rows * lanes,
  threads: threadsOf(tile),
  load: `let pixel = firstPixel + i / ${lanes}u;
    let lane = firstLane + i % ${lanes}u;
    let exists = ${exists};
    let value = select(vec4<f32>(), load_source(select(0u, pixel, exists), select(0u, lane, exists)), exists);`,
  put: `${into}[at + (i / ${lanes}u) * ${stride}u + i % ${lanes}u] = vec4<${elementType(precision)}>(value);`,
})}
}`;
}

/** Returns how many lanes of `depth` inputs slab number `slab` has, an expression: the last slab may have fewer. */
export function slabLanes(tile: GemmTile, depth: number, slab: string): string {
  const all = lanesOf(depth);
  const whole = lanesOf(tile.slab);
  return all % whole === 0 ? `${whole}u` : `min(${whole}u, ${all}u - ${slab} * ${whole}u)`;
}

/** Returns the statements that declare an invocation's `threadRow` and `threadColumn`. */
export function threadText({columnThreads}: GemmTile): string {
  return `  let threadRow = thread / ${columnThreads}u;\n  let threadColumn = thread % ${columnThreads}u;`;
}

/** Returns the declaration of an invocation's `sums`, zero. */
export function sumsText(tile: GemmTile): string {
  const {rows, lanes} = threadTile(tile);
  return `  var sums = array<vec4<f32>, ${rows * lanes}>();`;
}

/** What an invocation owns of a product, as expressions: a sum, its row and its lane within the tile. */
export interface Owned {
  readonly sum: string;
  readonly row: string;
  readonly lane: string;
}

/** Returns the loop over all that an invocation owns. */
export function eachOwnedText(tile: GemmTile, statement: (owned: Owned) => string): string {
  const {rows, lanes} = threadTile(tile);
  const owned = {
    sum: `sums[i * ${lanes}u + j]`,
    row: rowOf(tile),
    lane: `threadColumn + j * ${tile.columnThreads}u`,
  };
  return `  for (var i = 0u; i < ${rows}u; i++) {
    for (var j = 0u; j < ${lanes}u; j++) {
      ${statement(owned)}
    }
  }`;
}

/** The row that an invocation owns as its i-th. */
function rowOf({rowThreads}: GemmTile): string {
  return `threadRow + i * ${rowThreads}u`;
}

export interface ProductParts {
  readonly tile: GemmTile;
  /** Where the staged slab begins in `weights`, an expression. */
  readonly at: string;
  /** A lane of a row's inputs, an expression; `inputs` counts lanes from the slab's first. */
  readonly value: (row: string, inputs: string) => string;
  /** The lanes of inputs that are multiplied, an expression: by default the whole slab. */
  readonly lanes?: string;
}

/**
 * Returns the loop that adds a slab's products to an invocation's `sums`: four inputs of all its rows at a time, times the four
 * rows of weights that they meet.
 */
export function productText({tile, at, value, lanes: taken = `${lanesOf(tile.slab)}u`}: ProductParts): string {
  const {rows, lanes} = threadTile(tile);
  const staged = stagedLanes(tile);
  const weights = range(LANE).map((k) => `      let w${k} = vec4<f32>(weights[column + ${k * staged}u]);`);
  return `  for (var inputs = 0u; inputs < ${taken}; inputs++) {
    var values: array<vec4<f32>, ${rows}>;
    for (var i = 0u; i < ${rows}u; i++) {
      values[i] = vec4<f32>(${value(rowOf(tile), 'inputs')});
    }
    for (var j = 0u; j < ${lanes}u; j++) {
      let column = ${at} + inputs * ${LANE * staged}u + threadColumn + j * ${tile.columnThreads}u;
${weights.join('\n')}
      for (var i = 0u; i < ${rows}u; i++) {
        sums[i * ${lanes}u + j] = ${addedProducts(`sums[i * ${lanes}u + j]`, 'values[i]')};
      }
    }
  }`;
}

/**
 * Returns the expression of a sum with the products of four inputs `value` and the vectors of weights w0 … w3 added. By fma: a matrix
 * times a vector takes compilers of GPUs a multiplication and an addition more.
 */
export function addedProducts(sum: string, value: string): string {
  return range(LANE).reduce((added, k) => `fma(w${k}, vec4<f32>(${value}[${k}]), ${added})`, sum);
}

/** Returns 0 … n−1. */
export function range(n: number): number[] {
  return Array.from({length: n}, (_, i) => i);
}
