/** What the commands of this folder ask for alike. */
import {type Command, Option} from 'commander';
import {type BlockCase, CASES} from '../speed/cases.ts';
import {PART_CASES} from '../speed/partCases.ts';
import {INSTALL, missingFor} from './compilers.ts';
import {DEFAULT_GPUS, type GPU, gpuNamed, GPUS} from './gpus.ts';

const BLOCKS = [...CASES.filter((each): each is BlockCase => each.kind === 'block'), ...PART_CASES];

/** Returns the option of blocks, by default all. */
export function onlyOption(): Option {
  return new Option('--only <case...>', 'these blocks').choices(BLOCKS.map(({name}) => name));
}

/** Returns the blocks that it names. */
export function chosenBlocks(only: readonly string[] | undefined): BlockCase[] {
  return BLOCKS.filter(({name}) => only?.includes(name) !== false);
}

/** Returns the option of GPUs. */
export function gpuOption(): Option {
  return new Option('--gpu <name...>', 'for these GPUs').choices(GPUS.map(({name}) => name)).default([...DEFAULT_GPUS]);
}

/** Returns the GPUs that it names; ends the program, saying what to install, where the compiler of one is missing. */
export async function chosenGPUs(program: Command, names: readonly string[]): Promise<GPU[]> {
  const gpus = names.map(gpuNamed);
  for (const gpu of gpus) {
    const missing = await missingFor(gpu);
    if (missing !== null) program.error(`bench:gpu: ${missing} is missing; type: ${INSTALL}`);
  }
  return gpus;
}
