/**
 * `npm run bench`: times stock against fused, per block and per network, in Node or in headless Chromium. The cases are in
 * cases.ts, what is measured in blockBench.ts and networkBench.ts.
 */
import v8 from 'node:v8';
import {Command, Option} from 'commander';
import type {SimdLevel} from '../ops/wasm/detect.ts';
import {CASES} from './cases.ts';
import {compilePeak} from './compilePeak.ts';
import {machine} from './machine.ts';
import {caseLine, HEADING} from './report.ts';
import type {Bencher} from './browser/launch.ts';

interface Flags {
  readonly only?: readonly string[];
  readonly browser?: boolean;
  readonly simd?: 'plain' | 'relaxed';
  readonly runs: string;
  readonly seed: string;
  readonly json?: boolean;
}

const LEVELS: Readonly<Record<'plain' | 'relaxed', SimdLevel>> = {plain: 'simd', relaxed: 'relaxed-simd'};

const program = new Command('npm run bench --')
  .addOption(new Option('--only <case...>', 'only these cases').choices(CASES.map(({name}) => name)))
  .addOption(new Option('--browser', 'in headless Chromium (CHROME_BIN, or found on the PATH)'))
  .addOption(
    new Option('--simd <level>', 'SIMD level of the fused kernels (default: the best that the engine has)').choices([
      'plain',
      'relaxed',
    ]),
  )
  .addOption(new Option('--runs <n>', 'timed samples of each side').default('30'))
  .addOption(new Option('--seed <n>', 'seed of weights and inputs').default('1'))
  .addOption(new Option('--json', 'one JSON line a case on stdout, nothing else'))
  .parse();
const flags = program.opts<Flags>();

// stdout is for results.
globalThis.console = new console.Console(process.stderr);
if (flags.simd === 'relaxed' && flags.browser !== true) {
  // Node 20 has it behind a flag, which counts only before WebAssembly is first used.
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

const bencher = await startBencher();
try {
  const environment = {...(await machine()), engine: bencher.engine};
  const base64 = async (level: SimdLevel): Promise<string> => Buffer.from(await compilePeak(level)).toString('base64');
  const peakModules = {simd: await base64('simd'), 'relaxed-simd': await base64('relaxed-simd')};
  if (flags.json !== true) process.stdout.write(`${Object.values(environment).join(', ')}\n${HEADING}\n`);
  for (const {name} of CASES) {
    if (flags.only !== undefined && !flags.only.includes(name)) continue;
    process.stderr.write(`${name}\n`);
    const {result, simd, threads} = await bencher.run({
      ...{name, peakModules, runs: Number(flags.runs), seed: Number(flags.seed)},
      simd: flags.simd && LEVELS[flags.simd],
    });
    if (!result.passed) process.exitCode = 1;
    const json = {...result, environment: {...environment, simd, threads}};
    process.stdout.write(`${flags.json === true ? JSON.stringify(json) : caseLine(result, simd)}\n`);
  }
} finally {
  await bencher.close();
}

/** Modules that use WebAssembly are imported late: after the flag above. */
async function startBencher(): Promise<Bencher> {
  if (flags.browser === true) return (await import('./browser/launch.ts')).benchInChromium();
  return (await import('./inNode.ts')).benchInNode();
}
