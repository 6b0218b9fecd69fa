/** Affines between layers, composed. layer.ts folds them into the layers beside them. */
import {everywhere, type PerChannel, perChannel} from '../parts/algebra.ts';
import type {Affine} from '../parts/parts.ts';

export const IDENTITY: Affine = {kind: 'affine', scale: 1, shift: 0};

/** Returns `last(first(x))`. */
export function compose(last: Affine, first: Affine): Affine {
  if (first === IDENTITY) return last;
  if (last === IDENTITY) return first;
  const scaled = perChannel((a, b) => a * b, last.scale, first.shift);
  return {
    kind: 'affine',
    scale: perChannel((a, b) => a * b, last.scale, first.scale),
    shift: perChannel((a, b) => a + b, scaled, last.shift),
  };
}

export function isIdentity({scale, shift}: Affine): boolean {
  return isUnscaled({scale}) && isUnshifted({shift});
}

export function isUnscaled({scale}: Pick<Affine, 'scale'>): boolean {
  return everywhere(scale, (v) => v === 1);
}

export function isUnshifted({shift}: Pick<Affine, 'shift'>): boolean {
  return everywhere(shift, (v) => v === 0);
}

/** Returns the affine that adds `shift`. */
export function shiftBy(shift: PerChannel): Affine {
  return {kind: 'affine', scale: 1, shift};
}
