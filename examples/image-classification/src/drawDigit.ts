/**
 * Makes of a picture what the network was trained on: one digit, light on black, in 8×8 shades that it fills, enlarged smoothly to
 * 32×32.
 */

/** The middle of the picture is reduced to this side. */
const SIDE = 160;
/** Ink differs from the paper by more than this part of the largest difference; less is shadow or noise. */
const INK = 0.5;
/** Of 255: paper with less difference than this on it is blank. */
const BLANK = 40;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Draws the digit in the middle of a picture onto a canvas of 32×32. Returns whether there is one. */
export function drawDigit(onto: HTMLCanvasElement, picture: CanvasImageSource, {width, height}: Size): boolean {
  const middle = contextOf(SIDE);
  const side = Math.min(width, height);
  middle.drawImage(picture, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  const ink = inkOf(middle.getImageData(0, 0, SIDE, SIDE).data);
  if (ink === undefined) return false;

  const shades = contextOf(8);
  shades.putImageData(new ImageData(Uint8ClampedArray.from(shadesOf(ink).flatMap((s) => [s, s, s, 255])), 8), 0, 0);
  const target = onto.getContext('2d', {willReadFrequently: true})!;
  target.imageSmoothingQuality = 'high';
  target.drawImage(shades.canvas, 0, 0, 32, 32);
  return true;
}

/** Returns for each pixel whether there is ink, dark on light or light on dark; undefined for blank paper. */
function inkOf(rgba: Uint8ClampedArray): boolean[] | undefined {
  const gray = Array.from({length: SIDE * SIDE}, (_, i) => (rgba[4 * i]! + rgba[4 * i + 1]! + rgba[4 * i + 2]!) / 3);
  const sorted = Float32Array.from(gray).sort();
  const paper = sorted[sorted.length / 2]!; // most of it is paper
  const darkest = paper - sorted[0]!;
  const lightest = sorted.at(-1)! - paper;
  const difference = Math.max(darkest, lightest);
  if (difference < BLANK) return undefined;
  const sign = darkest > lightest ? -1 : 1;
  return gray.map((value) => sign * (value - paper) > INK * difference);
}

/** Returns how much ink there is in each of 8×8 cells, up to 255, of the square around all ink. */
function shadesOf(ink: readonly boolean[]): number[] {
  const marked = ink.flatMap((isInk, i) => (isInk ? [[i % SIDE, Math.floor(i / SIDE)] as const] : []));
  const [left, right] = range(marked.map(([x]) => x));
  const [top, bottom] = range(marked.map(([, y]) => y));
  const cell = Math.max(right - left, bottom - top) / 8;
  const counts = new Array<number>(64).fill(0);
  for (const [x, y] of marked) {
    const column = Math.floor((x + 0.5 - (left + right) / 2) / cell + 4);
    const row = Math.floor((y + 0.5 - (top + bottom) / 2) / cell + 4);
    counts[8 * row + column]!++;
  }
  return counts.map((count) => Math.min(255, (255 * count) / cell ** 2));
}

function range(values: readonly number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b)) + 1];
}

function contextOf(side: number): OffscreenCanvasRenderingContext2D {
  return new OffscreenCanvas(side, side).getContext('2d', {willReadFrequently: true})!;
}
