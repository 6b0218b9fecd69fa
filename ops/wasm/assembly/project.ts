/** The last layer and the way out: accumulate over hidden channels, then add the residual and write y. */
import {address, int} from './call';
import {f32_gemm_4x8_panel} from './f32_gemm_4x8';
import {Field} from './fields';
import {FLOAT, ROW, roundUp} from './simd';

/**
 * Adds the product of `depth` hidden channels, from `hidden` on, to the accumulator; the first time it starts from the bias.
 * Shapes: HIDDEN_PANELS `[pixels/4][HIDDEN_CHUNK][4]`, ACCUMULATOR `[panels][pixels][8]`.
 */
export function accumulate(call: usize, pixels: i32, hidden: i32, depth: i32): void {
  const a = address(call, Field.HIDDEN_PANELS);
  const stride = int(call, Field.HIDDEN_CHUNK);
  const outChannels = int(call, Field.OUT_CHANNELS);
  const panelBytes = <usize>int(call, Field.HIDDEN_CHANNELS) * ROW;
  let weights = address(call, Field.PROJECT_WEIGHTS) + <usize>hidden * ROW;
  let bias = address(call, Field.PROJECT_BIAS);
  let out = address(call, Field.ACCUMULATOR);
  for (let channel = 0; channel < outChannels; channel += 8) {
    f32_gemm_4x8_panel(a, stride, weights, hidden == 0 ? bias : 0, out, pixels, depth);
    weights += panelBytes;
    bias += ROW;
    out += <usize>pixels * ROW;
  }
}

/** Writes a tile of height × width pixels, at row and column of the output, from the accumulator to y. */
export function writeTile(call: usize, image: i32, row: i32, column: i32, height: i32, width: i32): void {
  const panelBytes = <usize>roundUp(height * width, 4) * ROW;
  let accumulator = address(call, Field.ACCUMULATOR);
  for (let r = 0; r < height; r++, accumulator += <usize>width * ROW) {
    writeRow(call, image, row + r, column, width, accumulator, panelBytes);
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
