/**
 * Changes of form between what stands in a tensor and what the micro-kernels read.
 *
 * - tensor form `[pixels][channels]`: x and y;
 * - panel form  `[panels][pixels][8]`: image buffer, outputs of the spatial conv, the accumulator;
 * - packed form `[pixels/4][stride][4]`: a GEMM's `a`.
 */
import {FLOAT, horizontalSum, mulAdd, ROW, splat, storeTransposed, VECTOR} from './simd';

/** Copies 8 channels of one pixel, of which `lanes` exist, from tensor form; the others become 0. */
// @ts-ignore: decorator
@inline
export function loadLanes(from: usize, to: usize, lanes: i32): void {
  if (lanes >= 8) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    return;
  }
  for (let lane = 0; lane < 8; lane++) {
    const at = <usize>lane * FLOAT;
    store<f32>(to + at, lane < lanes ? load<f32>(from + at) : 0);
  }
}

/** Panel form to packed form: 8 channels of `pixels` (a multiple of 4). Shapes: from `[pixels][8]`, to 8 rows of `[pixels/4][stride][4]`. */
export function packPanel(from: usize, to: usize, stride: i32, pixels: i32): void {
  const step = <usize>stride * VECTOR;
  for (const end = from + <usize>pixels * ROW; from < end; from += 4 * ROW, to += step) {
    transpose4x8(from, to);
  }
}

// @ts-ignore: decorator
@inline
function transpose4x8(from: usize, to: usize): void {
  storeTransposed(to, v128.load(from), v128.load(from, 32), v128.load(from, 64), v128.load(from, 96));
  storeTransposed(to + 64, v128.load(from, 16), v128.load(from, 48), v128.load(from, 80), v128.load(from, 112));
}

/**
 * LayerNorm without affine on the way from panel form to packed form, 4 pixels at a time: mean and variance in two passes.
 * Shapes: from `[panels][pixelStride][8]`, to `[pixels/4][stride][4]`. Lanes past `channels` hold anything and count for nothing.
 */
export function packNormalized(
  from: usize, pixelStride: i32, to: usize, stride: i32, pixels: i32, channels: i32, epsilon: f32,
): void {
  const panelBytes = <usize>pixelStride * ROW;
  const step = <usize>stride * VECTOR;
  for (const end = from + <usize>pixels * ROW; from < end; from += 4 * ROW, to += step) {
    for (let pixel = from; pixel < from + 4 * ROW; pixel += ROW) normalize(pixel, panelBytes, channels, epsilon);
    let out = to;
    for (let channel = 0, panel = from; channel < channels; channel += 8, panel += panelBytes, out += 8 * VECTOR) {
      transpose4x8(panel, out);
    }
  }
}

/** Normalizes one pixel in place. */
function normalize(pixel: usize, panelBytes: usize, channels: i32, epsilon: f32): void {
  const whole = channels & ~7;
  const tail = pixel + <usize>(whole >> 3) * panelBytes;
  const lanes = <usize>(channels - whole) * FLOAT;
  const count = <f32>channels;

  let sum0 = splat(0), sum1 = splat(0);
  for (let at = pixel; at < tail; at += panelBytes) {
    sum0 = f32x4.add(sum0, v128.load(at));
    sum1 = f32x4.add(sum1, v128.load(at, 16));
  }
  let sum = horizontalSum(f32x4.add(sum0, sum1));
  for (let at = tail; at < tail + lanes; at += FLOAT) sum += load<f32>(at);
  const mean = sum / count;

  const mean4 = splat(mean);
  let square0 = splat(0), square1 = splat(0);
  for (let at = pixel; at < tail; at += panelBytes) {
    const v0 = f32x4.sub(v128.load(at), mean4), v1 = f32x4.sub(v128.load(at, 16), mean4);
    square0 = mulAdd(v0, v0, square0);
    square1 = mulAdd(v1, v1, square1);
  }
  let squares = horizontalSum(f32x4.add(square0, square1));
  for (let at = tail; at < tail + lanes; at += FLOAT) {
    const v = load<f32>(at) - mean;
    squares += v * v;
  }

  const scale: f32 = 1 / sqrt<f32>(squares / count + epsilon);
  const scale4 = splat(scale);
  for (let at = pixel; at < tail; at += panelBytes) {
    v128.store(at, f32x4.mul(f32x4.sub(v128.load(at), mean4), scale4));
    v128.store(at, f32x4.mul(f32x4.sub(v128.load(at, 16), mean4), scale4), 16);
  }
  for (let at = tail; at < tail + lanes; at += FLOAT) store<f32>(at, (load<f32>(at) - mean) * scale);
}

/** Four pixels in tensor form to packed form. Shapes: p0..p3 `[channels]`, to `[channels][4]`. */
export function packPixels(p0: usize, p1: usize, p2: usize, p3: usize, to: usize, channels: i32): void {
  const whole = <usize>(channels & ~3) * FLOAT;
  let at: usize = 0;
  for (; at < whole; at += VECTOR, to += 4 * VECTOR) {
    storeTransposed(to, v128.load(p0 + at), v128.load(p1 + at), v128.load(p2 + at), v128.load(p3 + at));
  }
  for (const end = <usize>channels * FLOAT; at < end; at += FLOAT, to += VECTOR) {
    store<f32>(to, load<f32>(p0 + at));
    store<f32>(to, load<f32>(p1 + at), 4);
    store<f32>(to, load<f32>(p2 + at), 8);
    store<f32>(to, load<f32>(p3 + at), 12);
  }
}
