/** Comparison of results with an oracle: NaN equals NaN alone, and a failure says where and by how much. */

export interface Difference {
  /** Largest |got − expected|; Infinity where one is not finite and the other differs. */
  worst: number;
  /** Where it is, or −1 when all are equal. */
  index: number;
  got: number;
  expected: number;
}

/** Returns the worst difference of two arrays of the same length. */
export function worstDifference(got: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  if (got.length !== expected.length) throw new Error(`lengths differ: got ${got.length}, expected ${expected.length}`);
  let result: Difference = {worst: 0, index: -1, got: 0, expected: 0};
  for (let index = 0; index < expected.length; index++) {
    const g = got[index]!;
    const e = expected[index]!;
    if (Object.is(g, e) || g === e) continue;
    const difference = Math.abs(g - e);
    const worst = Number.isFinite(difference) ? difference : Infinity;
    if (worst > result.worst) result = {worst, index, got: g, expected: e};
  }
  return result;
}

/** Throws where any element differs by more than `tolerance`. Returns the worst difference. */
export function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): number {
  const {worst, index, ...values} = worstDifference(got, expected);
  if (!(worst <= tolerance))
    throw new Error(
      `[${index}] of ${expected.length}: got ${values.got}, expected ${values.expected}: ` +
        `differs by ${worst}, ${(worst / tolerance).toFixed(2)} times the tolerance ${tolerance}`,
    );
  return worst;
}

/** Throws where any bit differs. */
export function expectSameBits(got: Float32Array, expected: Float32Array): void {
  const [words, wanted] = [bitsOf(got), bitsOf(expected)];
  if (words.length !== wanted.length) throw new Error(`lengths differ: got ${got.length}, expected ${expected.length}`);
  const index = words.findIndex((word, i) => word !== wanted[i]);
  if (index >= 0)
    throw new Error(`[${index}] of ${words.length}: got ${got[index]!}, expected the bits of ${expected[index]!}`);
}

function bitsOf({buffer, byteOffset, length}: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
