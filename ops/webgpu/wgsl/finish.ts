/** What becomes of an output's sum at last: bias, activation, residual, and into its place. */
import {lanesOf, type PointwiseLayer} from '../variant.ts';
import {activationName} from './activations.ts';

/**
 * Returns the function `finish(pixel, lane, sum)`, which stores an output. An invocation may own pixels beyond the last and
 * lanes beyond the layer's: these it drops. The residual is `x`.
 */
export function finishText(layer: PointwiseLayer, residual: boolean): string {
  const value = `${activationName(layer.activation)}(sum + vec4<f32>(params[${layer.bias}u + lane]))`;
  return `fn finish(pixel: u32, lane: u32, sum: vec4<f32>) {
  if (pixel < uniforms.pixels && lane < ${lanesOf(layer.outputs)}u) {
    store(pixel, lane, ${value}${residual ? ' + load_x(pixel, lane)' : ''});
  }
}`;
}
