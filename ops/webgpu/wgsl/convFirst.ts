/** To be written. */
import type {ConvFirstVariant} from '../variant.ts';

export function convFirstText(variant: ConvFirstVariant): string {
  return variant.kernel;
}
