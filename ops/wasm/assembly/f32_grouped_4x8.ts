/**
 * Micro-kernel `f32_grouped_4x8`: grouped conv, group width a multiple of 8, any window, stride 1 or 2; 4 pixels × 8 outputs,
 * their sums in 8 vectors.
 *
 * Reads and writes as spatial.ts says, `roundUp(pixels, 4)` pixels of a panel.
 */
import {int} from './call';
import {Field} from './fields';
import {FLOAT, mulAdd, ROW, store4x8} from './simd';

export function f32_grouped_4x8(
  image: usize, out: usize, pixels: i32, taps: i32, slot0: i32, rows: i32, rowBytes: usize, filter: usize, bias: usize,
  call: usize,
): void {
  const panelBytes = <usize>rows * rowBytes;
  const bias0 = v128.load(bias), bias1 = v128.load(bias, 16);
  const kernelBytes = <usize>int(call, Field.KERNEL_WIDTH) * ROW;
  const groupBytes = <usize>(int(call, Field.GROUP_WIDTH) >> 3) * panelBytes;
  const step = <usize>int(call, Field.STRIDE) * ROW;
  let column = image;
  for (let pixel = 0; pixel < pixels; pixel += 4) {
    let c00 = bias0, c01 = bias1, c10 = bias0, c11 = bias1;
    let c20 = bias0, c21 = bias1, c30 = bias0, c31 = bias1;
    let w = filter;
    for (let tap = 0, slot = slot0; tap < taps; tap++) {
      let x = column + <usize>slot * rowBytes;
      for (const last = x + kernelBytes; x < last; x += ROW) {
        for (let panel = x, lastPanel = x + groupBytes; panel < lastPanel; panel += panelBytes) {
          let x0 = panel, x1 = x0 + step, x2 = x1 + step, x3 = x2 + step;
          for (const lastInput = panel + ROW; x0 < lastInput; ) {
            const w0 = v128.load(w), w1 = v128.load(w, 16);
            let value = v128.load_splat<f32>(x0);
            c00 = mulAdd(value, w0, c00);
            c01 = mulAdd(value, w1, c01);
            value = v128.load_splat<f32>(x1);
            c10 = mulAdd(value, w0, c10);
            c11 = mulAdd(value, w1, c11);
            value = v128.load_splat<f32>(x2);
            c20 = mulAdd(value, w0, c20);
            c21 = mulAdd(value, w1, c21);
            value = v128.load_splat<f32>(x3);
            c30 = mulAdd(value, w0, c30);
            c31 = mulAdd(value, w1, c31);
            w += ROW;
            x0 += FLOAT;
            x1 += FLOAT;
            x2 += FLOAT;
            x3 += FLOAT;
          }
        }
      }
      if (++slot == rows) slot = 0;
    }
    store4x8(out, c00, c01, c10, c11, c20, c21, c30, c31);
    column += 4 * step;
    out += 4 * ROW;
  }
}
