/**
 * `npm run bench:rates`: measures the blocks that the prediction is judged by, and prints what is predicted beside it. With --fit
 * it first measures the blocks that rates are fitted to, fits them, and writes them to src/analysis/prediction/recorded.ts. Exits with 1
 * where a fused time is not as predicted.
 */
import {readFile, writeFile} from 'node:fs/promises';
import {Command, Option} from 'commander';
import {format, resolveConfig} from 'prettier';
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {RECORDED} from '../../src/analysis/prediction/recorded.ts';
import type {RatedMachine} from '../../src/analysis/prediction/ratedMachine.ts';
import {allowRelaxedSimd, countOption, SIMD_LEVELS, type SimdFlag, simdOption} from '../speed/flags.ts';
import {machine} from '../speed/machine.ts';
import {FITTED_CASES, JUDGED_CASES} from './rateCases.ts';
import {
  describeJudged,
  farOff,
  fitRates,
  judge,
  lessDisturbed,
  type RateSample,
  type RateSamples,
  ratesText,
  verdictOn,
} from './rateFit.ts';
import type {BlockCase} from '../speed/cases.ts';

interface Flags {
  readonly fit?: boolean;
  readonly simd: SimdFlag;
  readonly runs: number;
  readonly rounds: number;
  readonly save?: string;
  readonly from?: string;
}

const RECORDED_FILE = 'src/analysis/prediction/recorded.ts';
const SEED = 1;

const program = new Command('npm run bench:rates --')
  .addOption(new Option('--fit', 'fit the rates anew, and write them'))
  .addOption(simdOption('SIMD level of the fused kernels').default('plain'))
  .addOption(countOption('--runs <n>', 'timed samples of each side, in each round', 8))
  .addOption(countOption('--rounds <n>', 'times to measure all: the least disturbed one of a block counts', 2))
  .addOption(new Option('--save <file>', 'keep what was measured'))
  .addOption(new Option('--from <file>', 'take what was kept, and measure nothing'))
  .parse();
const flags = program.opts<Flags>();
const level = SIMD_LEVELS[flags.simd];
if (flags.simd === 'relaxed') allowRelaxedSimd();

const samples = flags.from === undefined ? await measured() : await readSamples(flags.from);
if (flags.save !== undefined) await writeFile(flags.save, `${JSON.stringify(samples, null, 1)}\n`);
let rated: RatedMachine = {...RECORDED[samples.level], opsPerS: samples.opsPerS};
if (flags.fit === true) {
  rated = fitRates(samples);
  await writeRates({...RECORDED, [samples.level]: rated});
  process.stdout.write(`${ratesText(rated)}\n\nfitted\n${describeJudged(judge(samples.fitted, rated))}\n\n`);
}
const judged = judge(samples.judged, rated);
process.stdout.write(`not fitted\n${describeJudged(judged)}\n\n${verdictOn(judged)}\n`);
if (farOff(judged).length > 0) process.exitCode = 1;

async function measured(): Promise<RateSamples> {
  // Modules that use WebAssembly are imported late: after Node's flag for it.
  const {benchInNode} = await import('../speed/inNode.ts');
  const {measureWasmLevels} = await import('../../src/analysis/machine/wasm.ts');
  const bencher = await benchInNode('wasm');
  let peak = 0;
  const measure = async (bench: BlockCase): Promise<RateSample> => {
    process.stderr.write(`${bench.name}\n`);
    const answer = await bencher.run({bench, backend: 'wasm', runs: flags.runs, seed: SEED, simd: level});
    const {spec, size, stockForm, stock, fused, maxAbsError, tolerance} = answer.measurement;
    if (stock === null || fused === null)
      throw new Error(
        `${bench.name}: results must be right within ${tolerance}, got a difference of ${maxAbsError}; mend its kernel first`,
      );
    peak = Math.max(peak, answer.peak.gmacsPerS);
    return {case: bench.name, spec: spec!, size: size!, stockForm, stock, fused};
  };
  // In rounds, and not a block at a time: what disturbs a machine lasts for a while.
  const cases = [...(flags.fit === true ? FITTED_CASES : []), ...JUDGED_CASES];
  const found = new Map<string, RateSample>();
  for (let round = 0; round < flags.rounds; round++)
    for (const bench of cases) found.set(bench.name, lessDisturbed(await measure(bench), found.get(bench.name)));
  const samplesOf = (of: readonly BlockCase[]): RateSample[] => of.flatMap(({name}) => found.get(name) ?? []);
  const {cpu, commit, package: version, tfjs} = await machine();
  return {
    schema: 1,
    ...{level, machine: cpu, engine: bencher.engine, versions: [version, tfjs], commit},
    opsPerS: 2e9 * peak,
    bytesPerS: flags.fit === true ? measureWasmLevels(level) : RECORDED[level].bytesPerS,
    fitted: samplesOf(FITTED_CASES),
    judged: samplesOf(JUDGED_CASES),
  };
}

async function readSamples(file: string): Promise<RateSamples> {
  return JSON.parse(await readFile(file, 'utf8')) as RateSamples;
}

async function writeRates(all: Readonly<Record<SimdLevel, RatedMachine>>): Promise<void> {
  const text = `/** Made by \`npm run bench:rates -- --fit\`: do not edit. Units of the rates: MACs at the peak. */
import type {RatedMachine} from '../ratedMachine.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';

export const RECORDED: Readonly<Record<SimdLevel, RatedMachine>> = ${JSON.stringify(all)};
`;
  const config = await resolveConfig(RECORDED_FILE);
  await writeFile(RECORDED_FILE, await format(text, {...config, parser: 'typescript'}));
}
