/**
 * The matrix product that every kernel is made of: rows, which are pixels, times a slab of weights that the workgroup staged.
 *
 * Thread map: `parts` groups of invocations share the inputs of each slab. In its part, invocation `member` has row
 * member / columnThreads and column member % columnThreads; it owns the quads threadRow + i·rowThreads, four rows each, and the
 * lanes threadColumn + j·columnThreads, so that neighbours read neighbouring vectors.
 * What an invocation owns is written out, a variable a sum: compilers keep them in registers. They begin with the bias.
 * Workgroup bytes: the staged slab (staging.ts) and its pixels (quads.ts); sums of several parts are joined in a tile's vectors.
 * Barriers: the caller's, between staging and use; one a part to join its sums.
 */
import {type GemmTile, LANE, lanesOf, type PointwiseLayer, QUAD, threadsOf, threadTile} from '../planner/variant.ts';
import type {Precision} from '../../params.ts';
import {type QuadArray, quadAt} from './quads.ts';
import {vectorArray, type WorkgroupArray} from './workgroupArrays.ts';

/** Returns the statements that declare an invocation's `part`, `threadRow` and `threadColumn`. */
export function threadText({rowThreads, columnThreads, parts}: GemmTile): string {
  const members = rowThreads * columnThreads;
  const member = parts === 1 ? 'thread' : `thread % ${members}u`;
  return `${parts === 1 ? '' : `  let part = thread / ${members}u;\n`}  let threadRow = ${member} / ${columnThreads}u;
  let threadColumn = thread % ${columnThreads}u;`;
}

/** What an invocation owns of a product: a quad of rows of the tile and a lane, as expressions, and its sums of each row. */
export interface Owned {
  readonly quad: string;
  readonly lane: string;
  readonly sums: readonly string[];
}

/** Returns all that an invocation owns. */
export function ownedBy(tile: GemmTile): Owned[] {
  const {quads, lanes} = threadTile(tile);
  return range(quads).flatMap((i) =>
    range(lanes).map((j) => ({
      quad: quadOf(tile, i),
      lane: laneOf(tile, j),
      sums: range(QUAD).map((row) => `sum${QUAD * i + row}_${j}`),
    })),
  );
}

function quadOf({rowThreads}: GemmTile, i: number): string {
  return plus('threadRow', i * rowThreads);
}

function laneOf({columnThreads}: GemmTile, j: number): string {
  return plus('threadColumn', j * columnThreads);
}

/** Returns the declaration of an invocation's sums: the bias of `layer`, whose lane `firstLane` is the tile's first. */
export function sumsText(tile: GemmTile, {bias}: PointwiseLayer, firstLane: string): string {
  const {quads, lanes} = threadTile(tile);
  const start = (value: string): string => (tile.parts === 1 ? value : `select(vec4<f32>(), ${value}, part == 0u)`);
  const biases = range(lanes).map(
    (j) => `  let bias${j} = ${start(`vec4<f32>(params[${bias}u + ${firstLane} + ${laneOf(tile, j)}])`)};`,
  );
  const sums = range(QUAD * quads).flatMap((i) => range(lanes).map((j) => `  var sum${i}_${j} = bias${j};`));
  return [...biases, ...sums].join('\n');
}

export interface ProductParts {
  readonly tile: GemmTile;
  readonly pixels: QuadArray;
  /** The lane of the pixels that is the slab's first, an expression. */
  readonly firstLane?: string;
  /** Where the staged slab begins in `weights`. Units: vectors. */
  readonly at?: number;
  /** The lanes of inputs that are multiplied, an expression: by default the whole slab. Several parts always share a whole one. */
  readonly lanes?: string;
}

/** Returns the loop that adds a slab's products to an invocation's sums, input by input. */
export function productText({tile, pixels, firstLane = '0u', at = 0, lanes: taken}: ProductParts): string {
  const {quads, lanes} = threadTile(tile);
  const own = lanesOf(tile.slab) / tile.parts;
  const lane = tile.parts === 1 ? 'inputs' : `(part * ${own}u + inputs)`;
  const first = firstLane === '0u' ? lane : `(${firstLane} + ${lane})`;
  const columns = range(lanes).map(
    (j) => `      let weight${j} = vec4<f32>(weights[${plus('row', j * tile.columnThreads)}]);`,
  );
  const values = range(quads).map(
    (i) => `      let values${i} = vec4<f32>(${pixels.name}[${plus('quad', i * tile.rowThreads)}]);`,
  );
  const products = range(QUAD * quads).flatMap((i) =>
    range(lanes).map((j) => `      ${addedProduct(`sum${i}_${j}`, `weight${j}`, valueOf(i))}`),
  );
  return `  for (var inputs = 0u; inputs < ${tile.parts === 1 && taken !== undefined ? taken : `${own}u`}; inputs++) {
    for (var input = 0u; input < ${LANE}u; input++) {
      let row = ${plus(`(${LANE}u * ${lane} + input) * ${stagedLanes(tile)}u + threadColumn`, at)};
      let quad = ${quadAt(pixels, {lane: first, channel: 'input', quad: 'threadRow'})};
${[...columns, ...values, ...products].join('\n')}
    }
  }`;
}

/**
 * Returns the same for pixels that lie in a tensor of vectors, `source`, so many lanes each: of each of its rows an invocation reads four
 * inputs at a time. `pixel` is where the slab of its first row begins. The constant trips let compilers leave out checks of bounds.
 */
