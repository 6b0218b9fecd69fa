/** How long the blocks of a model take in a run: fused, and as the nodes that they replace. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import {both, type Pair} from '../run/pair.ts';
import {medianOfKnown, sumOfKnown} from '../run/statistics.ts';
import {blockByNode, type BlockNodes} from '../run/blockNodes.ts';
import {hookNodes} from '../run/kernelHooks.ts';
import {runOnce} from '../run/runs.ts';
import {clockOf, tracedRun, type TracedRun} from '../run/tracedRun.ts';

export interface TimedModels extends Pair<GraphModel> {
  readonly inputs: NamedTensorMap;
  readonly blocks: readonly BlockNodes[];
}

/** Traced runs of each side, alternately; the medians of their times count. */
const RUNS = 5;

/**
 * Returns what each side spends in the blocks: the sum over the kernels of their nodes. Null where nothing times it, as on a GPU
 * without timestamps, and where no such node ran. Units: milliseconds.
 */
export async function blockTimes({inputs, blocks, ...sides}: TimedModels): Promise<Pair<number | null>> {
  const clock = await clockOf();
  if (blocks.length === 0 || clock === 'none') return {stock: null, fused: null};
  const blockOf = blockByNode(blocks);
  const ms: Pair<(number | null)[]> = {stock: [], fused: []};
  for (let run = 0; run < RUNS; run++)
    for (const side of ['stock', 'fused'] as const) {
      const model = sides[side];
      const subject = {run: () => runOnce(model, inputs), clock, hookNodes: hookNodes.bind(null, model)};
      ms[side].push(timeIn(await tracedRun(subject, () => ({})), blockOf));
    }
  return both(ms, medianOfKnown);
}

function timeIn({kernels, failure}: TracedRun<object>, blockOf: ReturnType<typeof blockByNode>): number | null {
  const ms = kernels.filter(({node}) => node !== null && blockOf(node) !== undefined).map((kernel) => kernel.ms);
  return failure === null ? sumOfKnown(ms) : null;
}
