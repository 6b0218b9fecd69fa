/** The last layer and the way out: sums over hidden channels, sums over their parts, then the residual, the activation and y. */
import {activatePanels, highest, kindOf, lowest} from './activation';
import {address, fieldAddress, int} from './call';
import {f32_gemm} from './f32_gemm';
import {ActivationKind, Field, GEMM_PANELS} from './fields';
import {clamp, FLOAT, ROW, roundUp, splat, VECTOR} from './simd';
import {firstHidden, tileColumns, tileRows} from './tile';

/**
 * Adds the product of `depth` hidden channels, from `hidden` on, to the accumulator of the step's outputs. A part's first channels start it: from the
 * bias in the first part, from zero in the others.
 * Shapes: HIDDEN_PANELS `[tiles][HIDDEN_CHUNK][rows]`, ACCUMULATOR `[panels][roundUp(pixels, 4)][8]`.
 */
export function accumulate(call: usize, pixels: i32, hidden: i32, depth: i32): void {
  const a = address(call, Field.HIDDEN_PANELS);
  const stride = int(call, Field.HIDDEN_CHUNK);
  const firstOutput = int(call, Field.STEP_OUTPUT), end = int(call, Field.STEP_OUTPUT_END);
  const hiddenChannels = int(call, Field.HIDDEN_CHANNELS);
  const outStride = roundUp(pixels, 4);
  let weights = address(call, Field.PROJECT_WEIGHTS) + <usize>(firstOutput * hiddenChannels) * FLOAT + <usize>hidden * ROW;
  let start: usize = 0;
  if (hidden == 0) start = address(call, Field.PROJECT_BIAS) + <usize>firstOutput * FLOAT;
  else if (hidden == firstHidden(call)) start = fieldAddress(call, Field.ZEROS);
  let out = address(call, Field.ACCUMULATOR);
  for (let channel = firstOutput; channel < end; channel += 8 * GEMM_PANELS) {
    const panels = min(GEMM_PANELS, (end - channel + 7) >> 3);
    f32_gemm(a, stride, weights, hiddenChannels, start, out, outStride, pixels, depth, panels);
    weights += <usize>(hiddenChannels * GEMM_PANELS) * ROW;
    if (hidden == 0) start += GEMM_PANELS * ROW;
    out += <usize>(outStride * GEMM_PANELS) * ROW;
  }
}

/** Of a tile's sums: `[panels][pixels][8]`. Units: bytes. */
export function sumsBytes(call: usize): usize {
  const pixels = roundUp(tileRows(call) * tileColumns(call), 4);
  return <usize>(pixels * roundUp(int(call, Field.OUT_CHANNELS), 8)) * FLOAT;
}

export function copyRows(from: usize, to: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += VECTOR, to += VECTOR) v128.store(to, v128.load(from));
}

/** Adds what stands at `from` to what stands at `to`. */
export function addRows(from: usize, to: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += VECTOR, to += VECTOR) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
}

/** Writes the tile at hand to y, from its sums: + x, then the activation, which on the way only clamps, and is computed before else. */
export function writeTile(call: usize, sums: usize): void {
  const activation = fieldAddress(call, Field.OUTPUT_ACTIVATION);
  const height = tileRows(call), width = tileColumns(call);
  const panelBytes = <usize>roundUp(height * width, 4) * ROW;
  const clamps = kindOf(activation) == ActivationKind.CLAMP;
  let residual = int(call, Field.RESIDUAL) != 0;
  if (!clamps) {
    const output = int(call, Field.STEP_OUTPUT);
    const panels = (int(call, Field.STEP_OUTPUT_END) - output + 7) >> 3;
    if (residual) addInput(call, sums, panelBytes);
    activatePanels(activation, output, sums, panels, panelBytes);
    residual = false;
  }
  const low = lowest(activation), high = highest(activation);
  for (let r = 0; r < height; r++, sums += <usize>width * ROW) {
    if (residual) writeRow(true, call, r, sums, panelBytes, low, high);
    else writeRow(false, call, r, sums, panelBytes, low, high);
  }
}

/** Where the step's outputs of the tile's row r begin in y, and in x, from there. Units: bytes. */
function rowOffset(call: usize, r: i32): usize {
  const row = int(call, Field.STEP_IMAGE) * int(call, Field.OUT_HEIGHT) + int(call, Field.STEP_ROW) + r;
  const pixel = <usize>row * int(call, Field.OUT_WIDTH) + int(call, Field.STEP_COLUMN);
  return (pixel * int(call, Field.OUT_CHANNELS) + int(call, Field.STEP_OUTPUT)) * FLOAT;
}

/** Adds x to the sums. */
function addInput(call: usize, sums: usize, panelBytes: usize): void {
  const height = tileRows(call), width = tileColumns(call);
  const pixelBytes = <usize>int(call, Field.OUT_CHANNELS) * FLOAT;
  const outputs = <usize>(int(call, Field.STEP_OUTPUT_END) - int(call, Field.STEP_OUTPUT)) * FLOAT;
  for (let r = 0; r < height; r++) {
    let x = address(call, Field.X) + rowOffset(call, r);
    for (let column = 0; column < width; column++, sums += ROW, x += pixelBytes) {
      let to = sums, at: usize = 0;
      for (; at + ROW <= outputs; at += ROW, to += panelBytes) {
        v128.store(to, f32x4.add(v128.load(to), v128.load(x + at)));
        v128.store(to, f32x4.add(v128.load(to, 16), v128.load(x + at, 16)), 16);
      }
      for (; at < outputs; at += FLOAT, to += FLOAT) store<f32>(to, load<f32>(to) + load<f32>(x + at));
    }
  }
}

/** Writes row r of the tile to y, each value kept between low and high. accumulator: the row's first pixel, panels `panelBytes` apart. */
// @ts-ignore: decorator
@inline
function writeRow(
  residual: bool, call: usize, r: i32, accumulator: usize, panelBytes: usize, low: f32, high: f32,
): void {
  const low4 = splat(low), high4 = splat(high);
  const pixelBytes = <usize>int(call, Field.OUT_CHANNELS) * FLOAT;
  const outputs = <usize>(int(call, Field.STEP_OUTPUT_END) - int(call, Field.STEP_OUTPUT)) * FLOAT;
  const offset = rowOffset(call, r);
  let y = address(call, Field.Y) + offset;
  let x = address(call, Field.X) + offset;
  const whole = outputs & ~(ROW - 1);
  for (const end = accumulator + <usize>tileColumns(call) * ROW; accumulator < end; accumulator += ROW) {
    let from = accumulator;
    let at: usize = 0;
    for (; at < whole; at += ROW, from += panelBytes) {
      let v0 = v128.load(from), v1 = v128.load(from, 16);
      if (residual) {
        v0 = f32x4.add(v0, v128.load(x + at));
        v1 = f32x4.add(v1, v128.load(x + at, 16));
      }
      v128.store(y + at, clamp(v0, low4, high4));
      v128.store(y + at, clamp(v1, low4, high4), 16);
    }
    for (; at < outputs; at += FLOAT, from += FLOAT) {
      const value = splat(residual ? load<f32>(from) + load<f32>(x + at) : load<f32>(from));
      v128.store_lane<f32>(y + at, clamp(value, low4, high4), 0);
    }
    y += pixelBytes;
    x += pixelBytes;
  }
}
