/** A picture made larger, as a page shows a sample on its pad. */
import type {Raster} from '../../../web/src/digits/ink.ts';

/** Returns the picture at another size, bilinearly, in the middle of a raster. Units: pixels. */
export function enlarged(
  picture: ArrayLike<number>,
  {from, to, size}: {from: number; to: number; size: number},
): Raster {
  const ink = new Float32Array(size * size);
  const margin = Math.floor((size - to) / 2);
  const places = Array.from({length: to}, (_, i) => {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const before = Math.floor(at);
    return {before, after: Math.min(from - 1, before + 1), share: at - before};
  });
  for (const [y, row] of places.entries())
    for (const [x, column] of places.entries()) {
      const mean = (start: number): number =>
        picture[start * from + column.before]! * (1 - column.share) +
        picture[start * from + column.after]! * column.share;
      ink[(y + margin) * size + x + margin] = mean(row.before) * (1 - row.share) + mean(row.after) * row.share;
    }
  return {size, ink};
}
