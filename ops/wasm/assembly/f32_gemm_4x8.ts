/**
 * Micro-kernel `f32_gemm_4x8`: 4 pixels × 8 outputs, the sums over `depth` inputs held in 8 vectors. Engines have 16, of which the
 * operands and products take the others: larger tiles spill to the stack.
 *
 * Reads: a, packed pixels `[pixels/4][aStride][4]`, of which `depth` rows are used; b, one panel `[depth][8]`.
 * Writes: one panel's results for all pixels, in one of two forms:
 * - `panel`:  `[pixels][8]`, contiguous; it starts from the bias, or, when `bias` is 0, from what `out` holds;
 * - `packed`: `[pixels/4][outStride][4]`, 8 rows of it: the `a` of a later GEMM; it starts from the bias.
 */
import {mulAdd, ROW, storeTransposed, VECTOR} from './simd';

/** Bytes of 4 pixels in panel form. */
const BLOCK: usize = 4 * ROW;

/** Shapes: a `[pixels/4][aStride][4]`, b `[depth][8]`, bias `[8]` or address 0, out `[pixels][8]`. pixels is a multiple of 4. */
export function f32_gemm_4x8_panel(
  a: usize, aStride: i32, b: usize, bias: usize, out: usize, pixels: i32, depth: i32,
): void {
  const aStep = <usize>aStride * VECTOR;
  const end = out + <usize>pixels * ROW;
  for (; out < end; out += BLOCK, a += aStep) {
    const from = bias == 0 ? out : bias;
    const step: usize = bias == 0 ? ROW : 0;
    multiply(a, b, depth, out, false, from, step);
  }
}

/** Shapes: as above; out `[pixels/4][outStride][4]`, rows 0..7 of each. */
export function f32_gemm_4x8_packed(
  a: usize, aStride: i32, b: usize, bias: usize, out: usize, outStride: i32, pixels: i32, depth: i32,
): void {
  const aStep = <usize>aStride * VECTOR;
  const outStep = <usize>outStride * VECTOR;
  for (let pixel = 0; pixel < pixels; pixel += 4, a += aStep, out += outStep) {
    multiply(a, b, depth, out, true, bias, 0);
  }
}

// @ts-ignore: decorator
@inline
function multiply(
  a: usize, b: usize, depth: i32, out: usize, packed: bool, from: usize, fromStep: usize,
): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromStep;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromStep;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += fromStep;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  const end = b + <usize>depth * ROW;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let pixel = v128.load_splat<f32>(a);
    c00 = mulAdd(pixel, b0, c00);
    c01 = mulAdd(pixel, b1, c01);
    pixel = v128.load_splat<f32>(a, 4);
    c10 = mulAdd(pixel, b0, c10);
    c11 = mulAdd(pixel, b1, c11);
    pixel = v128.load_splat<f32>(a, 8);
    c20 = mulAdd(pixel, b0, c20);
    c21 = mulAdd(pixel, b1, c21);
    pixel = v128.load_splat<f32>(a, 12);
    c30 = mulAdd(pixel, b0, c30);
    c31 = mulAdd(pixel, b1, c31);
    a += VECTOR;
    b += ROW;
  }
  if (packed) {
    storeTransposed(out, c00, c10, c20, c30);
    storeTransposed(out + 4 * VECTOR, c01, c11, c21, c31);
  } else {
    v128.store(out, c00);
    v128.store(out, c01, 16);
    v128.store(out, c10, 32);
    v128.store(out, c11, 48);
    v128.store(out, c20, 64);
    v128.store(out, c21, 80);
    v128.store(out, c30, 96);
    v128.store(out, c31, 112);
  }
}
