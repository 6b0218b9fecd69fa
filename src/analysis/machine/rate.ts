/** How fast a loop goes whose work is known. */
import {median, quantile} from '../../run/statistics.ts';

/** What was measured of something that is done again and again. */
export interface Rate {
  /** The best of several samples: a machine can do what it was seen to do when nothing disturbed it. Units: of the work, a second. */
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
  /** Engines optimise code in the background while it runs. */
  readonly warmupMs: number;
}

/** Returns how fast a loop goes. */
export function measureRate({work, run}: Loop, {samples, sampleMs, warmupMs}: Sampling): Rate {
  timeOf(run, warmupMs);
  return rateOf(Array.from({length: samples}, () => work / timeOf(run, sampleMs)));
}

/** Returns the rate that samples show. Units: of `perMs`, the work in a millisecond. */
export function rateOf(perMs: readonly number[]): Rate {
  const spread = (quantile(perMs, 0.9) - quantile(perMs, 0.1)) / median(perMs);
  return {perS: 1e3 * Math.max(...perMs), spread};
}

/** Returns the milliseconds of a run, of as many as last long enough; one at least. */
function timeOf(run: () => void, atLeastMs: number): number {
  const start = performance.now();
  for (let runs = 1; ; runs++) {
    run();
    const ms = performance.now() - start;
    if (ms > 0 && ms >= atLeastMs) return ms / runs;
  }
}
