/**
 * A drawing as strokes, and as a raster of ink: what image.ts makes the networks' input of. A raster is drawn here rather than read back
 * from the page's canvas, so that the pen is as wide, against the digit, as the pens that wrote the networks' training data.
 */

/** Units: any, the same along both axes; y points down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line of the pen from where it was set down to where it was lifted. A dot is a stroke of one point. */
export type Stroke = readonly Point[];

/** Shapes: `[size, size]`, row by row; 0 is paper, 1 is ink. */
export interface Raster {
  readonly size: number;
  readonly ink: Float32Array;
}

export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A raster's sides: several pixels to each of the 8×8 that the training data was counted into. */
export const RASTER_SIZE = 128;

/** The pen's width against the digit's height: with it ink covers as much of the image as in the training data, three tenths. */
const PEN_WIDTH = 0.15;

/**
 * How far a digit may lean: the way of its ink to the right, on its way up. The training data were set upright; a digit that leans more
 * is sheared back to these bounds.
 */
const MIN_LEAN = 0;
const MAX_LEAN = 0.15;

/** A drawing that is smaller than this share of the pad is not made larger than if it were so tall: a dot stays a dot. */
const MIN_HEIGHT = 0.12;

/** Returns the strokes' raster, as tall as the digit; empty where there are none. `padSize`: the sides of what was drawn on. */
export function rasterOf(drawn: readonly Stroke[], padSize: number): Raster {
  const strokes = upright(drawn);
  const raster: Raster = {size: RASTER_SIZE, ink: new Float32Array(RASTER_SIZE * RASTER_SIZE)};
  const bounds = boundsOf(strokes);
  if (bounds === null) return raster;
  const pen = PEN_WIDTH * RASTER_SIZE;
  const width = bounds.right - bounds.left;
  const height = bounds.bottom - bounds.top;
  const scale = (RASTER_SIZE - pen) / Math.max(width, height, MIN_HEIGHT * padSize);
  const toRaster = ({x, y}: Point): Point => ({
    x: RASTER_SIZE / 2 + (x - bounds.left - width / 2) * scale,
    y: RASTER_SIZE / 2 + (y - bounds.top - height / 2) * scale,
  });
  for (const stroke of strokes) drawStroke(raster, stroke.map(toRaster), pen / 2);
  return raster;
}

/** Returns the strokes, sheared so far that they lean as the training data do. */
export function upright(strokes: readonly Stroke[]): readonly Stroke[] {
  const {lean, middleY} = leanOf(strokes);
  const excess = lean - Math.min(MAX_LEAN, Math.max(MIN_LEAN, lean));
  if (excess === 0) return strokes;
  return strokes.map((stroke) => stroke.map(({x, y}) => ({x: x + excess * (y - middleY), y})));
}

/** The lean of strokes by the second moments of their lines; none of what has no height. */
function leanOf(strokes: readonly Stroke[]): {lean: number; middleY: number} {
  const pieces = strokes.flatMap((stroke) =>
    stroke.slice(1).map((to, i) => {
      const from = stroke[i]!;
      const [width, height] = [to.x - from.x, to.y - from.y];
      return {
        ...{length: Math.hypot(width, height), width, height},
        ...{x: (from.x + to.x) / 2, y: (from.y + to.y) / 2},
      };
    }),
  );
  const total = pieces.reduce((sum, {length}) => sum + length, 0);
  const mean = (of: (piece: (typeof pieces)[number]) => number): number =>
    pieces.reduce((sum, piece) => sum + piece.length * of(piece), 0) / total;
  const middleX = mean(({x}) => x);
  const middleY = mean(({y}) => y);
  // A line's own moments are a twelfth of its squared length.
  const across = mean(({x, y, width, height}) => (x - middleX) * (y - middleY) + (width * height) / 12);
  const down = mean(({y, height}) => (y - middleY) ** 2 + height ** 2 / 12);
  return total === 0 || down === 0 ? {lean: MIN_LEAN, middleY: 0} : {lean: -across / down, middleY};
}

function boundsOf(strokes: readonly Stroke[]): Bounds | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const stroke of strokes)
    for (const {x, y} of stroke) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  return left <= right ? {left, top, right, bottom} : null;
}

/** Points closer than this to the one before change nothing that can be seen. Units: pixels of the raster. */
const MIN_STEP = 0.75;

function drawStroke(raster: Raster, points: readonly Point[], radius: number): void {
  let from = points[0];
  if (from === undefined) return;
  drawSegment(raster, {from, to: from, radius});
  for (const [i, to] of points.entries()) {
    const isLast = i === points.length - 1;
    if (!isLast && Math.hypot(to.x - from.x, to.y - from.y) < MIN_STEP) continue;
    drawSegment(raster, {from, to, radius});
    from = to;
  }
}

interface Segment {
  readonly from: Point;
  readonly to: Point;
  readonly radius: number;
}

/** Inks all pixels within `radius` of the segment; one at its edge as far as the edge lies in it. */
function drawSegment({size, ink}: Raster, {from, to, radius}: Segment): void {
  const reach = radius + 1;
  const [left, right] = pixelRange([from.x, to.x], {reach, size});
  const [top, bottom] = pixelRange([from.y, to.y], {reach, size});
  const along = {x: to.x - from.x, y: to.y - from.y};
  const squared = along.x ** 2 + along.y ** 2;
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const at = {x: x + 0.5 - from.x, y: y + 0.5 - from.y};
      const share = squared === 0 ? 0 : Math.min(1, Math.max(0, (at.x * along.x + at.y * along.y) / squared));
      const distance = Math.sqrt((at.x - share * along.x) ** 2 + (at.y - share * along.y) ** 2);
      const covered = Math.min(1, Math.max(0, radius + 0.5 - distance));
      const pixel = y * size + x;
      if (covered > ink[pixel]!) ink[pixel] = covered;
    }
}

function pixelRange(
  ends: readonly [number, number],
  {reach, size}: {readonly reach: number; readonly size: number},
): [number, number] {
  return [Math.max(0, Math.floor(Math.min(...ends) - reach)), Math.min(size, Math.ceil(Math.max(...ends) + reach))];
}
