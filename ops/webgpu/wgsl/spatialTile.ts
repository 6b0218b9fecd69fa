/**
 * The spatial conv of a rectangle into workgroup memory, normalized there: the first stage of conv-first, whose products take pixels by
 * quads, and a spatial pass with a LayerNorm, which stores them pixel by pixel.
 *
 * Thread map: all invocations split the rectangle's segments × lanes (convolve.ts), then the LayerNorm (layerNorm.ts).
 * Workgroup bytes: `tile`, rows × channels by quads (quads.ts), or pixels × lanes; and what the LayerNorm takes. Barriers: one after
 * the conv, and those of the LayerNorm.
 */
import type {Precision} from '../../params.ts';
import {
  LANE,
  lanesOf,
  type PixelTile,
  pixelsOf,
  QUAD,
  quadsOf,
  rowsOf,
  segmentRows,
  type SpatialLayer,
} from '../planner/variant.ts';
import {activated} from './activations.ts';
import {convolveText, eachSegmentText} from './convolve.ts';
import {range} from './gemm.ts';
import {layerNormArray, layerNormText, type NormParts} from './layerNorm.ts';
import {channelPlace, putQuadText, putSegment, quadArray, type QuadArray, quadPlace} from './quads.ts';
import {elementType, existing} from './vectors.ts';
import {vectorArray, type WorkgroupArray} from './workgroupArrays.ts';

export interface SpatialTileParts {
  readonly layer: SpatialLayer;
  readonly tile: PixelTile;
  readonly threads: number;
  readonly precision: Precision;
  /** How pixels lie in `tile`. */
  readonly by: 'quads' | 'pixels';
  /** The name of the tensor that the conv reads. */
  readonly source: string;
}

type Declared = Omit<SpatialTileParts, 'source'>;

/** Returns the array that fill_tile fills, by quads. */
export function tileArray({layer, tile, precision}: Pick<SpatialTileParts, 'layer' | 'tile' | 'precision'>): QuadArray {
  return {name: 'tile', precision, rows: rowsOf(tile), lanes: lanesOf(layer.channels)};
}

/** Returns where a pixel's lane lies in `tile`, by pixels: from one to the next is one more than the lanes, another bank. */
export function pixelPlace({channels}: SpatialLayer, pixel: string, lane: string): string {
  return `${pixel} * ${lanesOf(channels) + 1}u + ${lane}`;
}

/** Returns the workgroup memory that `fill_tile` uses: `tile`, and that of the LayerNorm. */
export function spatialTileArrays(parts: Declared): WorkgroupArray[] {
  const {layer, tile, precision, by} = parts;
  const norm = normParts(parts);
  return [
    by === 'quads'
      ? quadArray(tileArray(parts))
      : vectorArray('tile', precision, pixelsOf(tile) * (lanesOf(layer.channels) + 1)),
    ...(norm === null ? [] : [layerNormArray(norm)]),
  ];
}

/** Returns the function `fill_tile(image, firstRow, firstColumn, thread)`, which ends with a barrier, and what it calls. */
export function spatialTileText(parts: SpatialTileParts): string {
  const {layer, tile, threads, source, by} = parts;
  const norm = normParts(parts);
  return [
    imageTapText(source),
    convolveText(layer, tile),
    ...(by === 'quads' ? [putQuadText(tileArray(parts))] : []),
    ...(norm === null ? [] : [layerNormText(norm)]),
    `fn fill_tile(image: u32, firstRow: u32, firstColumn: u32, thread: u32) {
${eachSegmentText({
  tile,
  lanes: lanesOf(layer.channels),
  threads,
  sums: 'let sums = convolve(image, firstRow + row, firstColumn + column, lane);',
  put: putSums(parts),
})}
  workgroupBarrier();
${norm === null ? '' : '  normalize(thread);'}
}`,
  ].join('\n\n');
}

function putSums(parts: SpatialTileParts): string {
  const {layer, tile, precision, by} = parts;
  const value = (p: string): string => existing(layer.channels, 'lane', activated(layer, `sums[${p}]`, 'lane'));
  if (by === 'quads')
    return putSegment(tileArray(parts), {
      lane: 'lane',
      firstQuad: `segment * ${segmentRows(tile) / QUAD}u`,
      pixels: range(tile.segment).map((p) => value(String(p))),
    });
  return `for (var p = 0u; p < ${tile.segment}u; p++) {
      tile[${pixelPlace(layer, `(segment * ${tile.segment}u + p)`, 'lane')}] = vec4<${elementType(precision)}>(${value('p')});
    }`;
}

/** A LayerNorm goes over the lanes of a quad, each four vectors of four pixels' values; or over those of a pixel, each a vector. */
function normParts(parts: Declared): NormParts | null {
  const {layer, tile, threads, precision, by} = parts;
  if (layer.layerNormEpsilon === null) return null;
  const array = tileArray(parts);
  const common = {channels: layer.channels, epsilon: layer.layerNormEpsilon, threads, precision};
  return by === 'quads'
    ? {
        ...common,
        units: quadsOf(array.rows),
        place: quadPlace(array, 'lane', 'unit'),
        vectors: range(LANE).map((channel) => `tile[${channelPlace(array, 'at', channel)}]`),
      }
    : {...common, units: pixelsOf(tile), place: pixelPlace(layer, 'unit', 'lane'), vectors: ['tile[at]']};
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
