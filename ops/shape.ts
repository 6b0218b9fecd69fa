/** Shapes of tensors, as lists of sizes. */

/** Returns the number of a shape's elements. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
