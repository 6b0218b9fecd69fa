/** The epilogue of a product, whose sums have the bias: activation; of a pass's last product also the residual, and the store. */
import {type ChannelForm, lanesOf, type PointwiseLayer} from '../planner/variant.ts';
import {activationName} from './activations.ts';
import {existing} from './vectors.ts';

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
  const activated = `${activationName(layer.activation)}(sum)`;
  const value = output.form === 'padded' ? existing(layer.outputs, 'lane', activated) : activated;
  return `fn finish(pixel: u32, lane: u32, sum: vec4<f32>) {
  if (pixel < uniforms.pixels && lane < ${lanesOf(layer.outputs)}u) {
    store(pixel, lane, ${value}${residual ? ' + load_x(pixel, lane)' : ''});
  }
}`;
}
