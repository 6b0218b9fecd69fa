/** Where a workgroup's rectangle of output pixels lies, from the number of its tile. */
import type {PixelTile} from '../variant.ts';

/** Returns the statements that tell its `image`, `firstRow` and `firstColumn`. */
export function tilePlaceText({height, width}: PixelTile): string {
  return `  let image = workgroup / (uniforms.tilesDown * uniforms.tilesAcross);
  let firstRow = workgroup / uniforms.tilesAcross % uniforms.tilesDown * ${height}u;
  let firstColumn = workgroup % uniforms.tilesAcross * ${width}u;`;
}

/**
 * Returns the function `pixel_of(workgroup, pixel)`: where a pixel of the rectangle lies in the output; beyond all pixels where
 * the rectangle reaches beyond the image, or `pixel` beyond the rectangle.
 */
export function pixelOfText(tile: PixelTile): string {
  const {height, width} = tile;
  return `fn pixel_of(workgroup: u32, pixel: u32) -> u32 {
${tilePlaceText(tile)}
  let row = firstRow + pixel / ${width}u;
  let column = firstColumn + pixel % ${width}u;
  let exists = pixel < ${height * width}u && row < uniforms.outHeight && column < uniforms.outWidth;
  return select(uniforms.pixels, (image * uniforms.outHeight + row) * uniforms.outWidth + column, exists);
}`;
}
