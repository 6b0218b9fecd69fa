/** What a list of times says: its middle and its spread, never a mean that one slow run pulls away. */

/** Units: milliseconds. */
export interface Timing {
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
  readonly runs: number;
}

/**
 * Returns the value below which the fraction `q` of the sample lies, interpolated between neighbours; NaN of an empty one.
 * Source: Hyndman and Fan 1996, definition 7.
 */
export function quantile(sample: readonly number[], q: number): number {
  const sorted = Float64Array.from(sample).sort();
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.ceil(position)] ?? NaN;
  return low + (high - low) * (position - below);
}

/** Returns the middle value. */
export function median(sample: readonly number[]): number {
  return quantile(sample, 0.5);
}

/** Returns median, 10th and 90th percentile, and the number of runs. */
export function summarize(ms: readonly number[]): Timing {
  return {medianMs: median(ms), p10Ms: quantile(ms, 0.1), p90Ms: quantile(ms, 0.9), runs: ms.length};
}

/** Returns the sum; null where one is not known, or there are none. */
export function sumOfKnown(values: readonly (number | null)[]): number | null {
  return allKnown(values)?.reduce((sum, value) => sum + value, 0) ?? null;
}

/** Returns the middle value; null where one is not known, or there are none. */
export function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = allKnown(values);
  return known === null ? null : median(known);
}

function allKnown(values: readonly (number | null)[]): number[] | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 && known.length === values.length ? known : null;
}
