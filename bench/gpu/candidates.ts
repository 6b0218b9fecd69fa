/**
 * `npm run bench:gpu:candidates`: the modelled times of the planner's candidates, of each step of each block of the bench so many: the
 * best by the cost model, and of the others some of all ranks. A JSON line each, from which fit.ts makes prices, and of which a test
 * keeps some.
 */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Command, Option} from 'commander';
import {cutsOf} from '../../ops/webgpu/planner/cuts.ts';
import {DEFAULT_TRAITS} from '../../ops/webgpu/planner/device.ts';
import {familyOf} from '../../ops/webgpu/planner/families.ts';
import {type Pass, passesOf} from '../../ops/webgpu/planner/pass.ts';
import {blockOnDevice, type BlockOnDevice} from '../../ops/webgpu/planner/tensors.ts';
import {batched, type BlockCase} from '../speed/cases.ts';
import {countOption} from '../speed/flags.ts';
import type {GPU} from './gpus.ts';
import {type CandidateLine, stepName} from './kept.ts';
import {chosenBlocks, chosenGPUs, gpuOption, onlyOption} from './options.ts';
import {passProgram} from './programs.ts';
import {type ProgramTime, timesOf} from './times.ts';

interface Flags {
  readonly only?: readonly string[];
  readonly gpu: readonly string[];
  readonly batch: number;
  readonly each: number;
  readonly step?: string;
}

const program = new Command('npm run bench:gpu:candidates --')
  .addOption(onlyOption())
  .addOption(gpuOption())
  .addOption(countOption('--batch <n>', 'images at a time', 1))
  .addOption(countOption('--each <n>', 'so many candidates of a step', 24))
  .addOption(new Option('--step <tensors>', 'of this step alone, as in "x to spatial"'))
  .parse();
const {only, gpu: names, batch, each, step: wanted} = program.opts<Flags>();

for (const gpu of await chosenGPUs(program, names))
  for (const block of chosenBlocks(only)) await ofBlock(gpu, batched(batch, block));

async function ofBlock(gpu: GPU, {name, spec, size}: BlockCase): Promise<void> {
  const traits = {...DEFAULT_TRAITS, workgroupBytes: 32 * 1024, family: familyOf(gpu.vendor)};
  const block = blockOnDevice({spec, size, precision: 'float32'}, traits);
  const steps = [...new Set(cutsOf(block).flat())].filter((step) => wanted === undefined || stepName(step) === wanted);
  for (const step of steps) {
    const passes = someOf([...passesOf(block, step)]);
    process.stderr.write(`${gpu.name}: ${name}, ${stepName(step)}, ${passes.length} candidates\n`);
    const times = await timesInFolder(gpu, passes, block);
    for (const [i, time] of times.entries())
      process.stdout.write(
        `${JSON.stringify(lineOf({case: name, family: traits.family, batch, step: stepName(step)}, passes[i]!, time))}\n`,
      );
  }
}

/** Returns a third of those wanted from the fastest on, and the rest at distances that grow. */
function someOf(passes: readonly Pass[]): Pass[] {
  const ranked = [...passes].sort((a, b) => a.cost.seconds - b.cost.seconds);
  const best = Math.min(ranked.length, Math.ceil(each / 3));
  const rest = Math.min(ranked.length, each) - best;
  const others = Array.from({length: rest}, (_, i) => best + Math.floor((ranked.length - best) * (i / rest) ** 1.5));
  return [...new Set([...ranked.keys()].slice(0, best).concat(others))].map((rank) => ranked[rank]!);
}

async function timesInFolder(gpu: GPU, passes: readonly Pass[], block: BlockOnDevice): Promise<ProgramTime[]> {
  const folder = await mkdtemp(join(tmpdir(), 'block-fusion-gpu-'));
  try {
    const programs = passes.map((pass, i) => passProgram(`candidate-${i}`, pass, block));
    return await timesOf(gpu, programs, folder);
  } finally {
    await rm(folder, {recursive: true});
  }
}

/** `us` is the whole time, `issue` and `alone` cycles of a wave. */
function lineOf(
  of: Pick<CandidateLine, 'case' | 'family' | 'batch' | 'step'>,
  {variant, cost}: Pass,
  time: ProgramTime,
): CandidateLine {
  const {us, wave, waveWork, passes, threads, registers, spills, resident, isDoubtful} = time;
  const {issue, alone} = waveWork;
  return {
    ...{...of, variant, workgroups: cost.workgroups, us},
    ...{issue, alone, passes, wave, threads, registers, spills, resident, isDoubtful},
  };
}
