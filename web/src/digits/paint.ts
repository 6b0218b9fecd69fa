/** Draws on a canvas: strokes and samples on the pad, and the image that the networks read. */
import type {SampleImage} from './samples.ts';
import {IMAGE_SIZE} from './image.ts';
import type {Point, Stroke} from './ink.ts';

/** The pen that a person sees, against the pad. */
const PEN_WIDTH = 0.07;

/** A canvas and what it is drawn with. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** Units: pixels of the canvas. */
  readonly size: number;
  readonly ink: string;
}

/** Fits a canvas to its place on the page, and clears it. Returns null where the browser gives it no context. */
export function surfaceOf(canvas: HTMLCanvasElement): Surface | null {
  const size = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  return context === null ? null : {context, size, ink: getComputedStyle(canvas).color};
}

export function paintStrokes(surface: Surface, strokes: readonly Stroke[]): void {
  for (const stroke of strokes) {
    const [first] = stroke;
    if (first !== undefined) paintLine(surface, [first, ...stroke]);
  }
}

/** Draws a line through points; through one given twice, a dot. */
export function paintLine({context, size, ink}: Surface, points: readonly Point[]): void {
  context.strokeStyle = ink;
  context.lineWidth = PEN_WIDTH * size;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  for (const [i, {x, y}] of points.entries())
    if (i === 0) context.moveTo(x * size, y * size);
    else context.lineTo(x * size, y * size);
  context.stroke();
}

/** A sample lies within the pad, as a person's digit does. */
const SAMPLE_MARGIN = 0.14;

export function paintSample(surface: Surface, image: SampleImage): void {
  const {context, size} = surface;
  const tile = tileOf(surface.ink, image);
  if (tile === null) return;
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  const margin = SAMPLE_MARGIN * size;
  context.drawImage(tile, margin, margin, size - 2 * margin, size - 2 * margin);
}

/** Draws the networks' image pixel by pixel: a light stroke on black, whatever the page's theme. */
export function paintImage(canvas: HTMLCanvasElement, image: Float32Array): void {
  canvas.width = IMAGE_SIZE;
  canvas.height = IMAGE_SIZE;
  const pixels = new ImageData(IMAGE_SIZE, IMAGE_SIZE);
  for (const [i, value] of image.entries()) {
    pixels.data.fill(Math.round(255 * value), 4 * i, 4 * i + 3);
    pixels.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}

/** The image in the ink's colour on nothing. */
function tileOf(ink: string, image: SampleImage): HTMLCanvasElement | null {
  const tile = document.createElement('canvas');
  tile.width = IMAGE_SIZE;
  tile.height = IMAGE_SIZE;
  const context = tile.getContext('2d');
  if (context === null) return null;
  context.fillStyle = ink;
  context.fillRect(0, 0, IMAGE_SIZE, IMAGE_SIZE);
  const pixels = context.getImageData(0, 0, IMAGE_SIZE, IMAGE_SIZE);
  for (const [i, value] of image.entries()) pixels.data[4 * i + 3] = Math.round(255 * value);
  context.putImageData(pixels, 0, 0);
  return tile;
}
