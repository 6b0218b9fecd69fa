/**
 * A linear layer while affines are folded into it: in float64, rounded once at the end. Plain loops over millions of weights:
 * this is most of the time that fusing takes.
 */
import type {LayerWeights} from '../../ops/params.ts';
import {channel, type PerChannel} from '../parts/algebra.ts';
import type {Affine} from '../parts/parts.ts';
import {isIdentity} from './affine.ts';

export class LinearLayer {
  /** Row-major: for each input (of each tap) all outputs. */
  private readonly weights: Float64Array;
  private readonly bias: Float64Array;

  constructor(
    weights: Float32Array,
    private readonly outputs: number,
  ) {
    this.weights = new Float64Array(weights);
    this.bias = new Float64Array(outputs);
  }

  /** Takes in an affine on the outputs. */
  foldAfter(affine: Affine): this {
    if (isIdentity(affine)) return this;
    const {weights, bias, outputs} = this;
    const scale = spread(affine.scale, outputs);
    const shift = spread(affine.shift, outputs);
    for (let start = 0; start < weights.length; start += outputs)
      for (let n = 0; n < outputs; n++) weights[start + n]! *= scale[n]!;
    for (let n = 0; n < outputs; n++) bias[n] = bias[n]! * scale[n]! + shift[n]!;
    return this;
  }

  /** Takes in an affine on the inputs of a matrix: row r is of input r. */
  foldBefore(affine: Affine): this {
    if (isIdentity(affine)) return this;
    const {weights, outputs} = this;
    for (let start = 0, input = 0; start < weights.length; start += outputs, input++)
      this.foldInput(start, start + outputs, {
        scale: channel(affine.scale, input),
        shift: channel(affine.shift, input),
      });
    return this;
  }

  /** The same for a filter of groups: row r is of input `r % groupWidth` of each output's group. */
  foldBeforeGroups(affine: Affine, groupWidth: number): this {
    if (isIdentity(affine)) return this;
    const {weights, outputs} = this;
    for (let start = 0, row = 0; start < weights.length; start += outputs, row++)
      for (let group = 0; group < outputs; group += groupWidth) {
        const input = group + (row % groupWidth);
        const [from, to] = [start + group, start + group + groupWidth];
        this.foldInput(from, to, {scale: channel(affine.scale, input), shift: channel(affine.shift, input)});
      }
    return this;
  }

  private foldInput(from: number, to: number, {scale, shift}: {scale: number; shift: number}): void {
    const {weights, bias, outputs} = this;
    // A zero shift adds nothing, whatever the weight: 0 · ∞ would add NaN.
    if (shift !== 0) for (let i = from; i < to; i++) bias[i % outputs]! += weights[i]! * shift;
    for (let i = from; i < to; i++) weights[i]! *= scale;
  }

  /** The layer in float32. */
  rounded(): LayerWeights {
    return {weights: new Float32Array(this.weights), bias: new Float32Array(this.bias)};
  }
}

function spread(of: PerChannel, channels: number): Float64Array {
  return typeof of === 'number' ? new Float64Array(channels).fill(of) : of;
}
