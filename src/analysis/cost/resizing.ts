/** Which pixels an image is resized from: not all of them where it gets smaller. */
import type {KernelCall} from './rule.ts';

interface Line {
  readonly from: number;
  readonly to: number;
  readonly attrs: KernelCall['attrs'];
}

/** How many pixels of a line are taken. */
type Taken = (line: Line) => number;

/** Returns how many elements of `images` have a part in what comes out. Shapes: [batch, height, width, channels]. */
export function resizedFrom({inputShapes, outputShapes, attrs}: KernelCall, taken: Taken): number {
  const [batch = NaN, height = NaN, width = NaN, channels = NaN] = inputShapes['images'] ?? [];
  const [, outHeight = NaN, outWidth = NaN] = outputShapes[0] ?? [];
  const rows = taken({from: height, to: outHeight, attrs});
  const columns = taken({from: width, to: outWidth, attrs});
  return batch * rows * columns * channels;
}

/** Larger, it takes each; smaller, none twice. */
export const nearestTaken: Taken = ({from, to}) => Math.min(from, to);

/** Of two neighbours one has no weight where a sampled position is exactly a pixel. */
export const bilinearTaken: Taken = (line) => {
  const taken = new Set<number>();
  for (let at = 0; at < line.to; at++) {
    const position = sampledPosition(at, line);
    for (const pixel of [Math.floor(position), Math.ceil(position)])
      taken.add(Math.min(Math.max(pixel, 0), line.from - 1));
  }
  return taken.size;
};

/** Where in the image a pixel of the resized image is sampled, by TensorFlow's three conventions. */
function sampledPosition(at: number, {from, to, attrs}: Line): number {
  if (attrs['alignCorners'] === true && to > 1) return (at * (from - 1)) / (to - 1);
  if (attrs['halfPixelCenters'] === true) return ((at + 0.5) * from) / to - 0.5;
  return (at * from) / to;
}
