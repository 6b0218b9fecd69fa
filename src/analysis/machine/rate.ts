/** The rate of a loop whose work is known. */
import {median, quantile} from '../../run/statistics.ts';

/** A rate, as several samples of the same work show it. */
export interface Rate {
  /** The best of the samples, which nothing disturbed. Units: of the work, a second. */
  readonly perS: number;
  /** (p90 − p10) ÷ median of the samples. */
  readonly spread: number;
}

export interface Loop {
  /** Of one run. */
  readonly work: number;
  readonly run: () => void;
}

export interface Sampling {
  readonly samples: number;
  /** A sample is as many runs as last so long. */
  readonly sampleMs: number;
  /** Before the samples: engines optimise code in the background while it runs. */
  readonly warmupMs: number;
}

/** Returns the rate of a loop. */
export function measureRate({work, run}: Loop, {samples, sampleMs, warmupMs}: Sampling): Rate {
  timeOf(run, warmupMs);
  return rateOf(Array.from({length: samples}, () => work / timeOf(run, sampleMs)));
}

/** Returns the rate that samples show. Units: of `perMs`, the work in a millisecond. */
export function rateOf(perMs: readonly number[]): Rate {
  const spread = (quantile(perMs, 0.9) - quantile(perMs, 0.1)) / median(perMs);
  return {perS: 1e3 * Math.max(...perMs), spread};
}

/** Returns the milliseconds of a run: the mean of as many as last `minMs` together, one or more. */
function timeOf(run: () => void, minMs: number): number {
  const start = performance.now();
  for (let runs = 1; ; runs++) {
    run();
    const ms = performance.now() - start;
    if (ms > 0 && ms >= minMs) return ms / runs;
  }
}
