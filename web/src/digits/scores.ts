/** What ten logits say: scores, an answer, and whether two sides agree. */
import type {Difference} from '../../../src/compare/difference.ts';

/** Returns positive scores that sum to one. */
export function softmax(logits: ArrayLike<number>): number[] {
  const all = Array.from(logits);
  const largest = Math.max(...all);
  const powers = all.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Returns the digit of the highest logit. */
export function answerOf(logits: ArrayLike<number>): number {
  const all = Array.from(logits);
  return all.indexOf(Math.max(...all));
}

/** Sums in another order are rounded elsewhere: so much of the largest logit, or of 1. As `compare` has it. */
const ROUNDING = 1e-5;

/** Whether two sides' logits are the same but for rounding. */
export function agree({maxAbsError, maxAbsOutput}: Difference): boolean {
  return maxAbsError <= ROUNDING * Math.max(1, maxAbsOutput);
}
