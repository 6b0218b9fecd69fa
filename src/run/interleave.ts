/**
 * Timing of several sides in turns: A B A B. Whatever slows the machine for a while, slows all of them, and a side that ran
 * first is not the only one that found the caches cold.
 */
import {median} from './statistics.ts';

/** Runs a model, or anything. A promise where the work goes on after it returns. */
export type Run = () => void | Promise<void>;
/** A run of a side, at whose end all of its work is done. */
export type Side = Run;

export interface InterleaveOptions {
  /** Timed samples of each side. */
  readonly runs: number;
  /** A sample is as many runs in a row as last this long: browsers round their clock to a tenth of a millisecond. */
  readonly minSampleMs?: number;
  /** At most so many untimed runs of a side before, unless they are over sooner than `minWarmupMs`. */
  readonly maxWarmups?: number;
  /**
   * Untimed runs of a side go on at least so long. Engines optimise the code of a small model for a second or more, which makes it
   * several times as fast, and it seems steady on the way.
   */
  readonly minWarmupMs?: number;
  /** Milliseconds; a test brings its own clock. */
  readonly now?: () => number;
}

/** Returns how long to warm a side up that is run `runs` times: who asks for fewer than `usual` is in a hurry. Units: milliseconds. */
export function warmupMs(runs: number, usual: number): number {
  return WARMUP_MS * Math.min(1, runs / usual);
}

/** For so long engines go on optimising the code of a small model. */
const WARMUP_MS = 1500;

/** How many of the latest runs must agree, and how closely, for a side to count as warm. */
const STEADY_RUNS = 3;
const STEADY_SPREAD = 0.1;

/** Returns the milliseconds of a run, one number a sample, by side. Each side is first run until its times are steady. */
export async function interleave<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  {runs, minSampleMs = 5, maxWarmups = 12, minWarmupMs = 0, now = () => performance.now()}: InterleaveOptions,
): Promise<Record<Name, number[]>> {
  const lanes: {side: Side; repeats: number; ms: number[]}[] = [];
  const result: Partial<Record<Name, number[]>> = {};
  for (const name of Object.keys(sides) as Name[]) {
    const side = sides[name];
    const runMs = await warmUp(side, {maxWarmups, minWarmupMs, now});
    const lane = {side, repeats: Math.max(1, Math.ceil(minSampleMs / Math.max(runMs, minSampleMs / 1000))), ms: []};
    lanes.push(lane);
    result[name] = lane.ms;
  }
  for (let run = 0; run < runs; run++)
    for (const {side, repeats, ms} of lanes) ms.push(await timed(side, repeats, now));
  return result as Record<Name, number[]>;
}

/** Runs a side until it is warm. Returns the milliseconds that a run then takes. */
async function warmUp(
  side: Side,
  {maxWarmups, minWarmupMs, now}: Required<Pick<InterleaveOptions, 'maxWarmups' | 'minWarmupMs' | 'now'>>,
): Promise<number> {
  const times: number[] = [];
  const end = now() + minWarmupMs;
  while ((times.length < maxWarmups && !isSteady(times)) || now() < end) times.push(await timed(side, 1, now));
  return times.length === 0 ? Infinity : median(times.slice(-STEADY_RUNS));
}

/** Whether the latest runs lie close to their median. */
export function isSteady(times: readonly number[]): boolean {
  if (times.length < STEADY_RUNS) return false;
  const latest = times.slice(-STEADY_RUNS);
  return Math.max(...latest) - Math.min(...latest) <= STEADY_SPREAD * median(latest);
}

async function timed(side: Side, repeats: number, now: () => number): Promise<number> {
  const start = now();
  for (let i = 0; i < repeats; i++) await side();
  return (now() - start) / repeats;
}
