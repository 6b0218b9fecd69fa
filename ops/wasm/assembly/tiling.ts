/**
 * The tiles that a matrix product takes its pixels in, by SIMD level: rows of pixels × vectors of outputs whose sums an engine holds
 * in its 16 registers, beside the operands. With relaxed SIMD a multiply-add is one instruction without a register for the product:
 * 6 pixels × 8 outputs. Plain SIMD has 8 sums, best as 2 × 16: engines differ most in what it takes to splat a pixel.
 *
 * Packed form `[tiles][stride][rows]` is what a product reads: the rows of a tile side by side. Tiles are as equal as can be, so
 * that no row is computed for nothing: 49 pixels are four tiles of 6 rows and five of 5. They fit in `[roundUp(pixels, 4)][stride]`.
 */

/** The most rows of a tile, and the least. */
export const MOST_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 2;
const LEAST_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : 2;

/** Tiles of so many pixels. */
// @ts-ignore: decorator
@inline
export function tilesOf(pixels: i32): i32 {
  // With plain SIMD a lone panel takes two tiles at a time.
  return ASC_FEATURE_RELAXED_SIMD ? (pixels + MOST_ROWS - 1) / MOST_ROWS : 2 * ((pixels + 3) >> 2);
}

/** Rows of a tile, counted from 0. */
// @ts-ignore: decorator
@inline
export function rowsOf(tile: i32, tiles: i32, pixels: i32): i32 {
  if (MOST_ROWS == LEAST_ROWS) return MOST_ROWS;
  return max(LEAST_ROWS, (pixels + tiles - 1 - tile) / tiles);
}
