/** A whole network: the converted graph as stock tfjs runs it best, against the same graph with its blocks fused. */
import {compareModels} from '../src/compare/compareModels.ts';
import type {AllTfjs} from '../src/compare/tfjs.ts';
import type {BenchOptions} from './blockBench.ts';
import type {NetworkCase} from './cases.ts';
import {type CaseResult, NO_RATES, ratesOf} from './result.ts';

/** Returns how the network's two sides compare on tfjs's current backend. */
export async function benchNetwork(
  tf: AllTfjs,
  network: NetworkCase,
  {runs, seed, peak}: BenchOptions,
): Promise<CaseResult> {
  const model = tf.io.fromMemory(network.artifacts());
  const comparison = await compareModels(tf, model, {runs, seed, fuse: {blocks: 'all'}});
  const {stock, fused, stockForm, maxAbsError, tolerance, passed, loadMs, kernels, peakBytes, fusedBlocks} = comparison;
  const macs = network.macs();
  return {
    case: network.name,
    stockForm,
    maxAbsError,
    tolerance,
    passed,
    macs,
    peak,
    ...(stock === null || fused === null ? NO_RATES : ratesOf({stock, fused}, macs, peak)),
    loadMs,
    kernels,
    peakBytes,
    blocks: fusedBlocks && {...fusedBlocks, shareOfPeak: fusedBlocks.macs / fusedBlocks.ms / 1e6 / peak.gmacsPerS},
  };
}
