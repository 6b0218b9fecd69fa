/**
 * Micro-kernel `f32_depthwise_k5_4x4`: depthwise, window 5 wide; 4 pixels × 4 channels, their sums in 4 vectors, the window's 5
 * weights in 5 more. Each input pixel is loaded once a row of the window, for all the outputs that it adds to.
 *
 * Reads and writes as window.ts says, `roundUp(pixels, 4)` pixels of a panel; both halves of the panel, one after the other.
 */
import {biasOf, endTap, filterOf, firstSlot, firstTap, imageRowBytes, imageRows} from './window';
import {mulAdd, ROW, VECTOR} from './simd';

export function f32_depthwise_k5_4x4(
  call: usize, image: usize, out: usize, outRow: i32, pixels: i32, channel: i32,
): void {
  const rows = imageRows(call);
  const rowBytes = imageRowBytes(call);
  const first = firstTap(call, outRow), end = endTap(call, outRow);
  const slot0 = firstSlot(call, outRow);
  const filter = filterOf(call, channel, first);
  for (let half: usize = 0; half < ROW; half += VECTOR) {
    const bias = v128.load(biasOf(call, channel) + half);
    let column = image + half;
    let to = out + half;
    for (let pixel = 0; pixel < pixels; pixel += 4) {
      let c0 = bias, c1 = bias, c2 = bias, c3 = bias;
      let w = filter + half;
      for (let tap = first, slot = slot0; tap < end; tap++) {
        const at = column + <usize>slot * rowBytes;
        const w0 = v128.load(w), w1 = v128.load(w, 32), w2 = v128.load(w, 64);
        const w3 = v128.load(w, 96), w4 = v128.load(w, 128);
        let x: v128;
        x = v128.load(at);
        c0 = mulAdd(x, w0, c0);
        x = v128.load(at, 32);
        c0 = mulAdd(x, w1, c0); c1 = mulAdd(x, w0, c1);
        x = v128.load(at, 64);
        c0 = mulAdd(x, w2, c0); c1 = mulAdd(x, w1, c1); c2 = mulAdd(x, w0, c2);
        x = v128.load(at, 96);
        c0 = mulAdd(x, w3, c0); c1 = mulAdd(x, w2, c1); c2 = mulAdd(x, w1, c2); c3 = mulAdd(x, w0, c3);
        x = v128.load(at, 128);
        c0 = mulAdd(x, w4, c0); c1 = mulAdd(x, w3, c1); c2 = mulAdd(x, w2, c2); c3 = mulAdd(x, w1, c3);
        x = v128.load(at, 160);
        c1 = mulAdd(x, w4, c1); c2 = mulAdd(x, w3, c2); c3 = mulAdd(x, w2, c3);
        x = v128.load(at, 192);
        c2 = mulAdd(x, w4, c2); c3 = mulAdd(x, w3, c3);
        x = v128.load(at, 224);
        c3 = mulAdd(x, w4, c3);
        w += 5 * ROW;
        if (++slot == rows) slot = 0;
      }
      v128.store(to, c0);
      v128.store(to, c1, 32);
      v128.store(to, c2, 64);
      v128.store(to, c3, 96);
      column += 4 * ROW;
      to += 4 * ROW;
    }
  }
}
