/**
 * The matrix product that every kernel is made of: rows of pixels times a slab of weights that all invocations staged together.
 *
 * Thread map: invocation `thread` has row thread / columnThreads and column thread % columnThreads; it owns the rows
 * threadRow + i·rowThreads and the lanes threadColumn + j·columnThreads, so that neighbours read neighbouring lanes.
 * Loops over what an invocation owns have constant bounds: compilers unroll them, and sums and values stay in registers.
 * Workgroup bytes: the staged slab, slab × the lanes of all threads. Barriers: the caller's, between staging and use.
 */
import {PANEL, type Precision} from '../../params.ts';
import {
  type GemmTile,
  LANE,
  lanesOf,
  panelsOf,
  type PointwiseLayer,
  threadsOf,
  threadTile,
} from '../planner/variant.ts';
import {elementType} from './module.ts';

/** Returns the vectors of a staged row: as many as the threads own, which may be more than the tile has. */
export function stagedLanes(tile: GemmTile): number {
  return tile.columnThreads * threadTile(tile).lanes;
}

/** Returns the vectors of a staged slab. */
export function slabVectors(tile: GemmTile): number {
  return tile.slab * stagedLanes(tile);
}

/**
 * Returns the function `stage_<name>(firstInput, firstPanel, at, thread)`, which puts `slab` rows of the panels of a tile's
 * columns into `weights` from `at` on, zeros where the matrix has ended. A panel's rows lie one after the other: so do the
 * reads of neighbouring invocations.
 */
export function stagingText(name: string, layer: PointwiseLayer, tile: GemmTile, precision: Precision): string {
  const halves = 2 * tile.slab;
  const vectors = halves * (tile.columns / PANEL);
  const element = `vec4<${elementType(precision)}>`;
  return `fn stage_${name}(firstInput: u32, firstPanel: u32, at: u32, thread: u32) {
  for (var i = thread; i < ${vectors}u; i += ${threadsOf(tile)}u) {
    let panel = i / ${halves}u;
    let half = i % ${halves}u;
    let input = firstInput + half / 2u;
    var value = ${element}();
    if (input < ${layer.inputs}u && firstPanel + panel < ${panelsOf(layer.outputs)}u) {
      value = params[${layer.weights}u + 2u * ((firstPanel + panel) * ${layer.inputs}u + input) + half % 2u];
    }
    weights[at + (half / 2u) * ${stagedLanes(tile)}u + 2u * panel + half % 2u] = value;
  }
}`;
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
 * Returns the function `stage_pixels(firstPixel, firstLane, at, thread)`, which puts a slab's channels of the tile's rows of
 * `source` into an array from `at` on, zeros behind the last pixel and channel. Neighbouring invocations read neighbouring lanes.
 */
export function pixelStagingText({into, stride, layer, tile, precision}: PixelStagingParts): string {
  const lanes = lanesOf(tile.slab);
  return `fn stage_pixels(firstPixel: u32, firstLane: u32, at: u32, thread: u32) {
  for (var i = thread; i < ${tile.rows * lanes}u; i += ${threadsOf(tile)}u) {
    let row = i / ${lanes}u;
    let lane = i % ${lanes}u;
    var value = vec4<f32>();
    if (firstPixel + row < uniforms.pixels && firstLane + lane < ${lanesOf(layer.inputs)}u) {
      value = load_source(firstPixel + row, firstLane + lane);
    }
    ${into}[at + row * ${stride}u + lane] = vec4<${elementType(precision)}>(value);
  }
}`;
}

/** Returns how many vectors of inputs slab number `slab` of `depth` inputs holds, an expression: the last may hold fewer. */
export function slabLanes(tile: GemmTile, depth: number, slab: string): string {
  const all = lanesOf(depth);
  const most = lanesOf(tile.slab);
  return all % most === 0 ? `${most}u` : `min(${most}u, ${all}u - ${slab} * ${most}u)`;
}

/** Returns the statements that tell an invocation which row and column of threads it is. */
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
  /** The vector of four inputs of a row, an expression; `inputs` counts vectors from the slab's first. */
  readonly value: (row: string, inputs: string) => string;
  /** The vectors of inputs that are taken, an expression: by default the whole slab. */
  readonly lanes?: string;
}

/**
 * Returns the loop that adds a slab's products to an invocation's `sums`: four inputs of all its rows at a time, times the four
 * rows of weights that they meet, as the columns of a 4×4 matrix.
 */
export function productText({tile, at, value, lanes: taken = `${lanesOf(tile.slab)}u`}: ProductParts): string {
  const {rows, lanes} = threadTile(tile);
  const staged = stagedLanes(tile);
  const columns = range(LANE).map((k) => `vec4<f32>(weights[column + ${k * staged}u])`);
  return `  for (var inputs = 0u; inputs < ${taken}; inputs++) {
    var values: array<vec4<f32>, ${rows}>;
    for (var i = 0u; i < ${rows}u; i++) {
      values[i] = vec4<f32>(${value(rowOf(tile), 'inputs')});
    }
    for (var j = 0u; j < ${lanes}u; j++) {
      let column = ${at} + inputs * ${LANE * staged}u + threadColumn + j * ${tile.columnThreads}u;
      let matrix = mat4x4<f32>(${columns.join(', ')});
      for (var i = 0u; i < ${rows}u; i++) {
        sums[i * ${lanes}u + j] += matrix * values[i];
      }
    }
  }`;
}

/** Returns 0 … n−1. */
export function range(n: number): number[] {
  return Array.from({length: n}, (_, i) => i);
}
