/** Which models are as accurate as each other, as far as the images at hand tell, and how their times then compare. */
import type {EfficiencyGap} from '../../../src/analysis/efficiencyGap.ts';

/** A model of a family, with its gap stock and fused. */
export interface FamilyModel {
  readonly name: string;
  readonly family: string;
  /** Shares of 1. */
  readonly accuracy: number;
  readonly interval: readonly [low: number, high: number];
  readonly stock: EfficiencyGap;
  readonly fused: EfficiencyGap;
}

/** A fused model beside a stock one that it is not told apart from by accuracy. */
export interface EqualPair {
  readonly fused: FamilyModel;
  readonly stock: FamilyModel;
  /** How much their intervals share, as a share of 1. */
  readonly overlap: number;
  /** Stock time ÷ fused time. */
  readonly ratio: number;
}

/**
 * Returns for each model of the other families the model of `family` whose accuracy lies nearest, and of equal ones the one with
 * the fewest operations, among those that the images do not tell apart from it; none where they tell all apart.
 */
export function equalPairs(models: readonly FamilyModel[], family: string): EqualPair[] {
  const candidates = models.filter((model) => model.family === family);
  return models
    .filter((model) => model.family !== family)
    .flatMap((stock) => {
      const distance = ({accuracy}: FamilyModel): number => Math.abs(accuracy - stock.accuracy);
      const [fused] = candidates
        .filter((each) => !distinctNames(each, stock))
        .sort((a, b) => distance(a) - distance(b) || a.fused.idealMs - b.fused.idealMs);
      if (fused === undefined) return [];
      return [{fused, stock, overlap: overlap(fused, stock), ratio: stock.stock.actualMs / fused.fused.actualMs}];
    });
}

/**
 * Whether the interval of the difference of two accuracies leaves zero out. It is made of their own two intervals: with Wilson's 95%
 * ones it is the difference's 95% interval for independent samples. Intervals that only just overlap are told apart by it: both
 * accuracies would have to lie at their unlikely ends at once.
 * Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998),
 * method 10.
 */
function distinctNames(a: FamilyModel, b: FamilyModel): boolean {
  const [worse, better] = a.accuracy < b.accuracy ? [a, b] : [b, a];
  const [down, up] = [better.accuracy - better.interval[0], worse.interval[1] - worse.accuracy];
  return better.accuracy - worse.accuracy > Math.hypot(down, up);
}

function overlap({interval: [low, high]}: FamilyModel, {interval: [otherLow, otherHigh]}: FamilyModel): number {
  return Math.min(high, otherHigh) - Math.max(low, otherLow);
}
