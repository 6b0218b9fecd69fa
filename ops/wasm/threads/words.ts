/** The words that the threads of a pool share, 32 bits each, in a buffer of their own: pool.ts and worker.ts agree on them here. */

/** Of the call at hand. What threads write at the same time lies on different cache lines. */
export enum Word {
  /** The next task of the queue. */
  NEXT_TASK = 0,
  /** Steps that are stored: it grows as long as somebody works. */
  PROGRESS = 16,
  FIRST_STEP = 32,
  /** One past the last step of the sweep at hand. */
  END_STEP,
  TASK_STEPS,
  /** Which of the attached memories it works on. */
  MEMORY,
}

/** Words of one thread, from `threadWord` on. */
export enum ThreadWord {
  /** A State. */
  STATE,
  /** The address of its record (../assembly/fields.ts). */
  RECORD,
}

/** What a thread is doing. Whoever changes a state that another thread may change too does it by compare and exchange. */
export const State = {
  /** Asleep on this word. */
  IDLE: 0,
  /** Called, not awake yet: the caller can still take it back. */
  CALLED: 1,
  /** Computes a step in its own scratch. */
  COMPUTING: 2,
  /** Writes a step's results to where others read them. */
  STORING: 3,
  /** In its event loop, for a message. */
  LISTENING: 4,
  /** Stopped by an error. */
  FAILED: 5,
  /** Given up by the caller: it stores nothing any more. */
  LOST: 6,
} as const;
export type State = (typeof State)[keyof typeof State];

const FIRST_THREAD = 48;
const WORDS_A_THREAD = 16;

/** The calling thread is 0, workers follow. */
export function threadWord(thread: number, word: ThreadWord): number {
  return FIRST_THREAD + thread * WORDS_A_THREAD + word;
}

export function sharedWords(threads: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4 * threadWord(threads, ThreadWord.STATE)));
}
