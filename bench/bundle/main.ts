/**
 * What the bundle's run.sh starts: the bench, then the sweep of the WebGPU kernels, on this machine's GPU by Dawn. Each result
 * is a JSON line of bench.jsonl or tests.jsonl, written when it is there, and report.txt has the bench's so far as tables: what a
 * time limit cuts off is all that is lost.
 */
import {appendFileSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Command, Option} from 'commander';
import {parseCount} from '../../src/cli/options.ts';
import {startWebGPUInNode} from '../../src/cli/host/webgpuInNode.ts';
import {CASES} from '../speed/cases.ts';
import {ALL_CASES} from '../speed/edgeCases.ts';
import {countOption, runsOption} from '../speed/flags.ts';
import {runBench} from './bench.ts';
import {BATCHES, scheduled} from './schedule.ts';
import {runSpecs} from './specs.ts';

interface Flags {
  readonly out: string;
  readonly part?: 'tests' | 'bench';
  readonly every: number;
  readonly tests?: string;
  readonly only?: readonly string[];
  readonly batch: readonly number[];
  readonly minutes: number;
  readonly runs: number;
}

const program = new Command('run.sh')
  .description("Runs the WebGPU benches and tests on this machine's GPU, and writes their results as JSON lines.")
  .addOption(
    new Option('--out <folder>', 'for the results').default(process.env['OUT'] ?? 'results', '$OUT, or results'),
  )
  .addOption(new Option('--part <part>', 'one of the two').choices(['bench', 'tests']))
  .addOption(new Option('--only <case...>', 'bench these cases').choices(ALL_CASES.map(({name}) => name)))
  .addOption(
    new Option('--batch <n...>', 'bench so many images at a time')
      .argParser((text, before: readonly number[]) => [...(before === BATCHES ? [] : before), parseCount(text)])
      .default(BATCHES, BATCHES.join(', ')),
  )
  .addOption(countOption('--minutes <n>', 'bench no further case after so long', 8))
  .addOption(runsOption(30))
  .addOption(countOption('--every <n>', 'of the tested small blocks every nth', 1))
  .addOption(new Option('--tests <text>', 'only tests whose name has it'))
  .parse();
const flags = program.opts<Flags>();

globalThis.console = new console.Console(process.stderr);
mkdirSync(flags.out, {recursive: true});
await startWebGPUInNode();
if (flags.part !== 'tests') await benchCases();
if (flags.part !== 'bench') await runTests();

async function benchCases(): Promise<void> {
  const {only, batch, minutes, runs} = flags;
  const cases = only === undefined ? CASES : ALL_CASES.filter(({name}) => only.includes(name));
  let last = '';
  const passed = await runBench({
    ...{cases: scheduled(cases, batch), runs, minutes},
    tell: startFile('bench.jsonl'),
    report: (text) => {
      last = text;
      writeFileSync(join(flags.out, 'report.txt'), text);
    },
  });
  if (!passed) process.exitCode = 1;
  process.stdout.write(last);
}

async function runTests(): Promise<void> {
  const addLine = startFile('tests.jsonl');
  const {defineSuites} = await import('./suites.ts');
  const counts = await runSpecs({
    define: () => {
      defineSuites({every: flags.every});
    },
    isWanted: (name) => name.includes(flags.tests ?? ''),
    tell: (spec) => {
      addLine(spec);
      if (spec.status === 'failed') console.error(`failed: ${spec.name}\n  ${spec.failures.join('\n  ')}`);
    },
  });
  if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
  process.stdout.write(`tests: ${counts.passed} passed, ${counts.failed} failed\n`);
}

/** Returns what adds a JSON line to a new file. */
function startFile(name: string): (line: object) => void {
  const file = join(flags.out, name);
  writeFileSync(file, '');
  return (line) => {
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
}
