/** Which pixels an image is resized from: not all of them where it becomes smaller. */
import type {KernelCall} from './rule.ts';

export type Interpolation = 'nearest' | 'bilinear';

/** Returns how many elements of `images` have a part in what comes out. Shapes: [batch, height, width, channels]. */
export function resizedFrom({inputShapes, outputShapes, attrs}: KernelCall, interpolation: Interpolation): number {
  const [batch = NaN, height = NaN, width = NaN, channels = NaN] = inputShapes['images'] ?? [];
  const [, outHeight = NaN, outWidth = NaN] = outputShapes[0] ?? [];
  const along = (from: number, to: number): number => pixelsTaken({from, to, attrs}, interpolation);
  return batch * along(height, outHeight) * along(width, outWidth) * channels;
}

interface Line {
  readonly from: number;
  readonly to: number;
  readonly attrs: KernelCall['attrs'];
}

function pixelsTaken(line: Line, interpolation: Interpolation): number {
  const {alignCorners, halfPixelCenters} = line.attrs;
  const rounding = alignCorners === true || halfPixelCenters === true ? 0.5 : 0;
  const taken = new Set<number>();
  for (let at = 0; at < line.to; at++) {
    const place = placeOf(at, line);
    // Of two neighbours one has no weight where the place is a pixel's own.
    const pixels =
      interpolation === 'bilinear' ? [Math.floor(place), Math.ceil(place)] : [Math.floor(place + rounding)];
    for (const pixel of pixels) taken.add(Math.min(Math.max(pixel, 0), line.from - 1));
  }
  return taken.size;
}

/** Where among the pixels of an image one of the resized image lies, by the three ways that TensorFlow has. */
function placeOf(at: number, {from, to, attrs}: Line): number {
  if (attrs['alignCorners'] === true && to > 1) return (at * (from - 1)) / (to - 1);
  if (attrs['halfPixelCenters'] === true) return ((at + 0.5) * from) / to - 0.5;
  return (at * from) / to;
}
