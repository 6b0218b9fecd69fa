/** Vectors of four channels in the shaders' text: their element type, and the channels that a last lane lacks. */
import type {Precision} from '../../params.ts';
import {LANE} from '../planner/variant.ts';

/** Returns the element type of params and of workgroup memory. */
export function elementType(precision: Precision): 'f32' | 'f16' {
  return precision === 'float16' ? 'f16' : 'f32';
}

/**
 * Returns an expression of a vector's `value`, zero in the channels that the last lane has beyond the tensor's: a LayerNorm must
 * not count them, and where one is NaN, as infinity times a weight of zero is, it would reach every output of the next layer.
 * `lane` is an expression.
 */
export function existing(channels: number, lane: string, value: string): string {
  if (channels % LANE === 0) return value;
  return `select(vec4<f32>(), ${value}, ${LANE}u * (${lane}) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${channels}u))`;
}
