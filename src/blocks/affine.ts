/** Affines, composed and folded into the layers beside them: in float64, rounded once at the end. */
import type {LayerWeights} from '../../ops/params.ts';
import {channel, everywhere, type PerChannel, perChannel} from '../parts/algebra.ts';
import type {Affine} from '../parts/parts.ts';

export const IDENTITY: Affine = {kind: 'affine', scale: 1, shift: 0};

/** Returns `last(first(x))`. */
export function compose(last: Affine, first: Affine): Affine {
  const scaled = perChannel((a, b) => a * b, last.scale, first.shift);
  return {
    kind: 'affine',
    scale: perChannel((a, b) => a * b, last.scale, first.scale),
    shift: perChannel((a, b) => a + b, scaled, last.shift),
  };
}

export function isIdentity({scale, shift}: Affine): boolean {
  return isUnscaled({scale}) && isUnshifted({shift});
}

export function isUnscaled({scale}: Pick<Affine, 'scale'>): boolean {
  return everywhere(scale, (v) => v === 1);
}

export function isUnshifted({shift}: Pick<Affine, 'shift'>): boolean {
  return everywhere(shift, (v) => v === 0);
}

/** A linear layer: `outputs` sums of rows of weights, row-major, and what they start from. */
export interface Layer {
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** Returns a layer with these weights and no bias. */
export function linearLayer(weights: ArrayLike<number>, outputs: number): Layer {
  return {weights: Float64Array.from(weights), bias: new Float64Array(outputs)};
}

/** Returns the layer with an affine on its outputs. */
export function withAffineAfter({weights, bias}: Layer, {scale, shift}: Affine): Layer {
  const outputs = bias.length;
  return {
    weights: weights.map((w, i) => w * channel(scale, i % outputs)),
    bias: bias.map((b, n) => b * channel(scale, n) + channel(shift, n)),
  };
}

/**
 * Returns the layer with an affine on its inputs. `inputOf` says which input channel the weight of a row and an output reads.
 */
export function withAffineBefore(
  {weights, bias}: Layer,
  {scale, shift}: Affine,
  inputOf: (row: number, output: number) => number,
): Layer {
  const outputs = bias.length;
  const input = (i: number): number => inputOf(Math.floor(i / outputs), i % outputs);
  const sums = bias.slice();
  weights.forEach((w, i) => {
    const b = channel(shift, input(i));
    // A zero shift adds nothing, whatever the weight: 0 · ∞ would add NaN.
    if (b !== 0) sums[i % outputs]! += w * b;
  });
  return {weights: weights.map((w, i) => w * channel(scale, input(i))), bias: sums};
}

/** Returns the layer in float32. */
export function rounded({weights, bias}: Layer): LayerWeights {
  return {weights: Float32Array.from(weights), bias: Float32Array.from(bias)};
}

/** Returns the affine that adds `shift`. */
export function shiftBy(shift: PerChannel): Affine {
  return {kind: 'affine', scale: 1, shift};
}
