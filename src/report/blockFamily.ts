/** What blocks are called by those who know their networks. */
import type {BlockSpec} from '../../ops/block.ts';

/** Returns the family of a block. */
export function familyOf({order, layerNormEpsilon}: BlockSpec): string {
  switch (order) {
    case 'conv-first':
      return layerNormEpsilon === null ? 'ConvFirst' : 'ConvNeXt';
    case 'expand-first':
      return 'MBConv';
    case 'separable':
      return 'depthwise separable';
    default:
      return order satisfies never;
  }
}

const FAMILIES_OF_RULES: Readonly<Record<string, string>> = {
  'conv-first': 'ConvNeXt or ConvFirst',
  'expand-first': 'MBConv',
  separable: 'depthwise separable',
};

/** Returns the families whose blocks a rule finds, or that a miss looks like. */
export function familiesOfRule(rule: string): string {
  return FAMILIES_OF_RULES[rule] ?? rule;
}
