/**
 * y = norm(act(conv(source))): the spatial conv as a pass of its own.
 *
 * Thread map: a workgroup owns a rectangle of output pixels with all their channels. For a LayerNorm they are computed and
 * normalized in workgroup memory (spatialTile.ts); without one each invocation stores its segments itself.
 * Workgroup bytes and barriers: those of spatialTile.ts, or none. With sums a vector a segment and lane, and a barrier (sums.ts).
 */
import {lanesOf, type PixelTile, pixelsOf, type SpatialVariant} from '../planner/variant.ts';
import {activated} from './activations.ts';
import {convolveText, eachSegmentText} from './convolve.ts';
import type {Shader} from './module.ts';
import {storeSumsText} from './sums.ts';
import {imageTapText, pixelPlace, spatialTileArrays, spatialTileText} from './spatialTile.ts';
import {existing} from './vectors.ts';
import {PIXEL_AT, tilePositionText} from './tilePosition.ts';

/** The shader of a spatial conv. */
export const spatialShader: Shader<SpatialVariant> = {
  arrays: (variant) => {
    if (isNormalized(variant)) return spatialTileArrays({...variant, by: 'pixels'});
    const {layer, tile} = variant;
    if (variant.sumsValues !== true) return [];
    return [{name: 'summed', type: 'vec4<f32>', length: segmentsOf(tile) * lanesOf(layer.channels)}];
  },
  parts: (variant) => {
    const {layer, source, tile, threads, precision} = variant;
    const normalized = isNormalized(variant);
    return {
      output: {channels: layer.channels, form: 'padded'},
      inputs: {source},
      writesSums: variant.sumsValues === true,
      activations: [layer.activation],
      functions: normalized
        ? [spatialTileText({layer, tile, threads, precision, by: 'pixels', source: 'source'}), PIXEL_AT]
        : [imageTapText('source'), convolveText(layer, tile), PIXEL_AT],
      body: `${tilePositionText(tile)}\n${normalized ? storeTileText(variant) : storeSegmentsText(variant)}`,
    };
  },
};

/** A LayerNorm needs all channels of a pixel. */
function isNormalized({layer}: SpatialVariant): boolean {
  return layer.layerNormEpsilon !== null;
}

function storeTileText({layer, tile, threads}: SpatialVariant): string {
  const lanes = lanesOf(layer.channels);
  return `  fill_tile(image, firstRow, firstColumn, thread);
  for (var i = thread; i < ${pixelsOf(tile) * lanes}u; i += ${threads}u) {
    let pixel = i / ${lanes}u;
    let lane = i % ${lanes}u;
    let at = pixel_at(image, firstRow + pixel / ${tile.width}u, firstColumn + pixel % ${tile.width}u);
    if (at < uniforms.pixels) {
      store(at, lane, vec4<f32>(tile[${pixelPlace(layer, 'pixel', 'lane')}]));
    }
  }`;
}

function segmentsOf(tile: PixelTile): number {
  return pixelsOf(tile) / tile.segment;
}

function storeSegmentsText(variant: SpatialVariant): string {
  const {layer, tile, threads, sumsValues = false} = variant;
  const lanes = lanesOf(layer.channels);
  const value = existing(layer.channels, 'lane', activated(layer, 'sums[p]', 'lane'));
  const put = `for (var p = 0u; p < ${tile.segment}u; p++) {
      let at = pixel_at(image, firstRow + row, firstColumn + column + p);
      if (at < uniforms.pixels) {
        ${sumsValues ? `let value = ${value};\n        store(at, lane, value);\n        sum += value;` : `store(at, lane, ${value});`}
      }
    }`;
  const segments = eachSegmentText({
    ...{tile, lanes, threads},
    sums: 'let sums = convolve(image, firstRow + row, firstColumn + column, lane);',
    put: sumsValues ? `var sum = vec4<f32>();\n    ${put}\n    summed[i] = sum;` : put,
  });
  if (!sumsValues) return segments;
  const sums = {array: 'summed', rows: segmentsOf(tile), lanes, threads, channels: layer.channels};
  return `${segments}\n${storeSumsText(sums)}`;
}
