/**
 * Micro-kernels `f32_depthwise_4x8` and `f32_grouped_4x8`: one row of a spatial conv's outputs, 8 channels wide, 4 pixels at a
 * time with their sums in 8 vectors.
 *
 * Reads: the image buffer in panel form `[panels][IMAGE_ROWS][IMAGE_COLUMNS][8]`, input row r in buffer row r mod IMAGE_ROWS,
 * zeros in the columns where the padding is; one filter panel `[kh·kw·groupWidth][8]`; its bias `[8]`. Rows of padding are not
 * in the buffer: their taps are left out of the sum.
 * Writes: `[roundUp(pixels, 4)][8]`: up to 3 pixels more than asked for, so `out` and the image's columns have that slack.
 */
import {address, int} from './call';
import {Field} from './fields';
import {FLOAT, mulAdd, ROW} from './simd';

/**
 * Depthwise.
 * image: the channels' own panel. outRow: of the whole output. channel: the first of 8, of the whole conv.
 */
export function f32_depthwise_4x8(
  call: usize, image: usize, out: usize, outRow: i32, pixels: i32, channel: i32,
): void {
  if (int(call, Field.STRIDE) == 1) row<Depthwise, Stride1>(call, image, out, outRow, pixels, channel);
  else row<Depthwise, Stride2>(call, image, out, outRow, pixels, channel);
}

/** Grouped: image is the first panel of the channels' group; else as above. */
export function f32_grouped_4x8(
  call: usize, image: usize, out: usize, outRow: i32, pixels: i32, channel: i32,
): void {
  if (int(call, Field.STRIDE) == 1) row<Grouped, Stride1>(call, image, out, outRow, pixels, channel);
  else row<Grouped, Stride2>(call, image, out, outRow, pixels, channel);
}

/** Markers that make variants of `row`. */
class Depthwise {}
class Grouped {}
class Stride1 {}
class Stride2 {}

// @ts-ignore: decorator
@inline
function row<Kind, Stride>(
  call: usize, image: usize, out: usize, outRow: i32, pixels: i32, channel: i32,
): void {
  const stride: i32 = idof<Stride>() == idof<Stride2>() ? 2 : 1;
  const kernelHeight = int(call, Field.KERNEL_HEIGHT);
  const kernelWidth = int(call, Field.KERNEL_WIDTH);
  const groupWidth = int(call, Field.GROUP_WIDTH);
  const rows = int(call, Field.IMAGE_ROWS);
  const rowBytes = <usize>int(call, Field.IMAGE_COLUMNS) * ROW;
  const panelBytes = <usize>rows * rowBytes;

  const top = outRow * stride - int(call, Field.PAD_TOP);
  const firstTap = max(0, -top);
  const endTap = min(kernelHeight, int(call, Field.HEIGHT) - top);
  const depth = <usize>(kernelHeight * kernelWidth * groupWidth);
  const filter = address(call, Field.SPATIAL_WEIGHTS) + <usize>channel * depth * FLOAT
    + <usize>(firstTap * kernelWidth * groupWidth) * ROW;
  const bias = address(call, Field.SPATIAL_BIAS) + <usize>channel * FLOAT;
  const bias0 = v128.load(bias), bias1 = v128.load(bias, 16);
  const firstSlot = (top + firstTap) % rows;

  for (let pixel = 0; pixel < pixels; pixel += 4) {
    const column = image + <usize>(pixel * stride) * ROW;
    let c00 = bias0, c01 = bias1, c10 = bias0, c11 = bias1;
    let c20 = bias0, c21 = bias1, c30 = bias0, c31 = bias1;
    let w = filter;
    let slot = firstSlot;
    for (let tap = firstTap; tap < endTap; tap++) {
      let x = column + <usize>slot * rowBytes;
      for (const end = x + <usize>kernelWidth * ROW; x < end; x += ROW) {
        if (idof<Kind>() == idof<Depthwise>()) {
          const w0 = v128.load(w), w1 = v128.load(w, 16);
          if (stride == 1) {
            c00 = mulAdd(v128.load(x), w0, c00);
            c01 = mulAdd(v128.load(x, 16), w1, c01);
            c10 = mulAdd(v128.load(x, 32), w0, c10);
            c11 = mulAdd(v128.load(x, 48), w1, c11);
            c20 = mulAdd(v128.load(x, 64), w0, c20);
            c21 = mulAdd(v128.load(x, 80), w1, c21);
            c30 = mulAdd(v128.load(x, 96), w0, c30);
            c31 = mulAdd(v128.load(x, 112), w1, c31);
          } else {
            c00 = mulAdd(v128.load(x), w0, c00);
            c01 = mulAdd(v128.load(x, 16), w1, c01);
            c10 = mulAdd(v128.load(x, 64), w0, c10);
            c11 = mulAdd(v128.load(x, 80), w1, c11);
            c20 = mulAdd(v128.load(x, 128), w0, c20);
            c21 = mulAdd(v128.load(x, 144), w1, c21);
            c30 = mulAdd(v128.load(x, 192), w0, c30);
            c31 = mulAdd(v128.load(x, 208), w1, c31);
          }
          w += ROW;
        } else {
          for (let panel = x, inputs = groupWidth; inputs > 0; inputs -= 8, panel += panelBytes) {
            for (let a = panel, last = panel + ROW; a < last; a += FLOAT) {
              const w0 = v128.load(w), w1 = v128.load(w, 16);
              let value = v128.load_splat<f32>(a);
              c00 = mulAdd(value, w0, c00);
              c01 = mulAdd(value, w1, c01);
              value = stride == 1 ? v128.load_splat<f32>(a, 32) : v128.load_splat<f32>(a, 64);
              c10 = mulAdd(value, w0, c10);
              c11 = mulAdd(value, w1, c11);
              value = stride == 1 ? v128.load_splat<f32>(a, 64) : v128.load_splat<f32>(a, 128);
              c20 = mulAdd(value, w0, c20);
              c21 = mulAdd(value, w1, c21);
              value = stride == 1 ? v128.load_splat<f32>(a, 96) : v128.load_splat<f32>(a, 192);
              c30 = mulAdd(value, w0, c30);
              c31 = mulAdd(value, w1, c31);
              w += ROW;
            }
          }
        }
      }
      if (++slot == rows) slot = 0;
    }
    v128.store(out, c00);
    v128.store(out, c01, 16);
    v128.store(out, c10, 32);
    v128.store(out, c11, 48);
    v128.store(out, c20, 64);
    v128.store(out, c21, 80);
    v128.store(out, c30, 96);
    v128.store(out, c31, 112);
    out += 4 * ROW;
  }
}
