/** The epilogue of a pass's last product, whose sums have the bias: residual, activation, store. */
import {type ChannelForm, lanesOf, type PointwiseLayer} from '../planner/variant.ts';
import {activated} from './activations.ts';
import {existing} from './vectors.ts';

export interface FinishParts {
  readonly layer: PointwiseLayer;
  readonly output: ChannelForm;
  /** Whether `x` is added. */
  readonly residual: boolean;
  /** Whether it returns the squares of what it stores, zeros where it drops a value. */
  readonly squares?: boolean;
}

/**
 * Returns the function `finish(pixel, lane, sum)`, which stores an output. Pixels and lanes beyond the last, which an invocation
 * may own, it drops.
 */
export function finishText({layer, output, residual, squares = false}: FinishParts): string {
  const whole = activated(layer, residual ? 'sum + load_x(pixel, lane)' : 'sum', 'lane');
  const value = output.form === 'padded' ? existing(layer.outputs, 'lane', whole) : whole;
  const exists = `pixel < uniforms.pixels && lane < ${lanesOf(layer.outputs)}u`;
  if (squares)
    return `fn finish(pixel: u32, lane: u32, sum: vec4<f32>) -> vec4<f32> {
  var value = vec4<f32>();
  if (${exists}) {
    value = ${value};
    store(pixel, lane, value);
  }
  return value * value;
}`;
  return `fn finish(pixel: u32, lane: u32, sum: vec4<f32>) {
  if (${exists}) {
    store(pixel, lane, ${value});
  }
}`;
}
