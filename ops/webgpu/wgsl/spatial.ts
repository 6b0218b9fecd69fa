/**
 * y = norm(act(conv(source))): the spatial conv as a pass of its own.
 *
 * Thread map: a workgroup owns a rectangle of output pixels with all their channels. For a LayerNorm they are computed and
 * normalized in workgroup memory (spatialTile.ts); without one each invocation stores its segments itself.
 * Workgroup bytes and barriers: those of spatialTile.ts, or none.
 */
import {LANE, lanesOf, QUAD, quadsOf, rowsOf, type SpatialVariant} from '../planner/variant.ts';
import {activationName} from './activations.ts';
import {convolveText, eachSegmentText} from './convolve.ts';
import {range, rowOf} from './gemm.ts';
import type {Shader} from './module.ts';
import {quadAt} from './quads.ts';
import {imageTapText, spatialTileArrays, spatialTileText, tileArray} from './spatialTile.ts';
import {existing} from './vectors.ts';
import {outputPixelText, PIXEL_AT, tilePositionText} from './tilePosition.ts';

/** The shader of a spatial conv. */
export const spatialShader: Shader<SpatialVariant> = {
  arrays: (variant) => (isNormalized(variant) ? spatialTileArrays(variant) : []),
  parts: (variant) => {
    const {layer, source, tile, threads, precision} = variant;
    const normalized = isNormalized(variant);
    return {
      output: {channels: layer.channels, form: 'padded'},
      inputs: {source},
      activations: [layer.activation],
      functions: normalized
        ? [spatialTileText({layer, tile, threads, precision, source: 'source'}), outputPixelText(tile)]
        : [imageTapText('source'), convolveText(layer, tile), PIXEL_AT],
      body: `${tilePositionText(tile)}\n${normalized ? storeTileText(variant) : storeSegmentsText(variant)}`,
    };
  },
};

/** A LayerNorm needs all channels of a pixel. */
function isNormalized({layer}: SpatialVariant): boolean {
  return layer.layerNormEpsilon !== null;
}

/** Of a lane four channels' values of a quad of pixels are read, and stored pixel by pixel. */
function storeTileText(variant: SpatialVariant): string {
  const {layer, tile, threads} = variant;
  const lanes = lanesOf(layer.channels);
  const array = tileArray(variant);
  const channels = range(LANE).map((k) => {
    const at = quadAt(array, {channel: `${k}u`, lane: 'lane', quad: 'quad'});
    return `    let channel${k} = vec4<f32>(tile[${at}]);`;
  });
  const stores = range(QUAD).map((k) => {
    const value = range(LANE).map((channel) => `channel${channel}[${k}]`);
    return `    let at${k} = output_pixel(image, firstRow, firstColumn, ${rowOf('quad', k)});
    if (at${k} < uniforms.pixels) {
      store(at${k}, lane, vec4<f32>(${value.join(', ')}));
    }`;
  });
  return `  fill_tile(image, firstRow, firstColumn, thread);
  for (var i = thread; i < ${quadsOf(rowsOf(tile)) * lanes}u; i += ${threads}u) {
    let quad = i / ${lanes}u;
    let lane = i % ${lanes}u;
${[...channels, ...stores].join('\n')}
  }`;
}

function storeSegmentsText({layer, tile, threads}: SpatialVariant): string {
  const value = existing(layer.channels, 'lane', `${activationName(layer.activation)}(sums[p])`);
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
