/** What runs of a case of the bench, stock and fused, kernel by kernel. */
import {traceSides} from '../../src/analysis/modelWaterline.ts';
import {traceRun} from '../../src/analysis/trace.ts';
import type {AllTfjs} from '../../src/run/allTfjs.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import {blockSides, fastestForm, once} from '../speed/blockSides.ts';
import type {CaseTrace} from './boundCheck.ts';
import {batchedName, type BenchCase, type BlockCase, type NetworkCase} from '../speed/cases.ts';

export interface TraceCaseOptions {
  /** Of a network; a block's size says its own. */
  readonly batch: number;
  readonly runs: number;
}

const SEED = 1;

/** Returns the traces of both sides on tfjs's current backend. */
export async function traceCase(tf: AllTfjs, bench: BenchCase, options: TraceCaseOptions): Promise<CaseTrace[]> {
  registerBlockFusion({tf});
  return bench.kind === 'block' ? traceBlock(tf, bench, options) : traceNetwork(tf, bench, options);
}

async function traceBlock(tf: AllTfjs, block: BlockCase, {runs}: TraceCaseOptions): Promise<CaseTrace[]> {
  const sides = await blockSides(tf, block, SEED);
  try {
    const form = await fastestForm(tf, sides);
    const stock = once(() => form.run(sides.x));
    return [
      {case: block.name, side: 'stock', trace: await traceRun(stock, {runs})},
      {case: block.name, side: 'fused', trace: await traceRun(once(sides.fused), {runs})},
    ];
  } finally {
    sides.dispose();
  }
}

async function traceNetwork(
  tf: AllTfjs,
  {name, artifacts}: NetworkCase,
  {batch, runs}: TraceCaseOptions,
): Promise<CaseTrace[]> {
  const options = {batch, runs, seed: SEED, fuse: {blocks: 'all'}} as const;
  const {traces} = await traceSides(tf.io.fromMemory(artifacts()), options);
  return (['stock', 'fused'] as const).map((side) => ({
    case: batchedName(name, batch),
    side,
    trace: traces[side],
  }));
}
