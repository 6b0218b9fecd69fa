/** The times of a comparison's two sides, in turns; where the fused one has several threads, also on the calling thread alone. */
import {backend, getBackend} from '@tensorflow/tfjs-core';
import {blockKernelOf} from '../../ops/kernels.ts';
import {type CompleteRun, interleave, type InterleaveOptions} from './interleave.ts';
import {both, type Pair} from './pair.ts';
import {summarize, type Timing} from './statistics.ts';

export interface SideTimes extends Pair<Timing> {
  /** Null where the fused side has no more threads than one. */
  readonly fusedOneThread: Timing | null;
}

/** What is timed: the two sides, and the fused one on the calling thread alone. */
export type TimedSide = keyof SideTimes;

/** Returns the times of both sides on tfjs's current backend. */
export async function timeSides(
  {stock, fused}: Pair<CompleteRun>,
  options: InterleaveOptions<TimedSide>,
): Promise<SideTimes> {
  const alone = onOneThread(fused);
  if (alone === null)
    return {...both(await interleave<keyof Pair<unknown>>({stock, fused}, options), summarize), fusedOneThread: null};
  const ms = await interleave({stock, fused, fusedOneThread: alone}, options);
  return {...both(ms, summarize), fusedOneThread: summarize(ms.fusedOneThread)};
}

/** Returns the run with fused blocks on one thread; null where they are anyway. */
function onOneThread(run: CompleteRun): CompleteRun | null {
  const threads = blockKernelOf(getBackend())?.threads;
  const count = threads?.count(backend()).count ?? 1;
  if (threads === undefined || count === 1) return null;
  return async () => {
    // Threads that have started stay: only how many are used changes, and at once.
    void threads.start(backend(), 1);
    try {
      await run();
    } finally {
      void threads.start(backend(), count);
    }
  };
}
