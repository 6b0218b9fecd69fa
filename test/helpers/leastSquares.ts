/** Least squares with unknowns that have a least value, for a few unknowns: rates of parts from times of wholes. */

export interface Equation<Name extends string> {
  /** What the equation knows of each unknown; absent is zero. */
  readonly factors: Readonly<Partial<Record<Name, number>>>;
  /** Positive: errors count as shares of it. */
  readonly value: number;
}

/** As many rounds as settle a few dozen unknowns to well under a thousandth. */
const ROUNDS = 20_000;

/**
 * Returns the unknowns, none below what `least` says (0 where it says nothing), for which the equations' relative errors have
 * the least sum of squares; the least value for one that no equation has. One unknown after the other is put to its best, again
 * and again: with a convex sum that ends at the best of all.
 */
export function leastSquares<Name extends string>(
  names: readonly Name[],
  equations: readonly Equation<Name>[],
  least?: Readonly<Partial<Record<Name, number>>>,
): Record<Name, number> {
  const columns = names.map((name) => equations.map(({factors, value}) => (factors[name] ?? 0) / value));
  const norms = columns.map((column) => column.reduce((sum, each) => sum + each * each, 0));
  const bounds = names.map((name) => least?.[name] ?? 0);
  const unknowns = [...bounds];
  const errors = equations.map((_, row) =>
    columns.reduce((error, column, i) => error - column[row]! * unknowns[i]!, 1),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, column] of columns.entries()) {
      if (norms[i] === 0) continue;
      const gradient = column.reduce((sum, each, row) => sum + each * errors[row]!, 0);
      const next = Math.max(bounds[i]!, unknowns[i]! + gradient / norms[i]!);
      const step = next - unknowns[i]!;
      unknowns[i] = next;
      for (const [row, each] of column.entries()) errors[row] = errors[row]! - step * each;
    }
  }
  return Object.fromEntries(names.map((name, i) => [name, unknowns[i]!])) as Record<Name, number>;
}
