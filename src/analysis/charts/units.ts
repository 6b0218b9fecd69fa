/** Numbers as charts write them: three digits, with the unit's prefix. */

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

/** Returns e.g. 9.64 Gop for (9.64e9, 'op'). Bytes too go by thousands: 1 MB = 10⁶ B. */
export function withUnit(value: number, unit: string): string {
  const rounded = Number(value.toPrecision(3));
  const power = rounded >= 1 ? Math.min(Math.floor(Math.log10(rounded) / 3 + 1e-9), PREFIXES.length - 1) : 0;
  return `${threeDigits(rounded / 1000 ** power)} ${PREFIXES[power]}${unit}`;
}

/** Returns a time with the unit that suits it. Units: milliseconds. */
export function duration(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms >= 10_000) return `${threeDigits(ms / 1000)} s`;
  return ms < 0.1 ? `${threeDigits(1000 * ms)} µs` : `${threeDigits(ms)} ms`;
}

/** Returns a share of 1 in per cent. */
export function percent(share: number): string {
  return `${threeDigits(100 * share)}%`;
}

/** Returns the number in three digits, without zeros at its end. */
export function threeDigits(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1000 || (rounded !== 0 && Math.abs(rounded) < 1e-3)
    ? rounded.toLocaleString('en-US', {maximumSignificantDigits: 3})
    : String(rounded);
}

/** Returns an intensity as axes write it, short where it is large. Units: ops/byte. */
export function intensityText(opsPerByte: number): string {
  return opsPerByte >= 1000 ? withUnit(opsPerByte, '') : threeDigits(opsPerByte);
}

/** Returns all powers of ten of a range, its ends taken in. */
export function decades(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  return Array.from({length: last - first + 1}, (_, i) => 10 ** (first + i));
}

/** Returns 1, 2 or 5 times a power of ten, and no less than `min`. */
export function niceStep(min: number): number {
  const power = 10 ** Math.floor(Math.log10(min));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= min * 0.999)!;
}
