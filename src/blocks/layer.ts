/**
 * A linear layer with the affines on both its sides folded in: every weight and bias in float64, rounded once. Of a matrix, which is
 * large, `packParams` does the work while it packs: it gets the factors.
 */
import type {FoldedLayer} from '../../ops/packParams.ts';
import {channel, everywhere, type PerChannel} from '../parts/algebra.ts';
import type {Affine} from '../parts/parts.ts';
import {isIdentity} from '../parts/affine.ts';

interface Affines {
  readonly before: Affine;
  readonly after: Affine;
}

export interface MatrixLayer extends Affines {
  /** Row-major `[inputs, outputs]`, in pieces. */
  readonly matrix: readonly Float32Array[];
  readonly inputs: number;
  readonly outputs: number;
}

/** Returns the layer `after(matrix(before(x)))`. */
export function foldMatrix({matrix, inputs, outputs, before, after}: MatrixLayer): FoldedLayer {
  return {
    weights: matrix,
    inputScale: factors(before.scale, inputs, 1),
    inputShift: factors(before.shift, inputs, 0),
    outputScale: factors(after.scale, outputs, 1),
    bias: factors(after.shift, outputs, 0),
  };
}

/** Returns one factor a channel; undefined where all are `absent`. */
function factors(of: PerChannel, channels: number, absent: number): Float64Array | undefined {
  if (everywhere(of, (v) => v === absent)) return undefined;
  return typeof of === 'number' ? new Float64Array(channels).fill(of) : of;
}

export interface FilterLayer extends Affines {
  /** Row-major `[kh, kw, groupWidth, channels]`. */
  readonly filter: Float32Array;
  readonly channels: number;
  readonly groupWidth: number;
}

/** Returns the layer `after(conv(before(x)))`; the caller has seen to it that a shift before meets no padding. */
export function foldFilter({filter, channels, groupWidth, before, after}: FilterLayer): FoldedLayer {
  if (isIdentity(before))
    return foldMatrix({matrix: [filter], inputs: filter.length / channels, outputs: channels, before, after});
  const weights = new Float32Array(filter.length);
  const sums = new Float64Array(channels);
  for (let at = 0; at < filter.length; at++) {
    const output = at % channels;
    const row = (at - output) / channels;
    // Row r is of input r mod groupWidth of each output's own group.
    const input = output - (output % groupWidth) + (row % groupWidth);
    const shift = channel(before.shift, input);
    weights[at] = filter[at]! * channel(before.scale, input) * channel(after.scale, output);
    if (shift !== 0) sums[output]! += filter[at]! * shift;
  }
  const bias = sums.map((sum, n) => sum * channel(after.scale, n) + channel(after.shift, n));
  return {weights, bias};
}
