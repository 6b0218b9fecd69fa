/** To be written. */
import type {ExpandFirstVariant} from '../variant.ts';

export function expandFirstText(variant: ExpandFirstVariant): string {
  return variant.kernel;
}
