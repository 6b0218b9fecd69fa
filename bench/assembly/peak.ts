/**
 * The multiply-add rate of one core, from registers: 10 sums of 4 lanes that do not wait for one another. With relaxed SIMD a
 * multiply-add is one instruction on hardware with FMA, with plain SIMD it is two.
 */

// @ts-ignore: decorator
@inline
function mulAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Runs `steps` times 10 vector multiply-adds: 40·steps MACs. Returns a number that needs every sum.
 * Each sum is its own multiplicand: a common product would be computed once.
 */
export function multiplyAdds(steps: i32): f32 {
  const x = f32x4.splat(1e-9);
  const one = f32x4.splat(1);
  let s0 = one, s1 = one, s2 = one, s3 = one, s4 = one, s5 = one, s6 = one, s7 = one, s8 = one, s9 = one;
  for (let i = 0; i < steps; i++) {
    s0 = mulAdd(s0, x, s0);
    s1 = mulAdd(s1, x, s1);
    s2 = mulAdd(s2, x, s2);
    s3 = mulAdd(s3, x, s3);
    s4 = mulAdd(s4, x, s4);
    s5 = mulAdd(s5, x, s5);
    s6 = mulAdd(s6, x, s6);
    s7 = mulAdd(s7, x, s7);
    s8 = mulAdd(s8, x, s8);
    s9 = mulAdd(s9, x, s9);
  }
  let all = s0;
  all = f32x4.add(all, s1);
  all = f32x4.add(all, s2);
  all = f32x4.add(all, s3);
  all = f32x4.add(all, s4);
  all = f32x4.add(all, s5);
  all = f32x4.add(all, s6);
  all = f32x4.add(all, s7);
  all = f32x4.add(all, s8);
  all = f32x4.add(all, s9);
  return f32x4.extract_lane(all, 0);
}
