/** What the bench says of a case: one JSON line each, the same from Node and from Chromium. */
import type {BlockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import type {BlocksFootprint} from '../../src/compare/compareModels.ts';
import {both, type Pair} from '../../src/run/pair.ts';
import type {PlannedKind} from '../../src/compare/plans.ts';
import type {DispatchTime} from '../../src/run/gpu.ts';
import type {Timing} from '../../src/run/statistics.ts';
import type {TimedPlan} from './everyPlan.ts';
import type {Modelled} from './modelled.ts';
import type {Peak} from './peak.ts';

/** A case as it was measured, when the best that the machine can do is not yet known. */
export interface Measurement {
  readonly case: string;
  /** Of a block. */
  readonly spec?: BlockSpec;
  readonly size?: ImageSize;
  /** The stock side: which of its forms is the fastest here. */
  readonly stockForm: string;
  /** The worst difference of fused and stock; for a block also of either from the float64 reference. */
  readonly maxAbsError: number;
  readonly tolerance: number;
  readonly passed: boolean;
  /** Null, with every number that follows from it, where the results are wrong. On webgpu to the end of a read-back. */
  readonly stock: Timing | null;
  readonly fused: Timing | null;
  /** The fused side on the calling thread alone; null too where it has no more. */
  readonly fusedOneThread: Timing | null;
  /** The GPU's own time, summed over dispatches; null where there is no GPU, or one without timestamps. */
  readonly gpu: Pair<Timing> | null;
  /** Of a block: the GPU's own time for each dispatch; null as `gpu`. */
  readonly gpuDispatches?: Pair<readonly DispatchTime[]> | null;
  readonly macs: number;
  readonly kernels: Pair<number>;
  readonly dispatches: Pair<number> | null;
  /** Units: bytes. */
  readonly peakBytes: Pair<number>;
  /** What goes through memory, every kernel's inputs and outputs, of a fused block by its plan. Units: bytes. */
  readonly movedBytes: Pair<number>;
  readonly plans: readonly PlannedKind[];
  /** Of a block, where asked for: every plan that the planner has for it, as the cost model ranks them. */
  readonly everyPlan?: readonly TimedPlan[];
  /** The fused blocks by the cost model; null where none has a plan on webgpu. */
  readonly modelled: Modelled | null;
  /** Of a network, as compareModels gives them. Units: milliseconds. */
  readonly loadMs?: Pair<number> | null;
  /** Of a network: its fused blocks alone, and the nodes that they replace. */
  readonly blocks?: BlocksFootprint | null;
}

/** What a case gives before the cost model is asked. */
export type UnmodelledMeasurement = Omit<Measurement, 'modelled'>;

/** Rates and shares are by the GPU's own time where that is known. */
export interface CaseResult extends Omit<Measurement, 'blocks'> {
  readonly speedup: number | null;
  /** How many times as fast as on one thread; null where the fused side has no more. */
  readonly scaling: number | null;
  readonly gpuSpeedup: number | null;
  readonly gmacsPerS: Pair<number> | null;
  readonly shareOfPeak: Pair<number> | null;
  /** Null where the bandwidth is not known. Above 1 where caches serve what the count takes for memory. */
  readonly shareOfBandwidth: Pair<number> | null;
  readonly peak: Peak;
  readonly blocks?: BlocksShare | null;
}

export interface BlocksShare extends BlocksFootprint {
  readonly shareOfPeak: number | null;
}

/** Returns the measurement with its speed-up, rates and shares of the peak. */
export function resultOf(measurement: Measurement, peak: Peak): CaseResult {
  const {blocks, ...rest} = measurement;
  const {stock, fused, fusedOneThread, gpu, macs, movedBytes} = rest;
  const wall = stock && fused && {stock, fused};
  const times = gpu ?? wall;
  const gmacsPerS = times && both(times, ({medianMs}) => rate(macs, medianMs));
  const shareOfPeak = gmacsPerS && both(gmacsPerS, (each) => each / peak.gmacsPerS);
  return {
    ...rest,
    speedup: wall && speedupOf(wall),
    scaling: fused && fusedOneThread && fusedOneThread.medianMs / fused.medianMs,
    gpuSpeedup: gpu && speedupOf(gpu),
    gmacsPerS,
    shareOfPeak,
    shareOfBandwidth: times && bandwidthShares(times, movedBytes, peak),
    peak,
    ...(blocks === undefined ? {} : {blocks: blocks && {...blocks, shareOfPeak: blocksShare(blocks, peak)}}),
  };
}

function speedupOf({stock, fused}: Pair<Timing>): number {
  return stock.medianMs / fused.medianMs;
}

function bandwidthShares(times: Pair<Timing>, bytes: Pair<number>, {gbytesPerS}: Peak): Pair<number> | null {
  if (gbytesPerS === null) return null;
  const share = (side: 'stock' | 'fused'): number => rate(bytes[side], times[side].medianMs) / gbytesPerS;
  return {stock: share('stock'), fused: share('fused')};
}

function blocksShare({macs, ms}: BlocksFootprint, peak: Peak): number | null {
  return ms === null ? null : rate(macs, ms) / peak.gmacsPerS;
}

/** Units: of MACs GMAC/s, of bytes GB/s. */
function rate(amount: number, ms: number): number {
  return amount / ms / 1e6;
}
