/**
 * `npm run bench:gpu:fit -- FILE...`: from what bench:gpu:candidates printed, the prices of each family (ops/webgpu/planner/prices.ts): by
 * least squares of the ratio, none below zero. Prints them, with how near they come; --keep writes the times that a test keeps.
 */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Command, Option} from 'commander';
import type {GPUFamily} from '../../ops/webgpu/planner/families.ts';
import {COUNTS, type Count, groupWork} from '../../ops/webgpu/planner/work.ts';
import {type CandidateLine, keptTimes} from './kept.ts';

/** What costs no instructions of its own, and what is waited for in another's name. */
const WITHOUT_INSTRUCTIONS: readonly Count[] = ['slab', 'prefetchedSlab', 'turn', 'operand'];
const WITHOUT_WAITS: readonly Count[] = [
  ...(['fma', 'convFma', 'activation', 'operand', 'tap', 'filter', 'sharedTap', 'convOutput'] as const),
];

const program = new Command('npm run bench:gpu:fit --')
  .argument('<files...>', 'JSON lines of bench:gpu:candidates')
  .addOption(new Option('--keep <folder>', 'write the times of each family there'))
  .parse();
const {keep} = program.opts<{keep?: string}>();
const lines = (program.args as readonly string[]).flatMap((file) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CandidateLine),
);

for (const family of new Set(lines.map((line) => line.family))) fitFamily(family);

function fitFamily(family: GPUFamily): void {
  const all = lines.filter((line) => line.family === family);
  // One that spills is taken by nobody.
  const sound = all.filter(({spills, isDoubtful}) => spills === 0 && !isDoubtful);
  const issued = sound.map(({issue, passes}) => ({value: issue / passes, beside: 0}));
  const waited = sound.map(({issue, alone}) => ({value: alone - issue, beside: issue}));
  print(`${family}, instructions`, fitted(sound, issued, WITHOUT_INSTRUCTIONS));
  print(`${family}, waits`, fitted(sound, waited, WITHOUT_WAITS));
  if (keep === undefined) return;
  mkdirSync(keep, {recursive: true});
  writeFileSync(join(keep, `${family}.json`), `${JSON.stringify(keptTimes(all), null, 1)}\n`);
}

/** What a candidate takes: of this, and of what is known beside it. */
interface Taken {
  readonly value: number;
  readonly beside: number;
}

interface Fit {
  readonly prices: Readonly<Record<string, number>>;
  /** Of each candidate, what is estimated as a share of what it takes. */
  readonly ratios: readonly number[];
}

function fitted(of: readonly CandidateLine[], taken: readonly Taken[], without: readonly Count[]): Fit {
  const counts = of.map(({variant}) => groupWork(variant).counts);
  const names = COUNTS.filter((name) => !without.includes(name) && counts.some((each) => (each[name] ?? 0) > 0));
  const rows = counts.map((each) => names.map((name) => each[name] ?? 0));
  let weights = taken.map(({value, beside}) => 1 / Math.max(1, value + beside));
  let prices = names.map(() => 0);
  // Outliers, of which few tell anything, count for less each time.
  for (let time = 0; time < 10; time++) {
    prices = nonNegativeLeastSquares(rows, taken, weights);
    weights = taken.map(({value, beside}, i) => {
      const off = Math.abs(dot(rows[i]!, prices) - value) / Math.max(1, value + beside);
      return 1 / (Math.max(1, value + beside) * Math.max(1, off / 0.15));
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

function print(title: string, {prices, ratios}: Fit): void {
  const sorted = [...ratios].sort((a, b) => a - b);
  const quantiles = [0.05, 0.25, 0.5, 0.75, 0.95].map((q) => sorted[Math.floor(q * (sorted.length - 1))]!.toFixed(2));
  const text = Object.entries(prices)
    .filter(([, price]) => price > 0)
    .map(([name, price]) => `${name}: ${Number(price.toPrecision(3))}`);
  process.stdout.write(`${title} (${ratios.length} candidates; estimated ÷ modelled: ${quantiles.join(' ')})\n`);
  process.stdout.write(`  {${text.join(', ')}}\n`);
}
