/**
 * The halo of a rectangle of output pixels: the input's pixels under its windows, those outside the image included.
 *
 * Thread map: the caller's; a call of `input_pixel` is one invocation's own. No workgroup memory, no barriers.
 */
import type {SpatialStage} from '../planner/variant.ts';

/** Returns the halo's size. Units: pixels. */
export function haloOf({layer, tile}: SpatialStage): {readonly height: number; readonly width: number} {
  const side = (outputs: number, taps: number): number => (outputs - 1) * layer.stride + taps;
  return {height: side(tile.height, layer.kernelSize[0]), width: side(tile.width, layer.kernelSize[1])};
}

/** Returns the pixels of the halo. */
export function haloPixels(stage: SpatialStage): number {
  const {height, width} = haloOf(stage);
  return height * width;
}

/**
 * Returns the function `input_pixel(image, firstRow, firstColumn, pixel)`: where a pixel of the halo lies in x, or OUTSIDE.
 * Rows and columns before the first wrap around, and so are beyond the last.
 */
export function inputPixelText(stage: SpatialStage): string {
  const {stride} = stage.layer;
  const {width} = haloOf(stage);
  return `const OUTSIDE = 0xffffffffu;

fn input_pixel(image: u32, firstRow: u32, firstColumn: u32, pixel: u32) -> u32 {
  let row = firstRow * ${stride}u + pixel / ${width}u - uniforms.padTop;
  let column = firstColumn * ${stride}u + pixel % ${width}u - uniforms.padLeft;
  let inside = (row < uniforms.inHeight) & (column < uniforms.inWidth);
  return select(OUTSIDE, (image * uniforms.inHeight + row) * uniforms.inWidth + column, inside);
}`;
}
