/** The last layer and the way out: sums over hidden channels, sums over their parts, then the residual and y. */
import {address, fieldAddress, int} from './call';
import {f32_gemm} from './f32_gemm';
import {Field, GEMM_PANELS} from './fields';
import {FLOAT, ROW, roundUp, VECTOR} from './simd';
import {firstHidden, tileColumns, tileRows} from './tile';

/**
 * Adds the product of `depth` hidden channels, from `hidden` on, to the accumulator. A part's first channels start it: from the
 * bias in the first part, from zero in the others.
 * Shapes: HIDDEN_PANELS `[tiles][HIDDEN_CHUNK][rows]`, ACCUMULATOR `[panels][roundUp(pixels, 4)][8]`.
 */
export function accumulate(call: usize, pixels: i32, hidden: i32, depth: i32): void {
  const a = address(call, Field.HIDDEN_PANELS);
  const stride = int(call, Field.HIDDEN_CHUNK);
  const outChannels = int(call, Field.OUT_CHANNELS);
  const hiddenChannels = int(call, Field.HIDDEN_CHANNELS);
  const outStride = roundUp(pixels, 4);
  let weights = address(call, Field.PROJECT_WEIGHTS) + <usize>hidden * ROW;
  let start: usize = 0;
  if (hidden == 0) start = address(call, Field.PROJECT_BIAS);
  else if (hidden == firstHidden(call)) start = fieldAddress(call, Field.ZEROS);
  let out = address(call, Field.ACCUMULATOR);
  for (let channel = 0; channel < outChannels; channel += 8 * GEMM_PANELS) {
    const panels = min(GEMM_PANELS, (outChannels - channel + 7) >> 3);
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

/** Writes the tile at hand to y, from its sums. */
export function writeTile(call: usize, sums: usize): void {
  const height = tileRows(call), width = tileColumns(call);
  const image = int(call, Field.STEP_IMAGE), row = int(call, Field.STEP_ROW), column = int(call, Field.STEP_COLUMN);
  const panelBytes = <usize>roundUp(height * width, 4) * ROW;
  for (let r = 0; r < height; r++, sums += <usize>width * ROW) {
    writeRow(call, image, row + r, column, width, sums, panelBytes);
  }
}

/** Writes one row of a tile, `columns` pixels, to y. accumulator: the row's first pixel, panels `panelBytes` apart. */
function writeRow(call: usize, image: i32, row: i32, column: i32, columns: i32, accumulator: usize, panelBytes: usize): void {
  const outChannels = int(call, Field.OUT_CHANNELS);
  const pixelBytes = <usize>outChannels * FLOAT;
  const offset = (<usize>(image * int(call, Field.OUT_HEIGHT) + row) * int(call, Field.OUT_WIDTH) + column) * pixelBytes;
  const residual = int(call, Field.RESIDUAL) != 0;
  let y = address(call, Field.Y) + offset;
  let x = address(call, Field.X) + offset;
  const whole = <usize>(outChannels & ~7) * FLOAT;
  for (const end = accumulator + <usize>columns * ROW; accumulator < end; accumulator += ROW) {
    let from = accumulator;
    let at: usize = 0;
    for (; at < whole; at += ROW, from += panelBytes) {
      let v0 = v128.load(from), v1 = v128.load(from, 16);
      if (residual) {
        v0 = f32x4.add(v0, v128.load(x + at));
        v1 = f32x4.add(v1, v128.load(x + at, 16));
      }
      v128.store(y + at, v0);
      v128.store(y + at, v1, 16);
    }
    for (; at < pixelBytes; at += FLOAT, from += FLOAT) {
      const value = load<f32>(from);
      store<f32>(y + at, residual ? value + load<f32>(x + at) : value);
    }
    y += pixelBytes;
    x += pixelBytes;
  }
}
