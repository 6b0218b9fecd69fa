/** Where a workgroup's rectangle of output pixels lies, from the number of its tile, and where each of its pixels does. */
import {type PixelTile, pixelsOf} from '../planner/variant.ts';

/** Returns the statements that tell its `image`, `firstRow` and `firstColumn`. */
export function tilePlaceText({height, width}: PixelTile): string {
  return `  let image = workgroup / (uniforms.tilesDown * uniforms.tilesAcross);
  let firstRow = workgroup / uniforms.tilesAcross % uniforms.tilesDown * ${height}u;
  let firstColumn = workgroup % uniforms.tilesAcross * ${width}u;`;
}

/** The function `pixel_at(image, row, column)`: where a pixel lies in the output; beyond all pixels where it is outside its image. */
export const PIXEL_AT = `fn pixel_at(image: u32, row: u32, column: u32) -> u32 {
  let exists = row < uniforms.outHeight && column < uniforms.outWidth;
  return select(uniforms.pixels, (image * uniforms.outHeight + row) * uniforms.outWidth + column, exists);
}`;

/**
 * Returns the function `output_pixel(image, firstRow, firstColumn, pixel)`: where a pixel of the rectangle lies in the output;
 * beyond all pixels where the rectangle reaches beyond the image, or `pixel` beyond the rectangle. With what it calls.
 */
export function outputPixelText(tile: PixelTile): string {
  const {width} = tile;
  return `${PIXEL_AT}

fn output_pixel(image: u32, firstRow: u32, firstColumn: u32, pixel: u32) -> u32 {
  let at = pixel_at(image, firstRow + pixel / ${width}u, firstColumn + pixel % ${width}u);
  return select(uniforms.pixels, at, pixel < ${pixelsOf(tile)}u);
}`;
}
