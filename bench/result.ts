/** What the bench says of a case: one JSON line each, the same from Node and from Chromium. */
import type {Pair} from '../src/compare/sides.ts';
import type {BlocksFootprint} from '../src/compare/runs.ts';
import type {Timing} from '../src/compare/statistics.ts';
import type {Peak} from './peak.ts';

export interface CaseResult {
  readonly case: string;
  /** The stock side: which of its forms is the fastest here. */
  readonly stockForm: string;
  /** The worst difference of fused and stock; for a block also of either from the float64 reference. */
  readonly maxAbsError: number;
  readonly tolerance: number;
  readonly passed: boolean;
  /** Null, with every number of time below, where the results are wrong. */
  readonly stock: Timing | null;
  readonly fused: Timing | null;
  readonly speedup: number | null;
  readonly macs: number;
  readonly gmacsPerS: Pair<number> | null;
  readonly shareOfPeak: Pair<number> | null;
  readonly peak: Peak;
  /** Of a network, as compareModels gives them. Units: milliseconds, kernels, bytes. */
  readonly loadMs?: Pair<number> | null;
  readonly kernels?: Pair<number>;
  readonly peakBytes?: Pair<number>;
  /** Of a network: its fused blocks alone, as tf.profile times them. */
  readonly blocks?: BlocksShare | null;
}

export interface BlocksShare extends BlocksFootprint {
  readonly shareOfPeak: number;
}

type Rates = Pick<CaseResult, 'stock' | 'fused' | 'speedup' | 'gmacsPerS' | 'shareOfPeak'>;

/** Nothing is timed where the results are wrong. */
export const NO_RATES: Rates = {stock: null, fused: null, speedup: null, gmacsPerS: null, shareOfPeak: null};

/** Returns speed-up, rates and shares of the peak from both sides' times. */
export function ratesOf({stock, fused}: Pair<Timing>, macs: number, peak: Peak): Rates {
  const rate = ({medianMs}: Timing): number => macs / medianMs / 1e6;
  const gmacsPerS = {stock: rate(stock), fused: rate(fused)};
  return {
    stock,
    fused,
    speedup: stock.medianMs / fused.medianMs,
    gmacsPerS,
    shareOfPeak: {stock: gmacsPerS.stock / peak.gmacsPerS, fused: gmacsPerS.fused / peak.gmacsPerS},
  };
}
