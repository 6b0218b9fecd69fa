/** The two sides of a comparison. */

/** A number or other value for each of the two sides. */
export interface Pair<T> {
  /** Of the model on stock ops. */
  readonly stock: T;
  /** Of the fused model. */
  readonly fused: T;
}

/** Returns what `of` makes of each side. */
export function both<T, U>({stock, fused}: Pair<T>, of: (side: T) => U): Pair<U> {
  return {stock: of(stock), fused: of(fused)};
}

/** Returns the pair where both sides have a value, else null. */
export function whole<T>({stock, fused}: Pair<T | null>): Pair<T> | null {
  return stock === null || fused === null ? null : {stock, fused};
}
