/**
 * Micro-kernel `f32_depthwise_4x8`: depthwise, any window, stride 1 or 2; 4 pixels × 8 channels, their sums in 8 vectors.
 *
 * Reads and writes as spatial.ts says, `roundUp(pixels, 4)` pixels of a panel.
 */
import {int} from './call';
import {Field} from './fields';
import {mulAdd, ROW, store4x8} from './simd';

export function f32_depthwise_4x8(
  image: usize, out: usize, pixels: i32, taps: i32, slot0: i32, rows: i32, rowBytes: usize, filter: usize, bias: usize,
  call: usize,
): void {
  const bias0 = v128.load(bias), bias1 = v128.load(bias, 16);
  const kernelBytes = <usize>int(call, Field.KERNEL_WIDTH) * ROW;
  const step = <usize>int(call, Field.STRIDE) * ROW;
  let column = image;
  for (let pixel = 0; pixel < pixels; pixel += 4) {
    let c00 = bias0, c01 = bias1, c10 = bias0, c11 = bias1;
    let c20 = bias0, c21 = bias1, c30 = bias0, c31 = bias1;
    let w = filter;
    for (let tap = 0, slot = slot0; tap < taps; tap++) {
      let x0 = column + <usize>slot * rowBytes;
      for (const last = x0 + kernelBytes; x0 < last; x0 += ROW) {
        const x1 = x0 + step, x2 = x1 + step, x3 = x2 + step;
        const w0 = v128.load(w), w1 = v128.load(w, 16);
        c00 = mulAdd(v128.load(x0), w0, c00);
        c01 = mulAdd(v128.load(x0, 16), w1, c01);
        c10 = mulAdd(v128.load(x1), w0, c10);
        c11 = mulAdd(v128.load(x1, 16), w1, c11);
        c20 = mulAdd(v128.load(x2), w0, c20);
        c21 = mulAdd(v128.load(x2, 16), w1, c21);
        c30 = mulAdd(v128.load(x3), w0, c30);
        c31 = mulAdd(v128.load(x3, 16), w1, c31);
        w += ROW;
      }
      if (++slot == rows) slot = 0;
    }
    store4x8(out, c00, c01, c10, c11, c20, c21, c30, c31);
    column += 4 * step;
    out += 4 * ROW;
  }
}
