/**
 * `npm run bench:load`: how long networks take to load on the wasm backend, by stock tfjs and fused, from files in Node or with
 * `--engine` over HTTP in a browser; and one that was fused beforehand, in which nothing is left to fuse.
 */
import {execFile} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {Option} from 'commander';
import {build} from 'esbuild';
import {table} from '../../src/cli/report/table.ts';
import {writeModelFiles} from '../../src/load/modelFiles.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {both, type Pair} from '../../src/run/pair.ts';
import {median, summarize} from '../../src/run/statistics.ts';
import {openBenchPage} from '../speed/browser/launch.ts';
import type {EngineName} from '../../engines/engines.ts';
import {CASES, type NetworkCase, type WrittenNetwork} from '../speed/cases.ts';
import {benchCommand, countOption} from '../speed/flags.ts';
import {machine} from '../speed/machine.ts';
import type {LoadRequest} from './loadTimes.ts';

interface Flags {
  readonly only: readonly string[];
  readonly engine?: EngineName;
  readonly runs: number;
  readonly json?: boolean;
}

const networks = CASES.filter((each): each is NetworkCase => each.kind === 'network');
const FUSED_BEFOREHAND: NetworkCase = {
  ...networks.find(({name}) => name === 'mobilenet-v2')!,
  name: 'mobilenet-v2-fused',
};
const cases = [...networks, FUSED_BEFOREHAND];

const flags = benchCommand('bench:load')
  .addOption(new Option('--only <network...>', 'these networks').choices(cases.map(({name}) => name)))
  .addOption(countOption('--runs <n>', 'timed loads of each side', 7))
  .addOption(new Option('--json', 'one JSON line a network on stdout, nothing else'))
  .parse()
  .opts<Flags>();

const environment = await machine();
const chosen = cases.filter(({name}) => (flags.only as Flags['only'] | undefined)?.includes(name) !== false);
const rows: {readonly network: string; readonly ms: Pair<number[]>}[] = [];
for (const network of chosen) {
  process.stderr.write(`${network.name}\n`);
  const ms = await timesOf(network);
  rows.push({network: network.name, ms});
  const {stock, fused} = both(ms, summarize);
  const json = {network: network.name, stock, fused, ratio: fused.medianMs / stock.medianMs, environment};
  if (flags.json === true) process.stdout.write(`${JSON.stringify(json)}\n`);
}
if (flags.json !== true) {
  process.stdout.write(`${Object.values(environment).join(', ')}\n`);
  const text = (ms: readonly number[]): string => `${median(ms).toFixed(0)} ms`;
  process.stdout.write(
    `${table(rows, [
      {
        title: `loading ${flags.engine === undefined ? 'from files in Node' : `over HTTP in ${flags.engine}`}`,
        text: (row) => row.network,
      },
      {title: 'stock', text: ({ms}) => text(ms.stock), align: 'right'},
      {title: 'fused', text: ({ms}) => text(ms.fused), align: 'right'},
      {title: 'times as long', text: ({ms}) => (median(ms.fused) / median(ms.stock)).toFixed(2), align: 'right'},
    ])}\n`,
  );
}

async function timesOf(network: NetworkCase): Promise<Pair<number[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'block-fusion-load-'));
  try {
    const original = network.artifacts();
    const artifacts = network === FUSED_BEFOREHAND ? (await fuseModelArtifacts(original)).artifacts : original;
    const model = join(folder, network.name);
    await writeModelFiles(artifacts, model);
    const request = {model, runs: flags.runs};
    return await (flags.engine === undefined ? inNode(request) : inBrowser(flags.engine, request, network));
  } finally {
    await rm(folder, {recursive: true});
  }
}

/** In plain Node, bundled: tsx, which runs the benches, takes milliseconds for each module that is imported late. */
async function inNode(request: LoadRequest): Promise<Pair<number[]>> {
  const bundled = fileURLToPath(new URL('../../build/bench', import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL('loadProcess.ts', import.meta.url))],
    outdir: bundled,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outExtension: {'.js': '.mjs'},
    logLevel: 'error',
  });
  const program = join(bundled, 'loadProcess.mjs');
  const {stdout} = await promisify(execFile)(process.execPath, [program, JSON.stringify(request)]);
  return JSON.parse(stdout) as Pair<number[]>;
}

async function inBrowser(
  engine: EngineName,
  {model, runs}: LoadRequest,
  {name, macs}: NetworkCase,
): Promise<Pair<number[]>> {
  const opened = await openBenchPage({engine});
  try {
    const written: WrittenNetwork = {kind: 'network', name, macs: macs(), batch: 1, model};
    const served = await opened.serveNetwork(written);
    return await opened.ask('load', {model: served.model, runs});
  } finally {
    await opened.close();
  }
}
