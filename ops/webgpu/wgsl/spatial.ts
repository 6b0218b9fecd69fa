/**
 * y = norm(act(conv(source))): the spatial conv as a pass of its own.
 *
 * Thread map: a workgroup owns a rectangle of output pixels with all their channels. For a LayerNorm they are computed and
 * normalized in workgroup memory (spatialTile.ts); without one each invocation stores its segments itself.
 * Workgroup bytes and barriers: those of spatialTile.ts, or none.
 */
import {lanesOf, pixelsOf, type SpatialVariant} from '../planner/variant.ts';
import {activated} from './activations.ts';
import {convolveText, eachSegmentText} from './convolve.ts';
import type {Shader} from './module.ts';
import {imageTapText, pixelPlace, spatialTileArrays, spatialTileText} from './spatialTile.ts';
import {existing} from './vectors.ts';
import {PIXEL_AT, tilePositionText} from './tilePosition.ts';

/** The shader of a spatial conv. */
export const spatialShader: Shader<SpatialVariant> = {
  arrays: (variant) => (isNormalized(variant) ? spatialTileArrays({...variant, by: 'pixels'}) : []),
  parts: (variant) => {
    const {layer, source, tile, threads, precision} = variant;
    const normalized = isNormalized(variant);
    return {
      output: {channels: layer.channels, form: 'padded'},
      inputs: {source},
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

function storeSegmentsText({layer, tile, threads}: SpatialVariant): string {
  const value = existing(layer.channels, 'lane', activated(layer, 'sums[p]', 'lane'));
  return eachSegmentText({
    tile,
    lanes: lanesOf(layer.channels),
    threads,
    sums: 'let sums = convolve(image, firstRow + row, firstColumn + column, lane);',
    put: `for (var p = 0u; p < ${tile.segment}u; p++) {
      let at = pixel_at(image, firstRow + row, firstColumn + column + p);
      if (at < uniforms.pixels) {
        store(at, lane, ${value});
      }
    }`,
  });
}
