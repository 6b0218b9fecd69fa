/**
 * `npm run bench`: times stock against fused, per block and per network, on the wasm or the webgpu backend, in Node or in
 * a browser. The cases are in cases.ts, what is measured in blockBench.ts and networkBench.ts.
 */
import {Option} from 'commander';
import type {EngineName} from '../../engines/engines.ts';
import type {Engine} from '../../src/run/engine.ts';
import type {Bencher} from './browser/launch.ts';
import {reportError} from '../../src/cli/exit.ts';
import {parseSeed} from '../../src/cli/options.ts';
import {adapterText} from '../../src/webgpu/adapter.ts';
import {batched, type BenchCase, CASES} from './cases.ts';
import {ALL_CASES, EDGE_CASES} from './edgeCases.ts';
import {
  allowRelaxedSimd,
  benchCommand,
  checkThreads,
  countOption,
  runsOption,
  SIMD_LEVELS,
  type SimdFlag,
  simdOption,
  threadsOption,
} from './flags.ts';
import {machine} from './machine.ts';
import {networkBlocks} from './networkBlocks.ts';
import {withNetworkFiles} from './networkFiles.ts';
import {betterPeak, type Peak} from './peak.ts';
import {describePeak, describeResults} from './report.ts';
import {type CaseResult, resultOf} from './result.ts';
import {BENCH_BACKENDS, type BenchAnswer, type BenchBackend, type BenchRequest} from './runCase.ts';

interface Flags {
  readonly only?: readonly string[];
  readonly edges?: boolean;
  readonly eachBlock?: boolean;
  readonly everyPlan?: boolean;
  readonly backend: BenchBackend;
  readonly engine?: EngineName;
  readonly threads?: number;
  readonly batch: number;
  readonly simd?: SimdFlag;
  readonly runs: number;
  readonly seed: number;
  readonly json?: boolean;
}

const program = benchCommand('bench')
  .addOption(new Option('--only <case...>', 'only these cases').choices(ALL_CASES.map(({name}) => name)))
  .addOption(new Option('--edges', 'the blocks at the edges of what is worth fusing').conflicts('only'))
  .addOption(new Option('--each-block', 'of a network its blocks, each kind on its own'))
  .addOption(new Option('--every-plan', "of a block every plan that webgpu's planner has"))
  .addOption(new Option('--backend <name>', 'the tfjs backend').choices(BENCH_BACKENDS).default('wasm'))
  .addOption(threadsOption())
  .addOption(simdOption('SIMD level of the fused kernels (default: the best that the engine has)'))
  .addOption(countOption('--batch <n>', 'images at a time', 1))
  .addOption(runsOption(30))
  .addOption(new Option('--seed <n>', 'seed of weights and inputs').argParser(parseSeed).default(1))
  .addOption(new Option('--json', 'one JSON line a case on stdout, nothing else'))
  .parse();
const flags = program.opts<Flags>();

// stdout is for results.
globalThis.console = new console.Console(process.stderr);
if (flags.simd === 'relaxed' && flags.engine === undefined) allowRelaxedSimd();

const {batch} = flags;
const bencher = await startBencher().catch((error: unknown) => process.exit(reportError(error)));
const answers: BenchAnswer[] = [];
try {
  const {backend, runs, seed, everyPlan} = flags;
  const common = {backend, runs, seed, everyPlan, simd: flags.simd && SIMD_LEVELS[flags.simd]};
  const run = async (bench: BenchRequest['bench']): Promise<void> => {
    answers.push(await bencher.run({...common, bench}));
  };
  for (const bench of await chosenCases()) {
    process.stderr.write(`${bench.name}\n`);
    await (bench.kind === 'block' ? run(batched(batch, bench)) : withNetworkFiles(bench, run, batch));
  }
} finally {
  // What was measured before an error is told, too.
  await print(answers);
  await bencher.close();
}

async function chosenCases(): Promise<readonly BenchCase[]> {
  const {only, edges = false, eachBlock = false} = flags;
  const named = only && ALL_CASES.filter(({name}) => only.includes(name));
  const chosen = named ?? (edges ? EDGE_CASES : CASES);
  if (!eachBlock) return chosen;
  const blocks = chosen.map(async (each) => (each.kind === 'network' ? networkBlocks(each) : [each]));
  return (await Promise.all(blocks)).flat();
}

/** All shares are of one peak: the best that the whole run saw of one thread, as often as there are threads. */
async function print(all: readonly BenchAnswer[]): Promise<void> {
  const [first, ...others] = all;
  if (first === undefined) return;
  const {engine} = bencher;
  const facts = await machine();
  const environment = {...facts, ...first.engine, engine};
  const {threads} = first.engine;
  const ofOneThread = others.map((answer) => answer.peak).reduce<Peak>(betterPeak, first.peak);
  const {gmacsPerS, least} = ofOneThread;
  const peak = {...ofOneThread, gmacsPerS: threads * gmacsPerS, least: threads * least};
  const results: CaseResult[] = all.map(({measurement}) => resultOf(measurement, peak));
  if (results.some(({passed}) => !passed)) process.exitCode = 1;
  if (flags.json === true) {
    for (const result of results) process.stdout.write(`${JSON.stringify({...result, threads, environment})}\n`);
    return;
  }
  const {package: version, tfjs, cpu, commit} = facts;
  const line = [version, tfjs, cpu, commit, engine, ...engineFacts(first.engine), `${flags.runs} samples a side`];
  process.stdout.write(`${line.join(', ')}\n`);
  process.stdout.write(`${describePeak(peak)}\n\n${describeResults(results)}\n`);
}

function engineFacts({adapter, simd, threads}: Engine): string[] {
  return adapter === null ? [simd ?? '', `${threads} thread${threads === 1 ? '' : 's'}`] : [adapterText(adapter)];
}

/** Modules that use WebAssembly are imported late: after the flag above. */
async function startBencher(): Promise<Bencher> {
  const {engine, backend, threads} = flags;
  checkThreads(flags);
  if (engine !== undefined) return (await import('./browser/launch.ts')).benchInBrowser({engine, backend, threads});
  return (await import('./inNode.ts')).benchInNode(backend);
}
