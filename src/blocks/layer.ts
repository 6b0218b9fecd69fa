/**
 * A linear layer with the affines on both its sides folded in: every weight and bias in float64, rounded once. A matrix has its
 * factors go along to `packParams`, which multiplies as it packs: it is large. What the layer makes of the shift before it
 * becomes part of its bias.
 */
import type {ScaledLayerWeights} from '../../ops/params.ts';
import {channel, type PerChannel} from '../parts/algebra.ts';
import type {Affine} from '../parts/parts.ts';

interface Affines {
  readonly before: Affine;
  readonly after: Affine;
}

export interface MatrixLayer extends Affines {
  /** Row-major `[inputs, outputs]`. */
  readonly weights: Float32Array;
  readonly outputs: number;
}

/** Returns the weights and bias of `after(matrix(before(x)))`. */
export function foldMatrix({weights, outputs, before, after}: MatrixLayer): ScaledLayerWeights {
  const inputs = weights.length / outputs;
  const sums = new Float64Array(outputs);
  for (let input = 0; input < inputs; input++) {
    const shift = channel(before.shift, input);
    // A zero shift adds nothing, whatever the weight: 0 · ∞ would add NaN.
    if (shift === 0) continue;
    const row = input * outputs;
    for (let n = 0; n < outputs; n++) sums[n]! += weights[row + n]! * shift;
  }
  const inputScale = spread(before.scale, inputs);
  return {weights, inputScale, outputScale: spread(after.scale, outputs), bias: biasAfter(sums, after)};
}

export interface FilterLayer extends Affines {
  /** Row-major `[kh, kw, groupWidth, channels]`. */
  readonly filter: Float32Array;
  readonly channels: number;
  readonly groupWidth: number;
}

/** Returns the weights and bias of `after(conv(before(x)))`; the caller has seen to it that a shift before meets no padding. */
export function foldFilter({filter, channels, groupWidth, before, after}: FilterLayer): ScaledLayerWeights {
  const weights = new Float32Array(filter.length);
  const sums = new Float64Array(channels);
  const outputScale = spread(after.scale, channels);
  for (let at = 0; at < filter.length; at++) {
    const output = at % channels;
    const row = (at - output) / channels;
    // Row r is of input r mod groupWidth of each output's own group.
    const input = output - (output % groupWidth) + (row % groupWidth);
    const shift = channel(before.shift, input);
    weights[at] = filter[at]! * channel(before.scale, input) * outputScale[output]!;
    if (shift !== 0) sums[output]! += filter[at]! * shift;
  }
  return {weights, bias: biasAfter(sums, after)};
}

/** Returns the bias of a layer after an affine, where before it was `sums`. */
function biasAfter(sums: Float64Array, {scale, shift}: Affine): Float32Array {
  return Float32Array.from(sums, (value, n) => value * channel(scale, n) + channel(shift, n));
}

function spread(of: PerChannel, channels: number): Float64Array {
  return typeof of === 'number' ? new Float64Array(channels).fill(of) : of;
}
