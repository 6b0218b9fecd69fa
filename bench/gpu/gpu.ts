/**
 * `npm run bench:gpu`: what the compilers of real GPUs make of the shaders that run a block, fused and stock: registers, spills, waves,
 * and the arithmetic of the hottest loop. Needs no GPU.
 */
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Command, Option} from 'commander';
import '@tensorflow/tfjs-backend-cpu';
import {DEFAULT_TRAITS, familyOf} from '../../ops/webgpu/planner/device.ts';
import {startWebGPUInNode} from '../../src/cli/host/webgpuInNode.ts';
import {table} from '../../src/cli/report/table.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {batched, type BlockCase, CASES} from '../speed/cases.ts';
import {countOption} from '../speed/flags.ts';
import {compileFor, INSTALL, missingFor} from './compilers.ts';
import {figuresOf, type ShaderFigures} from './figures.ts';
import {DEFAULT_GPUS, type GPU, gpuNamed, GPUS} from './gpus.ts';
import {fusedPrograms, type Program, stockPrograms, watchDispatches} from './programs.ts';

interface Flags {
  readonly only: readonly string[];
  readonly gpu: readonly string[];
  readonly batch: number;
  readonly limits: 'default' | 'raised';
  readonly keep?: string;
  readonly json?: boolean;
}

const blocks = CASES.filter((each): each is BlockCase => each.kind === 'block');
const program = new Command('npm run bench:gpu --')
  .addOption(new Option('--only <case...>', 'these blocks').choices(blocks.map(({name}) => name)))
  .addOption(
    new Option('--gpu <name...>', 'for these GPUs').choices(GPUS.map(({name}) => name)).default([...DEFAULT_GPUS]),
  )
  .addOption(countOption('--batch <n>', 'images at a time', 1))
  .addOption(
    new Option('--limits <which>', "WebGPU's default limits, or 32 KiB of workgroup memory and 1024 invocations")
      .choices(['default', 'raised'])
      .default('raised'),
  )
  .addOption(new Option('--keep <folder>', 'keep WGSL, SPIR-V, assembly and statistics there'))
  .addOption(new Option('--json', 'one JSON line a shader and GPU on stdout, nothing else'))
  .parse();
const flags = program.opts<Flags>();

const gpus = flags.gpu.map(gpuNamed);
for (const gpu of gpus) {
  const missing = await missingFor(gpu);
  if (missing !== null) program.error(`bench:gpu: ${missing} is missing; type: ${INSTALL}`);
}
await startWebGPUInNode();
watchDispatches();
await import('@tensorflow/tfjs-backend-webgpu');
await tf.setBackend('webgpu');

const traits =
  flags.limits === 'default' ? DEFAULT_TRAITS : {...DEFAULT_TRAITS, workgroupBytes: 32 * 1024, invocations: 1024};
const folder = flags.keep ?? (await mkdtemp(join(tmpdir(), 'block-fusion-gpu-')));
const chosen = blocks.filter(({name}) => (flags.only as Flags['only'] | undefined)?.includes(name) !== false);
try {
  for (const block of chosen.map((each) => (flags.batch === 1 ? each : batched(flags.batch, each)))) {
    process.stderr.write(`${block.name}\n`);
    await report(block, await stockPrograms(block, 1));
  }
} finally {
  if (flags.keep === undefined) await rm(folder, {recursive: true});
}
process.exit(); // Dawn would keep Node alive

interface Row {
  readonly program: Program;
  readonly gpu: GPU;
  readonly figures: ShaderFigures;
}

/** The planner has tiles of its own for some GPUs; stock programs are the same for all. */
async function report(block: BlockCase, stock: readonly Program[]): Promise<void> {
  const rows: Row[] = [];
  for (const gpu of gpus) {
    const into = join(folder, gpu.name);
    await mkdir(into, {recursive: true});
    const programs = [...fusedPrograms(block, {...traits, family: familyOf(gpu.vendor)}), ...stock];
    const files = await Promise.all(programs.map(async (each) => fileOf(each, into)));
    const compiled = await compileFor(gpu, files, into);
    for (const each of programs)
      rows.push({program: each, gpu, figures: figuresOf(gpu, compiled.get(each.name)!, each.workgroups)});
  }
  process.stdout.write(flags.json === true ? rows.map(jsonLine).join('') : `${tableOf(rows)}\n\n`);
}

async function fileOf({name, wgsl}: Program, into: string): Promise<string> {
  const file = join(into, `${name}.wgsl`);
  await writeFile(file, wgsl);
  return file;
}

function jsonLine({program: {name, workgroups}, gpu, figures}: Row): string {
  return `${JSON.stringify({shader: name, gpu: gpu.name, workgroups, ...figures})}\n`;
}

function tableOf(rows: readonly Row[]): string {
  const percent = (share: number): string => `${Math.round(100 * share)}%`;
  return table(rows, [
    {title: 'shader', text: (row) => row.program.name},
    {title: 'GPU', text: (row) => row.gpu.name},
    {title: 'threads/wave', text: ({figures}) => `${figures.threads}/${figures.wave}`, align: 'right'},
    {title: 'registers', text: ({figures}) => String(figures.registers), align: 'right'},
    {title: 'spills', text: ({figures}) => String(figures.spills), align: 'right'},
    {title: 'shared bytes', text: ({figures}) => String(figures.workgroupBytes), align: 'right'},
    {title: 'waves held', text: ({figures}) => figures.resident.toPrecision(2), align: 'right'},
    {title: 'in flight', text: ({figures}) => figures.wavesInFlight.toPrecision(2), align: 'right'},
    {title: 'MAC/issue', text: ({figures}) => percent(figures.macsPerIssue), align: 'right'},
    {title: 'of peak, by', text: ({figures}) => `${percent(figures.peakShare)} ${figures.bound}`},
  ]);
}
