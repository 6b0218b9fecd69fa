/**
 * `npm run bench:bounds`: traces every case of the bench, stock and fused, and checks that no kernel was faster than the machine's
 * measured rates allow. By default with so many images that no cache holds what the large kernels move. In Node.
 */
import {writeFile} from 'node:fs/promises';
import {Command, Option} from 'commander';
import {table} from '../../src/cli/report/table.ts';
import {describeRates} from '../../src/cli/report/waterlineReport.ts';
import {type BoundCheck, type BoundedKernel, type BoundRecord, checkBounds, nearest} from './boundCheck.ts';
import {batched, CASES} from '../speed/cases.ts';
import {allowRelaxedSimd, countOption, type SimdFlag, simdOption} from '../speed/flags.ts';
import {machine as environmentOf} from '../speed/machine.ts';
import {BENCH_BACKENDS, type BenchBackend} from '../speed/runCase.ts';

interface Flags {
  readonly only?: readonly string[];
  readonly backend: BenchBackend;
  readonly batch: number;
  readonly simd: SimdFlag;
  readonly runs: number;
  readonly save?: string;
}

const program = new Command('npm run bench:bounds --')
  .addOption(new Option('--only <case...>', 'only these cases').choices(CASES.map(({name}) => name)))
  .addOption(new Option('--backend <name>', 'the tfjs backend').choices(BENCH_BACKENDS).default('wasm'))
  .addOption(simdOption('SIMD level of the fused kernels').default('plain'))
  .addOption(countOption('--batch <n>', 'images at a time', 32))
  .addOption(countOption('--runs <n>', 'traced runs of each side', 3))
  .addOption(new Option('--save <file>', 'keep what was traced'))
  .parse();
const flags = program.opts<Flags>();
if (flags.simd === 'relaxed') allowRelaxedSimd();

const record = await traceAll();
if (flags.save !== undefined) await writeFile(flags.save, recordText(record));
const checks = checkBounds(record);
process.stdout.write(`${describe(record, checks)}\n`);
if (checks.some(({beyondCaches}) => beyondCaches.some(({beats}) => beats))) process.exitCode = 1;

/** Modules that use WebAssembly are imported late: after the flag above. */
async function traceAll(): Promise<BoundRecord> {
  const {startBackend} = await import('../../src/cli/host/backend.ts');
  const {measureMachine} = await import('../../src/analysis/machine/machine.ts');
  const {ALL_TFJS} = await import('../../src/run/allTfjs.ts');
  const {traceCase} = await import('./boundTraces.ts');
  const {simd} = await startBackend(flags.backend);
  const {batch, runs} = flags;
  process.stderr.write('measuring the machine\n');
  const machine = await measureMachine();
  const traces: BoundRecord['traces'][number][] = [];
  for (const bench of CASES.filter(({name}) => flags.only?.includes(name) ?? true)) {
    process.stderr.write(`${bench.name}\n`);
    traces.push(...(await traceCase(ALL_TFJS, bench.kind === 'block' ? batched(batch, bench) : bench, {batch, runs})));
  }
  const facts = {
    ...(await environmentOf()),
    engine: `Node ${process.versions.node}`,
    simd: simd ?? 'no SIMD',
    batch: `${batch} images`,
  };
  return {schema: 1, environment: facts, machine, traces};
}

/** A trace a line: whole, one would be long to read and to compare. */
function recordText({traces, ...rest}: BoundRecord): string {
  const lines = traces.map((trace) => `  ${JSON.stringify(trace)}`);
  return `{"traces": [\n${lines.join(',\n')}\n],\n${JSON.stringify(rest).slice(1)}\n`;
}

function describe({environment, machine}: BoundRecord, all: readonly BoundCheck[]): string {
  const rows = table(all, [
    {title: 'case', text: (check) => `${check.case}, ${check.side}`},
    {title: 'beyond caches', text: ({beyondCaches}) => String(beyondCaches.length), align: 'right'},
    {title: 'faster than attainable', text: ({beyondCaches}) => String(beaten(beyondCaches)), align: 'right'},
    {title: 'nearest to it', text: ({beyondCaches}) => nearestText(nearest(beyondCaches))},
    {title: 'in caches', text: ({inCaches}) => String(inCaches.length), align: 'right'},
    {title: 'faster', text: ({inCaches}) => String(beaten(inCaches)), align: 'right'},
    {title: 'nearest', text: ({inCaches}) => nearestText(nearest(inCaches))},
  ]);
  const kernels = all.flatMap(({beyondCaches}) => beyondCaches);
  const verdict = `${beaten(kernels)} of ${kernels.length} kernels beyond the caches were faster than attainable`;
  return `${Object.values(environment).join(', ')}\n${describeRates(machine)}\n\n${rows}\n\n${verdict}`;
}

function beaten(kernels: readonly BoundedKernel[]): number {
  return kernels.filter(({beats}) => beats).length;
}

function nearestText(bounded: BoundedKernel | undefined): string {
  return bounded === undefined ? '' : `${bounded.ratio.toFixed(2)}× ${bounded.kernel.name}`;
}
