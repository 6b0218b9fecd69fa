/** The loop that every thread of a call runs, the calling one and workers alike. */
import type {KernelExports} from '../module.ts';
import {State, ThreadWord, threadWord, Word} from './words.ts';

/** What a thread runs of the kernels. */
export type StepKernels = Pick<KernelExports, 'computeStep' | 'storeStep'>;

/**
 * Takes tasks from the queue until none is left. A thread that was given up while it computed stores nothing and returns false.
 *
 * The thread's state is COMPUTING when this begins, and when it ends.
 */
export function takeTasks(words: Int32Array, thread: number, kernels: StepKernels): boolean {
  const state = threadWord(thread, ThreadWord.STATE);
  // An address is unsigned.
  const record = Atomics.load(words, threadWord(thread, ThreadWord.RECORD)) >>> 0;
  const start = Atomics.load(words, Word.FIRST_STEP);
  const end = Atomics.load(words, Word.END_STEP);
  const taskSteps = Atomics.load(words, Word.TASK_STEPS);
  for (;;) {
    const first = start + Atomics.add(words, Word.NEXT_TASK, 1) * taskSteps;
    if (first >= end) return true;
    for (let step = first; step < Math.min(end, first + taskSteps); step++) {
      kernels.computeStep(record, step);
      if (!exchange(words, state, State.COMPUTING, State.STORING)) return false;
      kernels.storeStep(record);
      if (!exchange(words, state, State.STORING, State.COMPUTING)) return false;
      Atomics.add(words, Word.PROGRESS, 1);
    }
  }
}

/** Changes a state from one to another; returns false where it was not the first. */
export function exchange(words: Int32Array, at: number, from: State, to: State): boolean {
  return Atomics.compareExchange(words, at, from, to) === from;
}
