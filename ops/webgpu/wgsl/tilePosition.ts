/** Where a workgroup's rectangle lies in the output, from the number of its tile, and where each of its pixels does. */
import {type PixelTile, pixelsOf, segmentRows} from '../planner/variant.ts';

/** Returns the statements that declare the rectangle's `image`, `firstRow` and `firstColumn`. */
export function tilePositionText({height, width}: PixelTile): string {
  return `  let image = workgroup / (uniforms.tilesDown * uniforms.tilesAcross);
  let firstRow = workgroup / uniforms.tilesAcross % uniforms.tilesDown * ${height}u;
  let firstColumn = workgroup % uniforms.tilesAcross * ${width}u;`;
}

/** The function `pixel_at(image, row, column)`: the number of a pixel in the output; that of no pixel where it is outside its image. */
export const PIXEL_AT = `fn pixel_at(image: u32, row: u32, column: u32) -> u32 {
  let exists = row < uniforms.outHeight && column < uniforms.outWidth;
  return select(uniforms.pixels, (image * uniforms.outHeight + row) * uniforms.outWidth + column, exists);
}`;

/**
 * Returns the function `output_pixel(image, firstRow, firstColumn, row)`, with what it calls: the number in the output of the pixel
 * that a row of a product is; that of no pixel where it is outside the image, or the row beyond the rectangle's or its segment's.
 */
export function outputPixelText(tile: PixelTile): string {
  const {width, segment} = tile;
  const rows = segmentRows(tile);
  return `${PIXEL_AT}

fn output_pixel(image: u32, firstRow: u32, firstColumn: u32, row: u32) -> u32 {
  let pixel = row / ${rows}u * ${segment}u + row % ${rows}u;
  let at = pixel_at(image, firstRow + pixel / ${width}u, firstColumn + pixel % ${width}u);
  return select(uniforms.pixels, at, ${segment === rows ? '' : `row % ${rows}u < ${segment}u && `}pixel < ${pixelsOf(tile)}u);
}`;
}
