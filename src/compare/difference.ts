/** The difference of two results: that of the worst element, where NaN equals NaN alone. */

export interface Difference {
  /** Largest |got − expected|; Infinity where one of them is not finite and the other is not the same. */
  readonly maxAbsError: number;
  /** Largest finite |expected|. */
  readonly maxAbsOutput: number;
}

/** One output tensor's values. */
export type Values = ArrayLike<number>;

/** Returns the worst difference over all outputs; Infinity where their number or a length differs. */
export function outputDifference(got: readonly Values[], expected: readonly Values[]): Difference {
  let maxAbsOutput = 0;
  let maxAbsError = got.length === expected.length ? 0 : Infinity;
  for (const [output, values] of expected.entries()) {
    const others = got[output] ?? [];
    if (others.length !== values.length) maxAbsError = Infinity;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (Number.isFinite(value)) maxAbsOutput = Math.max(maxAbsOutput, Math.abs(value));
      maxAbsError = Math.max(maxAbsError, elementError(others[i]!, value));
    }
  }
  return {maxAbsError, maxAbsOutput};
}

function elementError(got: number, expected: number): number {
  if (Object.is(got, expected) || got === expected) return 0;
  const error = Math.abs(got - expected);
  return Number.isFinite(error) ? error : Infinity;
}
