/**
 * A linear layer with the affines on both its sides folded in: each weight is read once, scaled in float64 and rounded once.
 * Plain loops over millions of weights: this is most of the time that fusing takes.
 */
import type {LayerWeights} from '../../ops/params.ts';
import {channel, type PerChannel} from '../parts/algebra.ts';
import type {Affine} from '../parts/parts.ts';

export interface LinearLayer {
  /** Row-major: for each input (of each tap) all outputs. */
  readonly weights: Float32Array;
  readonly outputs: number;
  /**
   * In a filter of groups row r is of input `r % groupWidth` of each output's group; in a matrix, which has none, row r is of
   * input r.
   */
  readonly groupWidth?: number;
  readonly before: Affine;
  readonly after: Affine;
}

/** Returns the weights and bias of `after(layer(before(x)))`. */
export function foldLayer({weights, outputs, groupWidth, before, after}: LinearLayer): LayerWeights {
  const folded = new Float32Array(weights.length);
  const bias = new Float64Array(outputs);
  const scale = spread(after.scale, outputs);
  const shift = spread(after.shift, outputs);

  const foldInput = (row: number, input: number, from: number): void => {
    const to = from + (groupWidth ?? outputs);
    const start = row * outputs;
    const inputScale = channel(before.scale, input);
    const inputShift = channel(before.shift, input);
    for (let n = from; n < to; n++) folded[start + n] = weights[start + n]! * inputScale * scale[n]!;
    // A zero shift adds nothing, whatever the weight: 0 · ∞ would add NaN.
    if (inputShift !== 0) for (let n = from; n < to; n++) bias[n]! += weights[start + n]! * inputShift;
  };
  const rows = weights.length / outputs;
  for (let row = 0; row < rows; row++)
    if (groupWidth === undefined) foldInput(row, row, 0);
    else for (let group = 0; group < outputs; group += groupWidth) foldInput(row, group + (row % groupWidth), group);
  return {weights: folded, bias: Float32Array.from(bias, (value, n) => value * scale[n]! + shift[n]!)};
}

function spread(of: PerChannel, channels: number): Float64Array {
  return typeof of === 'number' ? new Float64Array(channels).fill(of) : of;
}
