/** What becomes of a product's sums: bias and activation; at last the residual, and into their place. */
import {type ChannelForm, lanesOf, type PointwiseLayer} from '../planner/variant.ts';
import {activationName} from './activations.ts';
import {existing} from './module.ts';

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
 * Returns the function `finish(pixel, lane, sum)`, which stores an output. An invocation may own pixels beyond the last and
 * lanes beyond the layer's: these it drops.
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
