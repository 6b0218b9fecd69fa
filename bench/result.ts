/** What the bench says of a case: one JSON line each, the same from Node and from Chromium. */
import type {BlockSpec} from '../ops/block.ts';
import type {ImageSize} from '../ops/cost.ts';
import type {BlocksFootprint} from '../src/compare/runs.ts';
import type {Pair} from '../src/compare/pair.ts';
import type {Timing} from '../src/compare/statistics.ts';
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
  /** Null, with every number that follows from it, where the results are wrong. */
  readonly stock: Timing | null;
  readonly fused: Timing | null;
  readonly macs: number;
  /** Of a network, as compareModels gives them. Units: milliseconds, kernels, bytes. */
  readonly loadMs?: Pair<number> | null;
  readonly kernels?: Pair<number>;
  readonly peakBytes?: Pair<number>;
  /** Of a network: its fused blocks alone, as tf.profile times them. */
  readonly blocks?: BlocksFootprint | null;
}

export interface CaseResult extends Omit<Measurement, 'blocks'> {
  readonly speedup: number | null;
  readonly gmacsPerS: Pair<number> | null;
  readonly shareOfPeak: Pair<number> | null;
  readonly peak: Peak;
  readonly blocks?: BlocksShare | null;
}

export interface BlocksShare extends BlocksFootprint {
  readonly shareOfPeak: number | null;
}

/** Returns the measurement with its speed-up, rates and shares of the peak. */
export function resultOf(measurement: Measurement, peak: Peak): CaseResult {
  const {blocks, ...rest} = measurement;
  const {stock, fused, macs} = rest;
  const share = (gmacsPerS: number): number => gmacsPerS / peak.gmacsPerS;
  const gmacsPerS = stock && fused && {stock: rate(macs, stock.medianMs), fused: rate(macs, fused.medianMs)};
  return {
    ...rest,
    speedup: stock && fused && stock.medianMs / fused.medianMs,
    gmacsPerS,
    shareOfPeak: gmacsPerS && {stock: share(gmacsPerS.stock), fused: share(gmacsPerS.fused)},
    peak,
    ...(blocks === undefined ? {} : {blocks: blocks && {...blocks, shareOfPeak: blocksShare(blocks, share)}}),
  };
}

function blocksShare({macs, ms}: BlocksFootprint, share: (gmacsPerS: number) => number): number | null {
  return ms === null ? null : share(rate(macs, ms));
}

/** Units: GMAC/s. */
function rate(macs: number, ms: number): number {
  return macs / ms / 1e6;
}
