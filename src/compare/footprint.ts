/** What a run takes: kernels, dispatches and memory, and how many of its MACs are in fused blocks. */
import * as tf from '@tensorflow/tfjs-core';
import type {BlockSpec} from '../../ops/block.ts';
import {blockMacs, blockRun, movedBytes, peakBytes} from './blockKernels.ts';
import type {Run} from '../run/interleave.ts';
import {countDispatches} from '../run/gpu.ts';

/** Units: kernels run, bytes, MACs. */
export interface RunFootprint {
  readonly kernels: number;
  /** What is submitted to the GPU; null on other backends. */
  readonly dispatches: number | null;
  /** Tensors at their highest above what was there before the run, and scratch. */
  readonly peakBytes: number;
  /** What goes through memory: the inputs and outputs of each kernel, of a fused block by its plan. */
  readonly movedBytes: number;
  /** The fused blocks alone; null where none ran. */
  readonly blocks: BlocksWork | null;
}

export interface BlocksWork {
  readonly count: number;
  readonly macs: number;
}

/** Returns what a run takes, which disposes its outputs. `specs`: of the fused blocks in it. */
export async function footprintOf({run, specs}: {run: Run; specs: readonly BlockSpec[]}): Promise<RunFootprint> {
  const backend = tf.getBackend();
  const startBytes = tf.memory().numBytes;
  const {kernels} = await tf.profile(run);
  // A profile lists the wrapper of an op too, under a name that no kernel has.
  const kernelNames = new Set(tf.getKernelsForBackend(backend).map(({kernelName}) => kernelName));
  const leaves = kernels.filter(({name}) => kernelNames.has(name));
  const known = {specs, place: {backend, device: tf.backend()}};
  const blocks = leaves.flatMap((kernel) => blockRun(kernel, specs) ?? []);
  return {
    kernels: leaves.length,
    dispatches: await countDispatches(run),
    peakBytes: Math.max(0, (await peakBytes(kernels, known)) - startBytes),
    movedBytes: await movedBytes(leaves, known),
    blocks: blocks.length === 0 ? null : {count: blocks.length, macs: blockMacs(blocks)},
  };
}
