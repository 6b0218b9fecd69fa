/** What a run takes: kernels, dispatches, memory, and of all that the part of the fused blocks. */
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import type {BlockSpec} from '../../ops/block.ts';
import {blockMacs, blockRun, movedBytes, peakBytes} from './blockKernels.ts';
import type {Run} from './runs.ts';
import {median} from '../statistics.ts';
import type {AllTfjs} from './tfjs.ts';
import {countDispatches, hasTimestamps} from './webgpu.ts';

/** Units: kernels run, bytes, MACs, milliseconds. */
export interface RunFootprint {
  readonly kernels: number;
  /** What is sent to the GPU; null on other backends. */
  readonly dispatches: number | null;
  /** Tensors at their highest above what was there before the run, and scratch. */
  readonly peakBytes: number;
  /** What goes through memory: the inputs and outputs of each kernel, of a fused block by its plan. */
  readonly movedBytes: number;
  /** The fused blocks alone; null where none ran. */
  readonly blocks: BlocksFootprint | null;
}

export interface BlocksFootprint {
  readonly count: number;
  readonly macs: number;
  /** As tf.profile times kernels; null on a GPU without timestamps. */
  readonly ms: number | null;
}

type ProfileInfo = Awaited<ReturnType<AllTfjs['profile']>>;

/** Profiled runs, of whose times the median is taken. */
const PROFILES = 5;

/** Returns what a run takes, which computes, or sends what a GPU computes, and lets all go. `specs`: of the fused blocks in it. */
export async function footprintOf(
  tf: AllTfjs,
  {run, specs}: {run: Run; specs: readonly BlockSpec[]},
): Promise<RunFootprint> {
  const backend = tf.getBackend();
  const profile = (): Promise<ProfileInfo> => tf.profile(run);
  const startBytes = tf.memory().numBytes;
  const {kernels} = await profile();
  // A profile lists the wrapper of an op too, under a name that no kernel has.
  const kernelNames = new Set(tf.getKernelsForBackend(backend).map(({kernelName}) => kernelName));
  const leaves = kernels.filter(({name}) => kernelNames.has(name));
  const known = {specs, place: {backend, device: tf.backend()}};
  const blocks = leaves.flatMap((kernel) => blockRun(kernel, specs) ?? []);
  const blocksMs: number[] = [];
  const timed = blocks.length > 0 && (backend !== 'webgpu' || hasTimestamps(tf));
  for (let i = 0; timed && i < PROFILES; i++) blocksMs.push(await blockTime(await profile()));
  return {
    kernels: leaves.length,
    dispatches: await countDispatches(tf, run),
    peakBytes: Math.max(0, peakBytes(kernels, known) - startBytes),
    movedBytes: movedBytes(leaves, known),
    blocks:
      blocks.length === 0 ? null : {count: blocks.length, macs: blockMacs(blocks), ms: timed ? median(blocksMs) : null},
  };
}

async function blockTime({kernels}: ProfileInfo): Promise<number> {
  let sum = 0;
  // Typed as a number, a kernel's time is one only later.
  for (const {name, kernelTimeMs} of kernels)
    if (name === FUSED_RESIDUAL_BLOCK) sum += await (kernelTimeMs as unknown as Promise<number>);
  return sum;
}
