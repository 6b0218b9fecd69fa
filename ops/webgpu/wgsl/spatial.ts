/**
 * y = norm(act(conv(source))): the spatial conv as a pass of its own.
 *
 * Thread map: a workgroup owns a rectangle of output pixels with all their channels, computed and normalized in workgroup memory
 * (spatialTile.ts); without a LayerNorm each invocation stores its segment right away, and no workgroup memory is used.
 */
import {lanesOf, pixelsOf, type SpatialVariant} from '../planner/variant.ts';
import {activationName, activationTexts} from './activations.ts';
import {convolveText, eachSegmentText} from './convolve.ts';
import {moduleText} from './module.ts';
import {imageTapText, spatialTileArrays, spatialTileText, tileStride} from './spatialTile.ts';
import {outputPixelText, PIXEL_AT, tilePlaceText} from './tilePlace.ts';
import {type WorkgroupArray, workgroupText} from './workgroupArrays.ts';

/** Returns the shader's text. */
export function spatialText(variant: SpatialVariant): string {
  const {layer, source, tile, threads, precision} = variant;
  const normalized = layer.layerNormEpsilon !== null;
  return moduleText({
    precision,
    threads,
    output: {channels: layer.channels, form: 'padded'},
    inputs: {source},
    declarations: [
      activationTexts([layer.activation]),
      ...(normalized
        ? [
            workgroupText(spatialArrays(variant)),
            spatialTileText({layer, tile, threads, precision, source: 'source'}),
            outputPixelText(tile),
          ]
        : [imageTapText('source'), convolveText(layer, tile.segment), PIXEL_AT]),
    ],
    body: `${tilePlaceText(tile)}\n${normalized ? storeTileText(variant) : storeSegmentsText(variant)}`,
  });
}

/** Returns the workgroup memory of the shader. */
export function spatialArrays(variant: SpatialVariant): WorkgroupArray[] {
  return variant.layer.layerNormEpsilon === null ? [] : spatialTileArrays(variant);
}

function storeTileText({layer, tile, threads}: SpatialVariant): string {
  const lanes = lanesOf(layer.channels);
  return `  fill_tile(image, firstRow, firstColumn, thread);
  for (var i = thread; i < ${pixelsOf(tile) * lanes}u; i += ${threads}u) {
    let pixel = i / ${lanes}u;
    let lane = i % ${lanes}u;
    let at = output_pixel(image, firstRow, firstColumn, pixel);
    if (at < uniforms.pixels) {
      store(at, lane, vec4<f32>(tile[pixel * ${tileStride(layer)}u + lane]));
    }
  }`;
}

function storeSegmentsText({layer, tile, threads}: SpatialVariant): string {
  return eachSegmentText({
    tile,
    lanes: lanesOf(layer.channels),
    threads,
    sums: 'let sums = convolve(image, firstRow + row, firstColumn + column, lane);',
    put: `let at = pixel_at(image, firstRow + row, firstColumn + column + p);
      if (at < uniforms.pixels) {
        store(at, lane, ${activationName(layer.activation)}(sums[p]));
      }`,
  });
}
