/** Vector idioms that the kernels share. A vector is 4 floats, a panel row 8. */

/** Bytes of a float, a vector, and one row of a panel. */
export const FLOAT: usize = 4;
export const VECTOR: usize = 16;
export const ROW: usize = 32;

/** a·b + c: one rounding with relaxed SIMD on hardware with FMA, else two. */
// @ts-ignore: decorator
@inline
export function mulAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** All four lanes = value. */
// @ts-ignore: decorator
@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** Each lane kept between low and high; NaN stays NaN, for pmax(a, b) is `a < b ? b : a`. */
// @ts-ignore: decorator
@inline
export function clamp(x: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, low), high);
}

/** Stores 4 pixels of 8 channels in panel form: `[4][8]`. */
// @ts-ignore: decorator
@inline
export function store4x8(
  to: usize, c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128,
): void {
  v128.store(to, c00);
  v128.store(to, c01, 16);
  v128.store(to, c10, 32);
  v128.store(to, c11, 48);
  v128.store(to, c20, 64);
  v128.store(to, c21, 80);
  v128.store(to, c30, 96);
  v128.store(to, c31, 112);
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function horizontalSum(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

// @ts-ignore: decorator
@inline
export function roundUp(value: i32, to: i32): i32 {
  return ((value + to - 1) / to) * to;
}
