/** Shapes that the prediction's rates are fitted to, and others that it is judged by. */
import {type BlockCase, convFirst, convNext, mobileNetV2} from '../speed/cases.ts';
import {ALL_CASES} from '../speed/edgeCases.ts';

export const JUDGED_CASES: readonly BlockCase[] = [
  convNext(40, 128),
  convNext(20, 320),
  convNext(10, 512),
  convFirst([32, 32], 128),
  convFirst([48, 24], 96),
  mobileNetV2(28, [32, 32]),
  mobileNetV2(28, [32, 64], 2),
];

const judged = new Set(JUDGED_CASES.map(({name}) => name));

/** The blocks of the bench and the edge cases, but for those that are judged by. */
export const FITTED_CASES: readonly BlockCase[] = ALL_CASES.filter(
  (each): each is BlockCase => each.kind === 'block' && !judged.has(each.name),
);
