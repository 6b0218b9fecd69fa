/**
 * What the bundle's run.sh starts: the sweep of the WebGPU kernels, then the bench, on this machine's GPU by Dawn. Each result
 * is a JSON line of tests.jsonl or bench.jsonl, written when it is there: what a time limit cuts off is all that is lost.
 */
import {appendFileSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Command, Option} from 'commander';
import {startWebGPUInNode} from '../../src/cli/host/webgpuInNode.ts';
import {adapterText} from '../../src/run/gpu.ts';
import {batched, type BenchCase, CASES} from '../speed/cases.ts';
import {ALL_CASES} from '../speed/edgeCases.ts';
import {countOption, runsOption} from '../speed/flags.ts';
import {benchInNode} from '../speed/inNode.ts';
import {machine} from '../speed/machine.ts';
import {withNetworkFiles} from '../speed/networkFiles.ts';
import {describePeak, describeResults} from '../speed/report.ts';
import {type CaseResult, resultOf} from '../speed/result.ts';
import type {BenchRequest} from '../speed/runCase.ts';
import {runSpecs} from './specs.ts';

interface Flags {
  readonly out: string;
  readonly part?: 'tests' | 'bench';
  readonly every: number;
  readonly tests?: string;
  readonly only?: readonly string[];
  readonly batch?: number;
  readonly runs: number;
}

const program = new Command('run.sh')
  .description("Runs the WebGPU tests and benches on this machine's GPU, and writes their results as JSON lines.")
  .addOption(
    new Option('--out <folder>', 'for the results').default(process.env['OUT'] ?? 'results', '$OUT, or results'),
  )
  .addOption(new Option('--part <part>', 'one of the two').choices(['tests', 'bench']))
  .addOption(countOption('--every <n>', 'of the tested small blocks every nth', 1))
  .addOption(new Option('--tests <text>', 'only tests whose name has it'))
  .addOption(new Option('--only <case...>', 'bench these cases').choices(ALL_CASES.map(({name}) => name)))
  .addOption(countOption('--batch <n>', 'bench so many images at a time (default: 1, of ConvNeXt-T 32 too)'))
  .addOption(runsOption(30))
  .parse();
const flags = program.opts<Flags>();

globalThis.console = new console.Console(process.stderr);
mkdirSync(flags.out, {recursive: true});
await startWebGPUInNode();
if (flags.part !== 'bench') await runTests();
if (flags.part !== 'tests') await runBench();

async function runTests(): Promise<void> {
  const file = startFile('tests.jsonl');
  const {defineSuites} = await import('./suites.ts');
  const counts = await runSpecs({
    define: () => {
      defineSuites({every: flags.every});
    },
    isWanted: (name) => name.includes(flags.tests ?? ''),
    tell: (spec) => {
      addLine(file, spec);
      if (spec.status === 'failed') console.error(`failed: ${spec.name}\n  ${spec.failures.join('\n  ')}`);
    },
  });
  if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
  process.stdout.write(`tests: ${counts.passed} passed, ${counts.failed} failed\n`);
}

/** A case that fails is told, and the next one runs. */
async function runBench(): Promise<void> {
  const file = startFile('bench.jsonl');
  const bencher = await benchInNode('webgpu');
  const facts = await machine();
  const results: CaseResult[] = [];
  const run = async (bench: BenchRequest['bench']): Promise<void> => {
    const common = {backend: 'webgpu', runs: flags.runs, seed: 1} as const;
    const {measurement, peak, engine} = await bencher.run({...common, bench});
    if (results.length === 0) process.stdout.write(`${adapterText(engine.adapter!)}\n${describePeak(peak)}\n`);
    const result = resultOf(measurement, peak);
    results.push(result);
    addLine(file, {...result, environment: {...facts, ...engine, engine: bencher.engine}});
    if (!result.passed) process.exitCode = 1;
  };
  for (const {bench, batch} of chosenCases()) {
    console.error(`${bench.name}, ${batch} at a time`);
    try {
      await (bench.kind === 'block' ? run(batched(batch, bench)) : withNetworkFiles(bench, run, batch));
    } catch (error) {
      addLine(file, {case: bench.name, batch, error: String(error)});
      console.error(error);
      process.exitCode = 1;
    }
  }
  process.stdout.write(`${describeResults(results)}\n`);
}

function chosenCases(): {bench: BenchCase; batch: number}[] {
  const {only, batch} = flags;
  const cases = only === undefined ? CASES : ALL_CASES.filter(({name}) => only.includes(name));
  const chosen = cases.map((bench) => ({bench, batch: batch ?? 1}));
  const large = batch === undefined ? cases.filter(({name}) => name === 'convnext-tiny') : [];
  return [...chosen, ...large.map((bench) => ({bench, batch: 32}))];
}

function startFile(name: string): string {
  const file = join(flags.out, name);
  writeFileSync(file, '');
  return file;
}

function addLine(file: string, value: object): void {
  appendFileSync(file, `${JSON.stringify(value)}\n`);
}
