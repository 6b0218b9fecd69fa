/** Affines between layers, composed. blocks/layer.ts folds them into the layers beside them. */
import {add, everywhere, isZero, multiply, type PerChannel} from './algebra.ts';
import type {Affine} from './parts.ts';

export const IDENTITY: Affine = {kind: 'affine', scale: 1, shift: 0};

/** Returns `last(first(x))`. */
export function compose(last: Affine, first: Affine): Affine {
  return {
    kind: 'affine',
    scale: multiply(last.scale, first.scale),
    shift: add(multiply(last.scale, first.shift), last.shift),
  };
}

export function isIdentity({scale, shift}: Affine): boolean {
  return isUnscaled({scale}) && isUnshifted({shift});
}

export function isUnscaled({scale}: Pick<Affine, 'scale'>): boolean {
  return everywhere(scale, (v) => v === 1);
}

export function isUnshifted({shift}: Pick<Affine, 'shift'>): boolean {
  return isZero(shift);
}

/** Returns the affine that multiplies by `scale`. */
export function scaleBy(scale: PerChannel): Affine {
  return {kind: 'affine', scale, shift: 0};
}

/** Returns the affine that adds `shift`. */
export function shiftBy(shift: PerChannel): Affine {
  return {kind: 'affine', scale: 1, shift};
}
