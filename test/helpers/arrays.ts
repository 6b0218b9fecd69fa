/** Arrays with a shape, written element by element: for oracles in float64 loops. */
import type {Numbers} from './fixtures.ts';

type Index = readonly number[];

/** Returns the array whose element at each index is this. */
export function arrayOf(shape: readonly number[], element: (...index: number[]) => number): Numbers {
  const size = shape.reduce((product, d) => product * d, 1);
  const data = Float32Array.from({length: size}, (_, i) => element(...indexAt(i, shape)));
  return {shape: [...shape], data};
}

function indexAt(offset: number, shape: readonly number[]): number[] {
  let rest = offset;
  return shape.map((_, axis) => {
    const stride = shape.slice(axis + 1).reduce((product, d) => product * d, 1);
    const i = Math.floor(rest / stride);
    rest -= i * stride;
    return i;
  });
}

/** Returns an element; of an array of lower rank or with axes of size 1, the one that is broadcast there. */
export function at({shape, data}: {shape: Index; data: ArrayLike<number>}, ...index: number[]): number {
  const own = index.slice(index.length - shape.length);
  return data[shape.reduce((offset, size, axis) => offset * size + (size === 1 ? 0 : own[axis]!), 0)]!;
}

/** Returns the sum of `term` at 0 to `count` − 1. */
export function sumOf(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}

/** Returns the array with its axes in another order: axis i of the result is axis `order[i]`. */
export function transposedArray(x: Numbers, order: readonly number[]): Numbers {
  return arrayOf(
    order.map((axis) => x.shape[axis]!),
    (...index) => at(x, ...x.shape.map((_, axis) => index[order.indexOf(axis)]!)),
  );
}