export function readProductText(tile: GemmTile, perPixel: number): string {
  const {quads, lanes} = threadTile(tile);
  const own = lanesOf(tile.slab) / tile.parts;
  const lane = tile.parts === 1 ? 'inputs' : `(part * ${own}u + inputs)`;
  const rows = range(QUAD * quads);
  const pixel = (i: number): number => QUAD * tile.rowThreads * Math.floor(i / QUAD) + (i % QUAD);
  const values = rows.map((i) => `    let values${i} = source[${plus('at', pixel(i) * perPixel)}];`);
  const products = range(LANE).flatMap((input) => [
    ...range(lanes).map((j) => {
      const from = input * stagedLanes(tile) + j * tile.columnThreads;
      return `    let weight${input}_${j} = vec4<f32>(weights[${plus('row', from)}]);`;
    }),
    ...rows.flatMap((i) =>
      range(lanes).map(
        (j) => `    ${addedProduct(`sum${i}_${j}`, `weight${input}_${j}`, `values${i}.${'xyzw'[input]!}`)}`,
      ),
    ),
  ]);
  return `  for (var inputs = 0u; inputs < ${own}u; inputs++) {
    let at = pixel + ${lane};
    let row = ${lane} * ${LANE * stagedLanes(tile)}u + threadColumn;
${[...values, ...products].join('\n')}
  }`;
}

function valueOf(row: number): string {
  return `values${Math.floor(row / QUAD)}.${'xyzw'[row % QUAD]!}`;
}

/** By fma: a vector times a number, then added, takes compilers of GPUs an instruction more. */
function addedProduct(sum: string, weight: string, value: string): string {
  return `${sum} = fma(${weight}, vec4<f32>(${value}), ${sum});`;
}

/**
 * Returns the vectors of a staged row: as many as all invocations own, which may be more than the tile has; and two more where eight
 * rows would begin in one bank.
 */
export function stagedLanes(tile: GemmTile): number {
  const lanes = tile.columnThreads * threadTile(tile).lanes;
  return lanes % 8 === 0 ? lanes + 2 : lanes;
}

/** Returns the vectors of a staged slab. */
export function slabVectors(tile: GemmTile): number {
  return tile.slab * stagedLanes(tile);
}

/** Returns how many lanes of `depth` inputs slab number `slab` has, an expression: the last slab may have fewer. */
export function slabLanes(tile: GemmTile, depth: number, slab: string): string {
  const all = lanesOf(depth);
  const whole = lanesOf(tile.slab);
  return all % whole === 0 ? `${whole}u` : `min(${whole}u, ${all}u - ${slab} * ${whole}u)`;
}

/** Returns the arrays of so many staged vectors, and of the sums of several parts, which take the place of those in the end. */
export function weightsArrays(tile: GemmTile, precision: Precision, vectors: number): WorkgroupArray[] {
  const joined = tile.parts === 1 ? 0 : tile.rows * lanesOf(tile.columns);
  return joinedName(precision) === 'weights'
    ? [vectorArray('weights', precision, Math.max(vectors, joined))]
    : [vectorArray('weights', precision, vectors), ...(joined === 0 ? [] : [vectorArray('joined', 'float32', joined)])];
}

/** Returns the name of the array in which sums are joined: they are float32 whatever the precision, so that halves have no place for them. */
export function joinedName(precision: Precision): 'weights' | 'joined' {
  return precision === 'float32' ? 'weights' : 'joined';
}

/** Returns the functions by which the sums of several parts are joined; of one part none. */
export function joinTexts({parts}: GemmTile, precision: Precision): string[] {
  if (parts === 1) return [];
  const joined = joinedName(precision);
  return [
    `fn add_sum(at: u32, turn: u32, sum: vec4<f32>) {
  ${joined}[at] = sum + select(${joined}[at], vec4<f32>(), turn == 0u);
}`,
  ];
}

/**
 * Returns the statements that call `finish(row, lane, sum)` for all sums of a tile. Those of several parts are joined, one part after
 * the other, where weights were staged, which nobody needs any more; then all invocations share them out.
 */
export function finishTileText(
  tile: GemmTile,
  precision: Precision,
  finish: (row: string, lane: string, sum: string) => string,
): string {
  if (tile.parts === 1)
    return ownedBy(tile)
      .flatMap(({quad, lane, sums}) => sums.map((sum, row) => finish(rowOf(quad, row), lane, sum)))
      .join('\n');
  const lanes = lanesOf(tile.columns);
  const added = ownedBy(tile).flatMap(({quad, lane, sums}) =>
    sums.map((sum, row) => `add_sum((${rowOf(quad, row)}) * ${lanes}u + ${lane}, turn, ${sum});`),
  );
  return `workgroupBarrier();
for (var turn = 0u; turn < ${tile.parts}u; turn++) {
if (part == turn) {
${added.join('\n')}
}
workgroupBarrier();
}
for (var i = thread; i < ${tile.rows * lanes}u; i += ${threadsOf(tile)}u) {
${finish(`i / ${lanes}u`, `i % ${lanes}u`, `${joinedName(precision)}[i]`)}
}`;
}

/** Returns a row of a quad, an expression. */
export function rowOf(quad: string, row: number): string {
  const first = `${QUAD}u * ${quad.includes(' ') ? `(${quad})` : quad}`;
  return row === 0 ? first : `${first} + ${row}u`;
}

/** Returns an expression plus a number. */
function plus(expression: string, number: number): string {
  return number === 0 ? expression : `${expression} + ${number}u`;
}

/** Returns 0 … n−1. */
export function range(n: number): number[] {
  return Array.from({length: n}, (_, i) => i);
}
