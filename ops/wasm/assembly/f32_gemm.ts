/**
 * Micro-kernel `f32_gemm`: matrix products, tile by tile (tiling.ts), the sums over `depth` inputs held in vectors.
 *
 * Reads: a, packed pixels `[tiles][aStride][rows]`, of which `depth` inputs are used; b, one or two panels `[depth][8]`, bStride rows
 * apart.
 * Writes: out, panel form `[panels][outStride][8]`, `pixels` of them and what the last tiles have beyond; it starts from the bias, or,
 * when `bias` is 0, from what `out` holds.
 */
import {mulAdd, ROW, store4x8} from './simd';
import {rowsOf, tilesOf} from './tiling';

/** Shapes: a `[tiles][aStride][rows]`, b `[panels][bStride][8]`, bias `[panels][8]` or address 0, out `[panels][outStride][8]`. */
export function f32_gemm(
  a: usize, aStride: i32, b: usize, bStride: i32, bias: usize, out: usize, outStride: i32, pixels: i32, depth: i32, panels: i32,
): void {
  const bPanel = <usize>bStride * ROW, outPanel = <usize>outStride * ROW;
  let from = bias == 0 ? out : bias;
  const rowStep: usize = bias == 0 ? ROW : 0;
  const fromPanel = bias == 0 ? outPanel : ROW;
  let end = b + <usize>depth * ROW;
  if (ASC_FEATURE_RELAXED_SIMD) {
    for (let panel = 0; panel < panels; panel++) {
      sixByOne(a, aStride, b, end, from, rowStep, out, pixels);
      b += bPanel;
      end += bPanel;
      from += fromPanel;
      out += outPanel;
    }
  } else if (panels == 2) twoByTwo(a, aStride, b, bPanel, end, from, rowStep, fromPanel, out, outPanel, pixels);
  else fourByOne(a, aStride, b, end, from, rowStep, out, pixels);
}

/** 6, 5 or 4 pixels × 8 outputs. */
function sixByOne(
  a: usize, aStride: i32, b: usize, end: usize, from: usize, rowStep: usize, out: usize, pixels: i32,
): void {
  const tiles = tilesOf(pixels);
  for (let tile = 0; tile < tiles; tile++) {
    const rows = rowsOf(tile, tiles, pixels);
    if (rows == 6) multiplyRows(6, a, b, end, from, rowStep, out);
    else if (rows == 5) multiplyRows(5, a, b, end, from, rowStep, out);
    else multiplyRows(4, a, b, end, from, rowStep, out);
    a += <usize>(rows * aStride) << 2;
    out += <usize>rows * ROW;
    from += <usize>rows * rowStep;
  }
}

// @ts-ignore: decorator
@inline
function multiplyRows(rows: i32, a: usize, b: usize, end: usize, from: usize, step: usize, out: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += step;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += step;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += step;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  let c40 = c00, c41 = c01, c50 = c00, c51 = c01;
  if (rows > 4) {
    from += step;
    c40 = v128.load(from);
    c41 = v128.load(from, 16);
  }
  if (rows > 5) {
    from += step;
    c50 = v128.load(from);
    c51 = v128.load(from, 16);
  }
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
    if (rows > 4) {
      pixel = v128.load_splat<f32>(a, 16);
      c40 = mulAdd(pixel, b0, c40);
      c41 = mulAdd(pixel, b1, c41);
    }
    if (rows > 5) {
      pixel = v128.load_splat<f32>(a, 20);
      c50 = mulAdd(pixel, b0, c50);
      c51 = mulAdd(pixel, b1, c51);
    }
    a += <usize>rows << 2;
    b += ROW;
  }
  store4x8(out, c00, c01, c10, c11, c20, c21, c30, c31);
  if (rows > 4) {
    v128.store(out, c40, 128);
    v128.store(out, c41, 144);
  }
  if (rows > 5) {
    v128.store(out, c50, 160);
    v128.store(out, c51, 176);
  }
}

/** 2 pixels × 16 outputs, of two panels. */
function twoByTwo(
  a: usize, aStride: i32, b: usize, bPanel: usize, end: usize, from: usize, rowStep: usize, fromPanel: usize, out: usize,
  outPanel: usize, pixels: i32,
): void {
  const aStep = <usize>aStride * 2 * sizeof<f32>();
  for (const last = out + <usize>pixels * ROW; out < last; out += 2 * ROW, a += aStep) {
    let start = from;
    let c00 = v128.load(start), c01 = v128.load(start, 16);
    let c10 = v128.load(start + rowStep), c11 = v128.load(start + rowStep, 16);
    start += fromPanel;
    let c02 = v128.load(start), c03 = v128.load(start, 16);
    let c12 = v128.load(start + rowStep), c13 = v128.load(start + rowStep, 16);
    for (let at = b, other = b + bPanel, value = a; at < end; at += ROW, other += ROW, value += 8) {
      const b0 = v128.load(at), b1 = v128.load(at, 16);
      const b2 = v128.load(other), b3 = v128.load(other, 16);
      let pixel = v128.load_splat<f32>(value);
      c00 = mulAdd(pixel, b0, c00);
      c01 = mulAdd(pixel, b1, c01);
      c02 = mulAdd(pixel, b2, c02);
      c03 = mulAdd(pixel, b3, c03);
      pixel = v128.load_splat<f32>(value, 4);
      c10 = mulAdd(pixel, b0, c10);
      c11 = mulAdd(pixel, b1, c11);
      c12 = mulAdd(pixel, b2, c12);
      c13 = mulAdd(pixel, b3, c13);
    }
    v128.store(out, c00);
    v128.store(out, c01, 16);
    v128.store(out, c10, 32);
    v128.store(out, c11, 48);
    const to = out + outPanel;
    v128.store(to, c02);
    v128.store(to, c03, 16);
    v128.store(to, c12, 32);
    v128.store(to, c13, 48);
    from += 2 * rowStep;
  }
}

/** 4 pixels, which are two tiles, × 8 outputs. */
function fourByOne(
  a: usize, aStride: i32, b: usize, end: usize, from: usize, rowStep: usize, out: usize, pixels: i32,
): void {
  const tileBytes = <usize>aStride * 2 * sizeof<f32>();
  for (const last = out + <usize>pixels * ROW; out < last; out += 4 * ROW, a += 2 * tileBytes) {
    let c00 = v128.load(from), c01 = v128.load(from, 16);
    from += rowStep;
    let c10 = v128.load(from), c11 = v128.load(from, 16);
    from += rowStep;
    let c20 = v128.load(from), c21 = v128.load(from, 16);
    from += rowStep;
    let c30 = v128.load(from), c31 = v128.load(from, 16);
    from += rowStep;
    for (let at = b, value = a, other = a + tileBytes; at < end; at += ROW, value += 8, other += 8) {
      const b0 = v128.load(at), b1 = v128.load(at, 16);
      let pixel = v128.load_splat<f32>(value);
      c00 = mulAdd(pixel, b0, c00);
      c01 = mulAdd(pixel, b1, c01);
      pixel = v128.load_splat<f32>(value, 4);
      c10 = mulAdd(pixel, b0, c10);
      c11 = mulAdd(pixel, b1, c11);
      pixel = v128.load_splat<f32>(other);
      c20 = mulAdd(pixel, b0, c20);
      c21 = mulAdd(pixel, b1, c21);
      pixel = v128.load_splat<f32>(other, 4);
      c30 = mulAdd(pixel, b0, c30);
      c31 = mulAdd(pixel, b1, c31);
    }
    store4x8(out, c00, c01, c10, c11, c20, c21, c30, c31);
  }
}
