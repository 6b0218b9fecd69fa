/** IEEE half precision: what the converter's float16 quantization stores, and params of layout 2 (float16Params.ts). */

/** Largest finite float16. */
export const FLOAT16_MAX = 65504;

let valueOfBits: Float32Array | undefined;

/** Returns the float32 values of float16 bits, exactly. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  valueOfBits ??= Float32Array.from({length: 2 ** 16}, (_, word) => float16Value(word));
  const values = new Float32Array(bits.length);
  // A plain loop: typed arrays' `from` is fifty times slower, and a model has millions of weights.
  for (let i = 0; i < values.length; i++) values[i] = valueOfBits[bits[i]!]!;
  return values;
}

function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Returns the float16 bits nearest to each value, ties to even; what lies beyond FLOAT16_MAX becomes infinite. */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < bits.length; i++) bits[i] = nearestFloat16(words[i]!);
  return bits;
}

/** From the bits of a float32 to those of the nearest float16. */
function nearestFloat16(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  const exponent = (magnitude >>> 23) - 112;
  if (exponent > 0) return sign | roundShift(magnitude - 0x38000000, 13);
  if (exponent < -10) return sign;
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, 14 - exponent);
}

/** `value / 2^shift`, rounded to the nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const whole = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return whole + (rest > half || (rest === half && (whole & 1) === 1) ? 1 : 0);
}
