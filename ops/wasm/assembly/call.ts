/** Typed reads and writes of a call's record (fields.ts). */
import {Field} from './fields';

/** A size, flag or choice. */
// @ts-ignore: decorator
@inline
export function int(call: usize, field: Field): i32 {
  return load<i32>(call + (<usize>field << 2));
}

// @ts-ignore: decorator
@inline
export function setInt(call: usize, field: Field, value: i32): void {
  store<i32>(call + (<usize>field << 2), value);
}

/** An address. */
// @ts-ignore: decorator
@inline
export function address(call: usize, field: Field): usize {
  return load<usize>(call + (<usize>field << 2));
}

// @ts-ignore: decorator
@inline
export function float(call: usize, field: Field): f32 {
  return load<f32>(call + (<usize>field << 2));
}

/** The address of a field of several words. */
// @ts-ignore: decorator
@inline
export function fieldAddress(call: usize, field: Field): usize {
  return call + (<usize>field << 2);
}
