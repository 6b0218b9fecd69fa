/** The prices of what the planner counts, from candidates whose instructions and waits are known: by least squares, none below zero. */
import {COUNTS, type Count} from '../../ops/webgpu/planner/counts.ts';
import {groupWork} from '../../ops/webgpu/planner/work.ts';
import type {CandidateLine} from './kept.ts';

/** What costs no instructions of its own, and what is waited for in another's name. */
const WITHOUT_INSTRUCTIONS: readonly Count[] = ['beside', 'slab', 'prefetchedSlab', 'turn', 'operand'];
const WITHOUT_WAITS: readonly Count[] = [
  ...(['beside', 'fma', 'convFma', 'activation', 'operand', 'tap', 'filter', 'sharedTap', 'convOutput'] as const),
];

/** Returns the instructions that each of a count takes. */
export function fittedInstructions(candidates: readonly CandidateLine[]): Fit {
  const taken = candidates.map(({issue, passes}) => ({value: issue / passes, beside: 0}));
  return fitted(candidates, taken, WITHOUT_INSTRUCTIONS);
}

/** Returns the cycles in which a wave waits that has its SIMD to itself. */
export function fittedWaits(candidates: readonly CandidateLine[]): Fit {
  const taken = candidates.map(({issue, alone}) => ({value: alone - issue, beside: issue}));
  return fitted(candidates, taken, WITHOUT_WAITS);
}

/** What a candidate takes: of this, and of what is known beside it. */
interface Taken {
  readonly value: number;
  readonly beside: number;
}

/** How much a candidate that spills counts for, where others count for one. */
const SPILLING = 0.3;
/** Off by more than this share, a candidate counts for less. */
const OUTLYING = 0.15;

export interface Fit {
  readonly prices: Readonly<Record<string, number>>;
  /** Of each candidate, what is estimated as a share of what it takes. */
  readonly ratios: readonly number[];
}

function fitted(of: readonly CandidateLine[], taken: readonly Taken[], without: readonly Count[]): Fit {
  const counts = of.map(({variant}) => groupWork(variant).counts);
  const names = COUNTS.filter((name) => !without.includes(name) && counts.some((each) => (each[name] ?? 0) > 0));
  const rows = counts.map((each) => names.map((name) => each[name] ?? 0));
  // What spills tells little, but all there is of what no compiler keeps in registers.
  const trusted = taken.map(({value, beside}, i) => (of[i]!.spills > 0 ? SPILLING : 1) / Math.max(1, value + beside));
  let weights = trusted;
  let prices = names.map(() => 0);
  // Outliers, of which few tell anything, count for less each time.
  for (let time = 0; time < 10; time++) {
    prices = nonNegativeLeastSquares(rows, taken, weights);
    weights = taken.map(({value}, i) => {
      const off = Math.abs(dot(rows[i]!, prices) - value) * trusted[i]!;
      return trusted[i]! / Math.max(1, off / OUTLYING);
    });
  }
  return {
    prices: Object.fromEntries(names.map((name, k) => [name, prices[k]!])),
    ratios: taken.map(({value, beside}, i) => (dot(rows[i]!, prices) + beside) / Math.max(1, value + beside)),
  };
}

/** By coordinate descent: each price in turn the best for what the others leave over. */
function nonNegativeLeastSquares(
  rows: readonly (readonly number[])[],
  taken: readonly Taken[],
  weights: readonly number[],
): number[] {
  const prices = rows[0]!.map(() => 0);
  const left = taken.map(({value}) => value);
  for (let round = 0; round < 1000; round++)
    for (const k of prices.keys()) {
      let [along, square] = [0, 0];
      for (const [i, row] of rows.entries()) {
        const weight = weights[i]! ** 2;
        along += weight * row[k]! * left[i]!;
        square += weight * row[k]! ** 2;
      }
      const step = Math.max(-prices[k]!, along / square);
      prices[k]! += step;
      for (const [i, row] of rows.entries()) left[i]! -= step * row[k]!;
    }
  return prices;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
