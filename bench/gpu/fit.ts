/**
 * `npm run bench:gpu:fit -- FILE...`: from what bench:gpu:candidates printed, the prices of each family (ops/webgpu/planner/prices.ts): by
 * least squares of the ratio, none below zero. Prints them, with how near they come; --keep writes the times that a test keeps.
 */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Command, Option} from 'commander';
import type {GPUFamily} from '../../ops/webgpu/planner/families.ts';
import {type CandidateLine, keptTimes} from './kept.ts';
import {type Fit, fittedInstructions, fittedWaits} from './prices.ts';

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
  const sound = all.filter(({isDoubtful}) => !isDoubtful);
  print(`${family}, instructions`, fittedInstructions(sound));
  print(`${family}, waits`, fittedWaits(sound));
  if (keep === undefined) return;
  mkdirSync(keep, {recursive: true});
  writeFileSync(join(keep, `${family}.json`), `${JSON.stringify(keptTimes(all), null, 1)}\n`);
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
