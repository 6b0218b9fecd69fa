/**
 * `npm run bench:memory`: what networks take of memory on the wasm backend, stock and fused, each side in a process of its own,
 * or with `--engine` in a browser of its own. Ends with 1 where fused takes more than stock, or something is not given back.
 */
import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {Option} from 'commander';
import {indented, table} from '../../src/cli/report/table.ts';
import type {EngineName} from '../../engines/engines.ts';
import {openBenchPage} from '../speed/browser/launch.ts';
import {CASES, type NetworkCase, type WrittenNetwork} from '../speed/cases.ts';
import {benchCommand, countOption} from '../speed/flags.ts';
import {machine} from '../speed/machine.ts';
import {memoryFaults} from './memoryFaults.ts';
import {type MemoryRequest, type SideMemory, type SideName} from './memorySide.ts';
import {withNetworkFiles} from '../speed/networkFiles.ts';

interface Flags {
  readonly only: readonly string[];
  readonly engine?: EngineName;
  readonly predictions: number;
  readonly cycles: number;
  readonly json?: boolean;
}

const networks = CASES.filter((each): each is NetworkCase => each.kind === 'network');
const program = benchCommand('bench:memory')
  .addOption(
    new Option('--only <network...>', 'these networks')
      .choices(networks.map(({name}) => name))
      .default(['convnext-tiny', 'mobilenet-v2']),
  )
  .addOption(countOption('--predictions <n>', 'predictions of each side', 20))
  .addOption(countOption('--cycles <n>', 'rounds of load, run, dispose after them', 10))
  .addOption(new Option('--json', 'one JSON line a network on stdout, nothing else'))
  .parse();
const flags = program.opts<Flags>();

const environment = await machine();
if (flags.json !== true) process.stdout.write(`${Object.values(environment).join(', ')}\n`);
for (const network of networks.filter(({name}) => flags.only.includes(name))) {
  const {stock, fused} = await withNetworkFiles(network, async (written) => ({
    stock: await measure('stock', written),
    fused: await measure('fused', written),
  }));
  const faults = memoryFaults(stock, fused);
  if (faults.length > 0) process.exitCode = 1;
  const text = (): string =>
    `\n${network.name}\n${indented(describe(stock, fused))}\n${indented(faults.join('\n') || 'good')}`;
  const json = (): string => JSON.stringify({network: network.name, stock, fused, faults, environment});
  process.stdout.write(`${flags.json === true ? json() : text()}\n`);
}

async function measure(side: SideName, network: WrittenNetwork): Promise<SideMemory> {
  process.stderr.write(`${network.name}, ${side}\n`);
  const {predictions, cycles} = flags;
  const request = {side, model: network.model, predictions, cycles};
  return flags.engine === undefined ? inProcess(request) : inBrowser(flags.engine, request, network);
}

async function inProcess(request: MemoryRequest): Promise<SideMemory> {
  const child = fileURLToPath(new URL('memoryProcess.ts', import.meta.url));
  const node = ['--import', 'tsx', child, JSON.stringify(request)];
  const {stdout} = await promisify(execFile)(process.execPath, node);
  return JSON.parse(stdout) as SideMemory;
}

async function inBrowser(engine: EngineName, request: MemoryRequest, network: WrittenNetwork): Promise<SideMemory> {
  const opened = await openBenchPage({engine});
  try {
    const {model} = await opened.serveNetwork(network);
    return await opened.ask('memory', {...request, model});
  } finally {
    await opened.close();
  }
}

function describe(stock: SideMemory, fused: SideMemory): string {
  const bytes = (what: string, of: (side: SideMemory) => number): string[] => [what, mib(of(stock)), mib(of(fused))];
  const counts = (what: string, of: (side: SideMemory) => number): string[] => [
    what,
    String(of(stock)),
    String(of(fused)),
  ];
  const rows = [
    bytes('tensors at rest', (side) => side.tensorsAtRest),
    bytes('tensors and scratch at their highest', (side) => side.tensorsAtMost),
    bytes('wasm heap at the start', (side) => side.heapAtStart),
    bytes(`wasm heap after ${flags.predictions} predictions`, (side) => side.heap),
    bytes(
      `wasm heap after ${flags.cycles} rounds of load, run, dispose`,
      (side) => side.heapAfterCycles.at(-1) ?? side.heap,
    ),
    counts('allocations', (side) => side.allocations),
    counts('tensors left when all is disposed', (side) => side.tensorsLeft),
    counts('allocations left when all is disposed', (side) => side.allocationsLeft),
  ];
  return table(rows, [
    {title: 'MiB, or counts', text: ([what]) => what!},
    {title: 'stock', text: ([, value]) => value!, align: 'right'},
    {title: 'fused', text: ([, , value]) => value!, align: 'right'},
  ]);
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}
