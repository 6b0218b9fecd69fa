/** The epilogue of a product: bias and activation; of a pass's last product also the residual, and the store. */
import {type ChannelForm, lanesOf, type PointwiseLayer} from '../planner/variant.ts';
import {activationName} from './activations.ts';
import {existing} from './vectors.ts';

/** Returns the expression of a layer's outputs at `lane`, from their `sum`. */
export function activatedSum({activation, bias}: PointwiseLayer): string {
  return `${activationName(activation)}(sum + vec4<f32>(params[${bias}u + lane]))`;
}

export interface FinishParts {
  readonly layer: PointwiseLayer;
  readonly output: ChannelForm;
  /** Whether `x` is added. */
  readonly residual: boolean;
}

/**
 * Returns the function `finish(pixel, lane, sum)`, which stores an output. Pixels and lanes beyond the last, which an invocation
 * may own, it drops.
 */
export function finishText({layer, output, residual}: FinishParts): string {
  const activated = activatedSum(layer);
  const value = output.form === 'padded' ? existing(layer.outputs, 'lane', activated) : activated;
  return `fn finish(pixel: u32, lane: u32, sum: vec4<f32>) {
  if (pixel < uniforms.pixels && lane < ${lanesOf(layer.outputs)}u) {
    store(pixel, lane, ${value}${residual ? ' + load_x(pixel, lane)' : ''});
  }
}`;
}
