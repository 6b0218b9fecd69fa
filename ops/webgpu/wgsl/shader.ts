/** The text of any variant's shader. */
import type {Variant} from '../planner/variant.ts';
import {convFirstText} from './convFirst.ts';
import {expandFirstText} from './expandFirst.ts';
import {pointwiseText} from './pointwise.ts';
import {spatialText} from './spatial.ts';

/** Returns the text of a variant's shader: different for different variants. */
export function shaderText(variant: Variant): string {
  switch (variant.kernel) {
    case 'pointwise':
      return pointwiseText(variant);
    case 'spatial':
      return spatialText(variant);
    case 'conv-first':
      return convFirstText(variant);
    case 'expand-first':
      return expandFirstText(variant);
    default:
      return variant satisfies never;
  }
}
