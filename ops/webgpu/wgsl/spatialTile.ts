/**
 * The first stage of conv-first: the spatial conv of a rectangle into workgroup memory, normalized there.
 *
 * Thread map: all invocations split the rectangle's segments × lanes (convolve.ts); for the LayerNorm each pixel belongs to a
 * team of invocations, which split its lanes.
 * Workgroup bytes: `tile`, pixels × lanes, and for the LayerNorm one float an invocation. Barriers: one after the conv; four
 * for each round of the LayerNorm, in which every team takes a pixel.
 */
import type {Precision} from '../../params.ts';
import {lanesOf, type PixelTile, pixelsOf, type SpatialLayer} from '../planner/variant.ts';
import {activationName} from './activations.ts';
import {convolveText, eachSegmentText} from './convolve.ts';
import {elementType, existing} from './vectors.ts';
import {vectorArray, type WorkgroupArray} from './workgroupArrays.ts';

export interface SpatialTileParts {
  readonly layer: SpatialLayer;
  readonly tile: PixelTile;
  readonly threads: number;
  readonly precision: Precision;
  /** The name of the tensor that the conv reads. */
  readonly source: string;
}

/** Returns the vectors from one pixel of `tile` to the next: one more than its lanes, so that pixels begin in different banks. */
export function tileStride(layer: SpatialLayer): number {
  return lanesOf(layer.channels) + 1;
}

/** Returns the workgroup memory that `fill_tile` uses: `tile`, and `partial` for the LayerNorm. */
export function spatialTileArrays({
  layer,
  tile,
  threads,
  precision,
}: Omit<SpatialTileParts, 'source'>): WorkgroupArray[] {
  return [
    vectorArray('tile', precision, pixelsOf(tile) * tileStride(layer)),
    ...(layer.layerNormEpsilon === null ? [] : [{name: 'partial', type: 'f32', length: threads} as const]),
  ];
}

/** Returns the function `fill_tile(image, firstRow, firstColumn, thread)`, which ends with a barrier, and what it calls. */
export function spatialTileText(parts: SpatialTileParts): string {
  const {layer, tile, threads, precision, source} = parts;
  const value = `vec4<${elementType(precision)}>(${activationName(layer.activation)}(sums[p]))`;
  const norm = layer.layerNormEpsilon === null ? null : normalizeText(parts, layer.layerNormEpsilon);
  return [
    imageTapText(source),
    convolveText(layer, tile.segment),
    ...(norm === null ? [] : [norm]),
    `fn fill_tile(image: u32, firstRow: u32, firstColumn: u32, thread: u32) {
${eachSegmentText({
  tile,
  lanes: lanesOf(layer.channels),
  threads,
  sums: 'let sums = convolve(image, firstRow + row, firstColumn + column, lane);',
  put: `tile[pixel * ${tileStride(layer)}u + lane] = ${value};`,
})}
  workgroupBarrier();
${norm === null ? '' : '  normalize(thread);'}
}`,
  ].join('\n\n');
}

/**
 * Returns the function `tap` for a conv that reads a tensor. Outside the image the first pixel is read and dropped: after a branch
 * around each load a GPU could wait for no two of them at a time.
 */
export function imageTapText(source: string): string {
  return `fn tap(image: u32, row: i32, column: i32, lane: u32) -> vec4<f32> {
  let above = (row < 0) | (column < 0);
  let below = (row >= i32(uniforms.inHeight)) | (column >= i32(uniforms.inWidth));
  let pixel = (image * uniforms.inHeight + u32(row)) * uniforms.inWidth + u32(column);
  let value = load_${source}(select(pixel, 0u, above | below), lane);
  return select(value, vec4<f32>(), above | below);
}`;
}

/** The variance is taken around the mean, in a second loop: E[x²] − E[x]² would lose digits. */
function normalizeText({layer, tile, threads, precision}: SpatialTileParts, epsilon: number): string {
  const {channels} = layer;
  const lanes = lanesOf(channels);
  const pixels = pixelsOf(tile);
  const team = Math.max(1, Math.floor(threads / pixels));
  const teams = Math.floor(threads / team);
  const value = 'vec4<f32>(tile[at + lane])';
  const scaled = existing(channels, 'lane', `(${value} - mean) * scale`);
  return `fn team_sum(team: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < ${team}u; i++) {
    sum += partial[team * ${team}u + i];
  }
  return sum;
}

fn normalize(thread: u32) {
  let team = thread / ${team}u;
  for (var round = 0u; round < ${Math.ceil(pixels / teams)}u; round++) {
    let pixel = round * ${teams}u + team;
    let owned = team < ${teams}u && pixel < ${pixels}u;
    let at = pixel * ${tileStride(layer)}u;
    var sum = 0.0;
    if (owned) {
      for (var lane = thread % ${team}u; lane < ${lanes}u; lane += ${team}u) {
        sum += dot(${existing(channels, 'lane', value)}, vec4<f32>(1.0));
      }
    }
    partial[thread] = sum;
    workgroupBarrier();
    var mean = 0.0;
    if (owned) {
      mean = team_sum(team) / ${channels}.0;
    }
    workgroupBarrier();
    sum = 0.0;
    if (owned) {
      for (var lane = thread % ${team}u; lane < ${lanes}u; lane += ${team}u) {
        let centred = ${existing(channels, 'lane', `${value} - mean`)};
        sum += dot(centred, centred);
      }
    }
    partial[thread] = sum;
    workgroupBarrier();
    if (owned) {
      let scale = inverseSqrt(team_sum(team) / ${channels}.0 + ${epsilon});
      for (var lane = thread % ${team}u; lane < ${lanes}u; lane += ${team}u) {
        tile[at + lane] = vec4<${elementType(precision)}>(${scaled});
      }
    }
    workgroupBarrier();
  }
}`;
}
