/**
 * Rows of a matrix into the whole panels of a layer's weights, while a model loads: scaled in float64 and rounded once, to the same
 * bits as packPanelsInJs of ../../packParams.ts.
 *
 * Shapes: `scratch` holds one after the other, as ../packWeights.ts writes them: the scales of the outputs and their sums, to which
 * the inputs' shifts are added, float64 `[outputs]` each; scale and shift of each input, float64 `[inputs][2]`; and the rows,
 * float32 `[inputs][outputs]`. `to` `[outputs/8][depth][8]`, at the first of these inputs.
 */
import {FLOAT, ROW} from './simd';

const DOUBLE: usize = 8;

export function packWeights(scratch: usize, inputs: i32, outputs: i32, to: usize, depth: i32): void {
  const sums = scratch + <usize>outputs * DOUBLE;
  const factors = sums + <usize>outputs * DOUBLE;
  const rows = factors + 2 * <usize>inputs * DOUBLE;
  const rowBytes = <usize>outputs * FLOAT;
  for (let output: usize = 0; output + 8 <= <usize>outputs; output += 8, to += <usize>depth * ROW) {
    const scale = scratch + output * DOUBLE, sum = sums + output * DOUBLE;
    const s0 = v128.load(scale), s1 = v128.load(scale, 16), s2 = v128.load(scale, 32), s3 = v128.load(scale, 48);
    let t0 = v128.load(sum), t1 = v128.load(sum, 16), t2 = v128.load(sum, 32), t3 = v128.load(sum, 48);
    let row = rows + output * FLOAT, packed = to;
    for (let input = factors; input < rows; input += 2 * DOUBLE, row += rowBytes, packed += ROW) {
      const w0 = widen(row), w1 = widen(row + 8), w2 = widen(row + 16), w3 = widen(row + 24);
      const inputScale = v128.load64_splat(input);
      v128.store(packed, narrow(times(w0, inputScale, s0), times(w1, inputScale, s1)));
      v128.store(packed, narrow(times(w2, inputScale, s2), times(w3, inputScale, s3)), 16);
      // A zero shift adds nothing, whatever the weight: 0 · ∞ would add NaN.
      if (load<f64>(input, 8) == 0) continue;
      const shift = v128.load64_splat(input, 8);
      t0 = f64x2.add(t0, f64x2.mul(w0, shift));
      t1 = f64x2.add(t1, f64x2.mul(w1, shift));
      t2 = f64x2.add(t2, f64x2.mul(w2, shift));
      t3 = f64x2.add(t3, f64x2.mul(w3, shift));
    }
    v128.store(sum, t0);
    v128.store(sum, t1, 16);
    v128.store(sum, t2, 32);
    v128.store(sum, t3, 48);
  }
}

// @ts-ignore: decorator
@inline
function widen(two: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(two));
}

// @ts-ignore: decorator
@inline
function times(w: v128, inputScale: v128, outputScale: v128): v128 {
  return f64x2.mul(f64x2.mul(w, inputScale), outputScale);
}

/** Rounds two and two to four floats. */
// @ts-ignore: decorator
@inline
function narrow(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}
