/**
 * Changes of form between what stands in a tensor and what the micro-kernels read.
 *
 * - tensor form `[pixels][channels]`: x and y;
 * - panel form  `[panels][pixels][8]`: image buffer, outputs of the spatial conv, the accumulator;
 * - packed form `[tiles][stride][rows]`: a GEMM's `a` (tiling.ts).
 */
import {activatePanels, highest, kindOf, lowest} from './activation';
import {ActivationKind} from './fields';
import {clamp, FLOAT, horizontalSum, mulAdd, ROW, splat, VECTOR} from './simd';
import {rowsOf, tilesOf} from './tiling';

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

/**
 * Panel form to packed form, activated. An activation that only clamps is computed on the way, others before, in place.
 * Shapes: from `[panels][pixelStride][8]`, whose first channel is `channel`; to `[tiles][stride][rows]`, channels at..at+8·panels−1 of it.
 */
export function packActivated(
  activation: usize, channel: i32, from: usize, pixelStride: i32, panels: i32, to: usize, stride: i32, at: i32, pixels: i32,
): void {
  if (kindOf(activation) != ActivationKind.CLAMP) {
    activatePanels(activation, channel, from, panels, <usize>pixelStride * ROW);
  }
  packClamped(lowest(activation), highest(activation), from, pixelStride, panels, to, stride, at, pixels);
}

/** Panel form to packed form, each value kept between low and high. Shapes: as above. */
export function packClamped(
  low: f32, high: f32, from: usize, pixelStride: i32, panels: i32, to: usize, stride: i32, channel: i32, pixels: i32,
): void {
  const low4 = splat(low), high4 = splat(high);
  const tiles = tilesOf(pixels);
  const panelBytes = <usize>pixelStride * ROW;
  for (const end = from + <usize>panels * panelBytes; from < end; from += panelBytes, channel += 8) {
    let at = from, tileTo = to;
    for (let tile = 0; tile < tiles; tile++) {
      const rows = rowsOf(tile, tiles, pixels);
      packTile(rows, at, tileTo + <usize>(channel * rows) * FLOAT, low4, high4);
      at += <usize>rows * ROW;
      tileTo += <usize>(rows * stride) * FLOAT;
    }
  }
}

/** 8 channels of one tile, from panel form. */
function packTile(rows: i32, from: usize, to: usize, low: v128, high: v128): void {
  if (!ASC_FEATURE_RELAXED_SIMD) packRows(2, from, to, low, high);
  else if (rows == 6) packRows(6, from, to, low, high);
  else if (rows == 5) packRows(5, from, to, low, high);
  else packRows(4, from, to, low, high);
}

// @ts-ignore: decorator
@inline
function packRows(rows: i32, from: usize, to: usize, low: v128, high: v128): void {
  for (let half: usize = 0; half < ROW; half += VECTOR, to += <usize>rows * VECTOR) {
    const at = from + half;
    const r0 = clamp(v128.load(at), low, high), r1 = clamp(v128.load(at, 32), low, high);
    let r2 = r0, r3 = r0, r4 = r0, r5 = r0;
    if (rows > 2) r2 = clamp(v128.load(at, 64), low, high), r3 = clamp(v128.load(at, 96), low, high);
    if (rows > 4) r4 = clamp(v128.load(at, 128), low, high);
    if (rows > 5) r5 = clamp(v128.load(at, 160), low, high);
    storeTransposed(rows, to, r0, r1, r2, r3, r4, r5);
  }
}

/** Stores 4 channels of 2, 4, 5 or 6 rows: `[4][rows]`. */
// @ts-ignore: decorator
@inline
function storeTransposed(
  rows: i32, to: usize, r0: v128, r1: v128, r2: v128, r3: v128, r4: v128, r5: v128,
): void {
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  if (rows == 2) {
    v128.store(to, low01);
    v128.store(to, high01, 16);
    return;
  }
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const step = <usize>rows * FLOAT;
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
  if (rows == 5) {
    v128.store_lane<f32>(to, r4, 0, 16);
    v128.store_lane<f32>(to, r4, 1, 36);
    v128.store_lane<f32>(to, r4, 2, 56);
    v128.store_lane<f32>(to, r4, 3, 76);
  }
  if (rows == 6) {
    const low45 = v128.shuffle<f32>(r4, r5, 0, 4, 1, 5);
    const high45 = v128.shuffle<f32>(r4, r5, 2, 6, 3, 7);
    v128.store_lane<i64>(to, low45, 0, 16);
    v128.store_lane<i64>(to, low45, 1, 40);
    v128.store_lane<i64>(to, high45, 0, 64);
    v128.store_lane<i64>(to, high45, 1, 88);
  }
}

/**
 * LayerNorm without affine on the way from panel form to packed form, a tile at a time: mean and variance in two passes.
 * Shapes: from `[panels][pixelStride][8]`, to `[tiles][stride][rows]`. Lanes past `channels` hold anything and count for nothing.
 */
export function packNormalized(
  from: usize, pixelStride: i32, to: usize, stride: i32, pixels: i32, channels: i32, epsilon: f32,
): void {
  const panelBytes = <usize>pixelStride * ROW;
  const low = splat(-Infinity), high = splat(Infinity);
  const tiles = tilesOf(pixels);
  for (let tile = 0; tile < tiles; tile++) {
    const rows = rowsOf(tile, tiles, pixels);
    const end = from + <usize>rows * ROW;
    for (let pixel = from; pixel < end; pixel += ROW) normalize(pixel, panelBytes, channels, epsilon);
    let out = to;
    for (let channel = 0, panel = from; channel < channels; channel += 8, panel += panelBytes, out += <usize>rows * ROW) {
      packTile(rows, panel, out, low, high);
    }
    from = end;
    to += <usize>(rows * stride) * FLOAT;
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

/** A tile's pixels in tensor form to packed form. Shapes: each of the `rows` addresses at `pixels` `[channels]`, to `[channels][rows]`. */
export function packPixels(pixels: usize, rows: i32, to: usize, channels: i32): void {
  if (!ASC_FEATURE_RELAXED_SIMD) packPixelRows(2, pixels, to, channels);
  else if (rows == 6) packPixelRows(6, pixels, to, channels);
  else if (rows == 5) packPixelRows(5, pixels, to, channels);
  else packPixelRows(4, pixels, to, channels);
}

// @ts-ignore: decorator
@inline
function packPixelRows(rows: i32, pixels: usize, to: usize, channels: i32): void {
  const p0 = load<usize>(pixels), p1 = load<usize>(pixels, 4), p2 = load<usize>(pixels, 8), p3 = load<usize>(pixels, 12);
  const p4 = load<usize>(pixels, 16), p5 = load<usize>(pixels, 20);
  const whole = <usize>(channels & ~3) * FLOAT;
  let at: usize = 0;
  for (; at < whole; at += VECTOR, to += <usize>rows * VECTOR) {
    const r0 = v128.load(p0 + at), r1 = v128.load(p1 + at);
    let r2 = r0, r3 = r0, r4 = r0, r5 = r0;
    if (rows > 2) r2 = v128.load(p2 + at), r3 = v128.load(p3 + at);
    if (rows > 4) r4 = v128.load(p4 + at);
    if (rows > 5) r5 = v128.load(p5 + at);
    storeTransposed(rows, to, r0, r1, r2, r3, r4, r5);
  }
  for (const end = <usize>channels * FLOAT; at < end; at += FLOAT) {
    for (let row: usize = 0; row < <usize>rows; row++, to += FLOAT) store<f32>(to, load<f32>(load<usize>(pixels + row * 4) + at));
  }
}
