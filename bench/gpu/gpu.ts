/**
 * `npm run bench:gpu`: what real GPUs make of the shaders that run a block, fused and stock, by their compilers and a model of their
 * time: registers, spills, waves, the arithmetic of the hottest loop, and µs. Needs no GPU.
 */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Command, Option} from 'commander';
import '@tensorflow/tfjs-backend-cpu';
import {DEFAULT_TRAITS} from '../../ops/webgpu/planner/device.ts';
import {familyOf} from '../../ops/webgpu/planner/families.ts';
import {startWebGPUInNode} from '../../src/cli/host/webgpuInNode.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {batched, type BlockCase} from '../speed/cases.ts';
import {countOption} from '../speed/flags.ts';
import {captureDispatches} from './dispatches.ts';
import type {GPU} from './gpus.ts';
import {chosenBlocks, chosenGPUs, gpuOption, onlyOption} from './options.ts';
import {fusedSides, type Side, stockSides} from './programs.ts';
import {blockTable, jsonLine, passTable, percent, type Row, type TimedSide} from './report.ts';
import {type ProgramTime, timesOf} from './times.ts';

interface Flags {
  readonly only?: readonly string[];
  readonly gpu: readonly string[];
  readonly batch: number;
  readonly limits: 'default' | 'raised';
  readonly passes?: boolean;
  readonly keep?: string;
  readonly json?: boolean;
}

const program = new Command('npm run bench:gpu --')
  .addOption(onlyOption())
  .addOption(gpuOption())
  .addOption(countOption('--batch <n>', 'images at a time', 1))
  .addOption(
    new Option('--limits <which>', "WebGPU's default limits, or 32 KiB of workgroup memory and 1024 invocations")
      .choices(['default', 'raised'])
      .default('raised'),
  )
  .addOption(new Option('--passes', 'a line for each dispatch'))
  .addOption(new Option('--keep <folder>', 'keep WGSL, SPIR-V, assembly and statistics there'))
  .addOption(new Option('--json', 'one JSON line a block and GPU on stdout, nothing else'))
  .parse();
const flags = program.opts<Flags>();

const gpus = await chosenGPUs(program, flags.gpu);
await startWebGPUInNode();
captureDispatches();
await import('@tensorflow/tfjs-backend-webgpu');
await tf.setBackend('webgpu');

const traits =
  flags.limits === 'default' ? DEFAULT_TRAITS : {...DEFAULT_TRAITS, workgroupBytes: 32 * 1024, invocations: 1024};
const folder = flags.keep ?? (await mkdtemp(join(tmpdir(), 'block-fusion-gpu-')));
try {
  for (const block of chosenBlocks(flags.only).map((each) => batched(flags.batch, each))) {
    process.stderr.write(`${block.name}\n`);
    process.stdout.write(textOf(await rowsOf(block)));
  }
} finally {
  if (flags.keep === undefined) await rm(folder, {recursive: true});
}
process.exit(); // Dawn would keep Node alive

/** The planner has tiles of its own for some GPUs; stock programs are the same for all. */
async function rowsOf(block: BlockCase): Promise<Row[]> {
  const stock = await stockSides(block);
  const rows: Row[] = [];
  for (const gpu of gpus) {
    const sides = [...fusedSides(block, {...traits, family: familyOf(gpu.vendor)}), ...stock];
    const [fused, chosen, ...forms] = await timedSides(gpu, sides);
    rows.push({block, gpu, fused: fused!, chosen: chosen!, stock: forms.sort((a, b) => a.us - b.us)});
  }
  return rows;
}

async function timedSides(gpu: GPU, sides: readonly Side[]): Promise<TimedSide[]> {
  const programs = sides.flatMap((side) => side.programs);
  const times = await timesOf(gpu, programs, join(folder, gpu.name));
  warnOf(gpu, times);
  let end = 0;
  return sides.map((side) => {
    const own = times.slice(end, (end += side.programs.length));
    return {name: side.name, times: own, us: own.reduce((sum, {us}) => sum + us, 0)};
  });
}

function warnOf(gpu: GPU, times: readonly ProgramTime[]): void {
  for (const {program: each, coverage, isDoubtful} of times)
    if (isDoubtful)
      process.stderr.write(`${each.name} for ${gpu.name}: its loops account for ${percent(coverage)} of its MACs\n`);
}

function textOf(rows: readonly Row[]): string {
  if (flags.json === true) return rows.map(jsonLine).join('');
  const tables = flags.passes === true ? [blockTable(rows), passTable(rows)] : [blockTable(rows)];
  return tables.map((each) => `${each}\n\n`).join('');
}
