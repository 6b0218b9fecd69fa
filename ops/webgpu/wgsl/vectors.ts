/** Vectors of four channels in the shaders' text: their element type, and the channels that a last lane lacks. */
import {type Precision, roundUp} from '../../params.ts';
import {LANE} from '../planner/variant.ts';

/** Returns the element type of params and of workgroup memory. */
export function elementType(precision: Precision): 'f32' | 'f16' {
  return precision === 'float16' ? 'f16' : 'f32';
}

/**
 * Returns an expression of a vector's `value`, zero in the channels that the lane has beyond the tensor's: where one is NaN, as
 * infinity times a weight of zero is, it would reach every output of the next layer. `lane` is an expression, and lanes go up to
 * channel `reach`: by default to the last lane that the tensor has.
 */
export function existing(channels: number, lane: string, value: string, reach = roundUp(channels, LANE)): string {
  if (reach <= channels) return value;
  return `select(vec4<f32>(), ${value}, ${LANE}u * (${lane}) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${channels}u))`;
}
