/**
 * Timing of several runs in turns: A B A B. What slows the machine for a while slows all of them, and cold caches do not count
 * against the first alone.
 */
import {median} from './statistics.ts';

/** Runs a model, or anything. A promise where the work goes on after it returns. */
export type Run = () => void | Promise<void>;
/** A run at whose end all of its work is done. */
export type CompleteRun = Run;

export interface InterleaveOptions<Name extends string = string> {
  /** Timed samples of each. */
  readonly runs: number;
  /** A sample is as many runs in a row as last this long: browsers round their clock to a tenth of a millisecond. */
  readonly minSampleMs?: number;
  /** At most so many untimed runs before, unless they are over sooner than `minWarmupMs`. */
  readonly maxWarmups?: number;
  /**
   * Untimed runs go on at least so long. Engines optimise the code of a small model for a second or more, which makes it several times
   * as fast, with times that seem steady on the way.
   */
  readonly minWarmupMs?: number;
  /** Called with each timed sample as it is taken, for a display. Units: milliseconds. */
  readonly onSample?: ((name: Name, ms: number) => void) | undefined;
  /** Milliseconds; a test brings its own clock. */
  readonly now?: () => number;
}

/** Returns how long to warm up before `runs` samples: less where fewer than `usual` are asked for. Units: milliseconds. */
export function warmupMs(runs: number, usual: number): number {
  return WARMUP_MS * Math.min(1, runs / usual);
}

/** For so long engines go on optimising the code of a small model. */
const WARMUP_MS = 1500;

/** How many of the latest times must agree, and how closely, for a run to count as warm. */
const STEADY_RUNS = 3;
const STEADY_SPREAD = 0.1;

/** Returns the milliseconds of each run, one number a sample. Each is first repeated until its times are steady. */
export async function interleave<Name extends string>(
  runs: Readonly<Record<Name, CompleteRun>>,
  options: InterleaveOptions<Name>,
): Promise<Record<Name, number[]>> {
  const {runs: samples, minSampleMs = 5, maxWarmups = 12, minWarmupMs = 0, now = () => performance.now()} = options;
  const turns: {name: Name; run: CompleteRun; repeats: number; ms: number[]}[] = [];
  const result: Partial<Record<Name, number[]>> = {};
  for (const name of Object.keys(runs) as Name[]) {
    const run = runs[name];
    const runMs = await warmUp(run, {maxWarmups, minWarmupMs, now});
    const turn = {
      name,
      run,
      repeats: Math.max(1, Math.ceil(minSampleMs / Math.max(runMs, minSampleMs / 1000))),
      ms: [],
    };
    turns.push(turn);
    result[name] = turn.ms;
  }
  for (let sample = 0; sample < samples; sample++)
    for (const {name, run, repeats, ms} of turns) {
      const taken = await timed(run, repeats, now);
      ms.push(taken);
      options.onSample?.(name, taken);
    }
  return result as Record<Name, number[]>;
}

/** Repeats a run until it is warm. Returns the milliseconds that it then takes. */
async function warmUp(
  run: CompleteRun,
  {maxWarmups, minWarmupMs, now}: Required<Pick<InterleaveOptions, 'maxWarmups' | 'minWarmupMs' | 'now'>>,
): Promise<number> {
  const times: number[] = [];
  const end = now() + minWarmupMs;
  while ((times.length < maxWarmups && !isSteady(times)) || now() < end) times.push(await timed(run, 1, now));
  return times.length === 0 ? Infinity : median(times.slice(-STEADY_RUNS));
}

/** Whether the latest times lie close to their median. */
export function isSteady(times: readonly number[]): boolean {
  if (times.length < STEADY_RUNS) return false;
  const latest = times.slice(-STEADY_RUNS);
  return Math.max(...latest) - Math.min(...latest) <= STEADY_SPREAD * median(latest);
}

async function timed(run: CompleteRun, repeats: number, now: () => number): Promise<number> {
  const start = now();
  for (let i = 0; i < repeats; i++) await run();
  return (now() - start) / repeats;
}
