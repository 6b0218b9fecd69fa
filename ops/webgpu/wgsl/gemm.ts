/**
 * The matrix product that every kernel is made of: rows, which are pixels, times a slab of weights that the workgroup staged.
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
import {elementType} from './vectors.ts';

/** Returns the vectors of a staged row: as many as all invocations own, which may be more than the tile has. */
export function stagedLanes(tile: GemmTile): number {
  return tile.columnThreads * threadTile(tile).lanes;
}

/** Returns the vectors of a staged slab. */
export function slabVectors(tile: GemmTile): number {
  return tile.slab * stagedLanes(tile);
}

/**
 * Returns the function `stage_<name>(firstInput, firstPanel, at, thread)`, which stages a slab of the panels of a tile's columns
 * in `weights` from `at` on, zeros beyond the end of the matrix. Neighbouring invocations read neighbouring vectors of a panel.
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
 * Returns the function `stage_pixels(firstPixel, firstLane, at, thread)`, which stages a slab's channels of the tile's rows of
 * `source` in an array from `at` on, zeros beyond the last pixel and lane. Neighbouring invocations read neighbouring lanes.
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
