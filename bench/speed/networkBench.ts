/** A whole network: the converted graph as stock tfjs runs it best, against the same graph with its blocks fused. */
import type {io} from '@tensorflow/tfjs-core';
import {compareModels} from '../../src/compare/compareModels.ts';
import type {BenchOptions} from './blockBench.ts';
import type {WrittenNetwork} from './cases.ts';
import type {UnmodelledMeasurement} from './result.ts';

/** Returns how the network's two sides compare on tfjs's current backend. `model` reads the network's files. */
export async function benchNetwork(
  {name, macs, batch}: WrittenNetwork,
  {model, runs, seed}: BenchOptions & {model: io.IOHandler},
): Promise<UnmodelledMeasurement> {
  const comparison = await compareModels(model, {runs, seed, batch, fuse: {blocks: 'all'}});
  const {stockForm, maxAbsError, tolerance, passed, stock, fused, fusedOneThread, gpu} = comparison;
  const {kernels, dispatches, peakBytes, movedBytes, plans, loadMs, fusedBlocks} = comparison;
  return {
    ...{case: name, macs, stockForm, maxAbsError, tolerance, passed, stock, fused, fusedOneThread, gpu},
    ...{kernels, dispatches, peakBytes, movedBytes, plans},
    ...{loadMs, blocks: fusedBlocks},
  };
}
