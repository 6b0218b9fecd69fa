/**
 * From a raster of ink to the image that the zoo's networks read, made as their training data was: a digit that fills the height of its
 * box, counted into 8×8 cells, and made 32×32 from those bilinearly (models/zoo/digits.py).
 */
import type {Bounds, Raster} from './ink.ts';

/** The networks' input is so many pixels wide and high. */
export const IMAGE_SIZE = 32;
/** The training data's own sides. */
const CELLS = 8;

/** A digit is at most so wide, against its height: nine tenths of the training data's are no wider. A wider one is squeezed. */
const MAX_WIDTH = 26 / 32;
/** Where the middle of a digit's ink lies, on the average of the training data, against the image's width. */
const MIDDLE_X = 16.25 / 32;
/** Ink fainter than this does not count where the digit's bounds are sought. */
const FAINT = 0.25;
/** The training data were counted in black and white: ink below this share is none, ink above its complement is full. */
const SHADE = 0.2;
/** Ink lower than this, against the raster's height or its own width, is no digit, and is not made as high as the image. */
const MIN_HEIGHT = 0.4;

/** Returns the image. Shapes: `[32, 32]`, row by row; 0 is black, 1 is the stroke. All black where there is no ink. */
export function imageOf(raster: Raster): Float32Array {
  const bounds = inkBounds(raster);
  return bounds === null ? new Float32Array(IMAGE_SIZE ** 2) : enlarge(cellsOf(raster, bounds));
}

/** Returns what the ink lies in; null where there is none. Units: pixels. */
export function inkBounds({size, ink}: Raster): Bounds | null {
  let [left, top, right, bottom] = [size, size, 0, 0];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      if (ink[y * size + x]! > FAINT) {
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
  return left < right ? {left, top, right, bottom} : null;
}

/** Returns the mean ink of each of 8×8 cells: the digit as high as all of them, its mass in the middle from left to right. */
function cellsOf(raster: Raster, bounds: Bounds): Float32Array {
  const width = bounds.right - bounds.left;
  const height = bounds.bottom - bounds.top;
  // Units: cells a pixel.
  const scaleY = CELLS / Math.max(height, MIN_HEIGHT * raster.size, MIN_HEIGHT * width);
  const scaleX = Math.min(scaleY, (MAX_WIDTH * CELLS) / width);
  const inner = (CELLS - width * scaleX) / 2;
  const byMass = MIDDLE_X * CELLS - (massX(raster, bounds) - bounds.left) * scaleX;
  const originX = Math.min(Math.max(byMass, 0), 2 * inner) - bounds.left * scaleX;
  const originY = (CELLS - height * scaleY) / 2 - bounds.top * scaleY;
  const cells = new Float32Array(CELLS * CELLS);
  const columns = Array.from({length: width}, (_, i) => sharesOf(originX + (bounds.left + i) * scaleX, scaleX));
  for (let y = bounds.top; y < bounds.bottom; y++) {
    const rows = sharesOf(originY + y * scaleY, scaleY);
    for (let x = bounds.left; x < bounds.right; x++) {
      const ink = contrasted(raster.ink[y * raster.size + x]!);
      if (ink === 0) continue;
      for (const [column, shareX] of columns[x - bounds.left]!)
        for (const [row, shareY] of rows) cells[row * CELLS + column]! += ink * shareX * shareY;
    }
  }
  return cells.map((mean) => Math.min(1, mean));
}

function contrasted(ink: number): number {
  return Math.min(1, Math.max(0, (ink - SHADE) / (1 - 2 * SHADE)));
}

/** Returns the middle of the ink from left to right. Units: pixels. */
function massX({size, ink}: Raster, {left, top, right, bottom}: Bounds): number {
  let mass = 0;
  let moment = 0;
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      mass += ink[y * size + x]!;
      moment += ink[y * size + x]! * (x + 0.5);
    }
  return moment / mass;
}

/** Returns the cells that a stretch from `start` lies in, each with the part of the stretch that does. Units: cells. */
function sharesOf(start: number, length: number): [cell: number, share: number][] {
  const end = start + length;
  const shares: [number, number][] = [];
  for (let cell = Math.max(0, Math.floor(start)); cell < Math.min(CELLS, end); cell++) {
    const share = Math.min(end, cell + 1) - Math.max(start, cell);
    if (share > 0) shares.push([cell, share]);
  }
  return shares;
}

/** Returns 32×32 of 8×8, bilinearly with pixel centres at the half, as `tf.image.resize` does. */
export function enlarge(cells: Float32Array): Float32Array {
  const image = new Float32Array(IMAGE_SIZE ** 2);
  for (let y = 0; y < IMAGE_SIZE; y++) {
    const [above, below, down] = neighbours(y);
    for (let x = 0; x < IMAGE_SIZE; x++) {
      const [before, after, across] = neighbours(x);
      const mean = (row: number): number =>
        cells[row * CELLS + before]! * (1 - across) + cells[row * CELLS + after]! * across;
      image[y * IMAGE_SIZE + x] = mean(above) * (1 - down) + mean(below) * down;
    }
  }
  return image;
}

/** Returns the two cells next to a pixel's centre, and how far it lies from the first to the second. */
function neighbours(pixel: number): [number, number, number] {
  const at = Math.min(CELLS - 1, Math.max(0, ((pixel + 0.5) * CELLS) / IMAGE_SIZE - 0.5));
  const before = Math.floor(at);
  return [before, Math.min(CELLS - 1, before + 1), at - before];
}
