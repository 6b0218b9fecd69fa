/** The uniforms: the sizes that a shader reads at run time, one list for all shaders in the order of the buffer. */
import type {BlockGeometry} from '../../block.ts';
import type {ImageSize} from '../../cost.ts';

export const UNIFORMS = [
  'inHeight',
  'inWidth',
  'outHeight',
  'outWidth',
  'padTop',
  'padLeft',
  /** Output pixels of all images. */
  'pixels',
  /** Tiles of an image, down and across, where pixels in a row count as one image of height 1; and tiles of all images. */
  'tilesDown',
  'tilesAcross',
  'tiles',
  /** Of a pass that makes gates, the sums of an image. */
  'sums',
] as const;

export type Uniforms = Readonly<Record<(typeof UNIFORMS)[number], number>>;

/** Returns the uniforms of a pass over pixels in a row, so many a tile. */
export function linearUniforms(pixels: number, tilePixels: number): Uniforms {
  const tiles = Math.ceil(pixels / tilePixels);
  const image = {inHeight: 1, inWidth: pixels, outHeight: 1, outWidth: pixels, padTop: 0, padLeft: 0};
  return {...image, pixels, tilesDown: 1, tilesAcross: tiles, tiles, sums: 0};
}

/** Returns the uniforms of a pass over the pixels of each image in a row, so many a tile: none has pixels of two images. */
export function imageRowUniforms(batch: number, pixels: number, tilePixels: number): Uniforms {
  const ofImage = linearUniforms(pixels, tilePixels);
  return {...ofImage, pixels: batch * pixels, tiles: batch * ofImage.tiles};
}

/** Returns the uniforms of a pass over images, each of which has so many pixels and sums as the pass that left them says. */
export function gatesUniforms(batch: number, summing: Uniforms): Uniforms {
  return {...summing, pixels: batch, tiles: batch, sums: sumsOfImage(summing)};
}

/** Returns how many sums a pass with these uniforms leaves of an image. */
export function sumsOfImage({tilesDown, tilesAcross}: Uniforms): number {
  return tilesDown * tilesAcross;
}

/** Returns the uniforms of a pass over rectangles. */
export function imageUniforms(
  size: ImageSize,
  {outHeight, outWidth, pad}: BlockGeometry,
  tile: {readonly height: number; readonly width: number},
): Uniforms {
  const tilesDown = Math.ceil(outHeight / tile.height);
  const tilesAcross = Math.ceil(outWidth / tile.width);
  return {
    inHeight: size.height,
    inWidth: size.width,
    outHeight,
    outWidth,
    padTop: pad.top,
    padLeft: pad.left,
    pixels: size.batch * outHeight * outWidth,
    tilesDown,
    tilesAcross,
    tiles: size.batch * tilesDown * tilesAcross,
    sums: 0,
  };
}
