/**
 * Loops whose rates are a machine's: multiply-adds from registers, and reads and copies of memory. No compiler can leave any of their
 * work out. One core, 4 lanes at a time.
 */

// @ts-ignore: decorator
@inline
function mulAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/**
 * The multiply-add rate: 12 sums of 4 lanes that do not wait for one another. With relaxed SIMD a multiply-add is one instruction
 * on hardware with FMA, with plain SIMD it is two.
 * Runs `steps` times 12 vector multiply-adds: 48·steps MACs. Returns a number that needs every sum.
 * Each sum is its own multiplicand: a common product would be computed once.
 */
export function multiplyAdds(steps: i32): f32 {
  const x = f32x4.splat(1e-9);
  const one = f32x4.splat(1);
  let s0 = one, s1 = one, s2 = one, s3 = one, s4 = one, s5 = one, s6 = one, s7 = one, s8 = one, s9 = one;
  let s10 = one, s11 = one;
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
    s10 = mulAdd(s10, x, s10);
    s11 = mulAdd(s11, x, s11);
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
  all = f32x4.add(all, s10);
  all = f32x4.add(all, s11);
  return f32x4.extract_lane(all, 0);
}

/** Reads `bytes` (a multiple of 64) at `from`, `passes` times. Returns a number that needs every byte. */
export function read(from: usize, bytes: usize, passes: i32): i32 {
  let all = i32x4.splat(0);
  const end = from + bytes;
  for (let pass = 0; pass < passes; pass++) {
    let a = all, b = all, c = all, d = all;
    for (let at = from; at < end; at += 64) {
      a = v128.xor(a, v128.load(at));
      b = v128.xor(b, v128.load(at, 16));
      c = v128.xor(c, v128.load(at, 32));
      d = v128.xor(d, v128.load(at, 48));
    }
    // An add, and not an xor: that would take two equal passes away.
    all = i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
  }
  return i32x4.extract_lane(all, 0);
}

/** Copies `bytes` (a multiple of 64) from `from` to `to`, `passes` times. */
export function copy(to: usize, from: usize, bytes: usize, passes: i32): void {
  for (let pass = 0; pass < passes; pass++) {
    for (let at: usize = 0; at < bytes; at += 64) {
      v128.store(to + at, v128.load(from + at));
      v128.store(to + at, v128.load(from + at, 16), 16);
      v128.store(to + at, v128.load(from + at, 32), 32);
      v128.store(to + at, v128.load(from + at, 48), 48);
    }
  }
}

/** The same by the engine's own instruction. */
export function move(to: usize, from: usize, bytes: usize, passes: i32): void {
  for (let pass = 0; pass < passes; pass++) memory.copy(to, from, bytes);
}
