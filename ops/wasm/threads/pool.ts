/**
 * Workers that share the steps of a call with the thread that makes it, for any number of memories.
 *
 * They sleep between calls. A call ends when every thread that took part has said so; a worker that stops in the middle of one is
 * noticed, and the pool goes on without it.
 */
import type {KernelExports} from '../module.ts';
import type {Schedule, Sweep} from '../schedule.ts';
import type {Attachment, FromWorker, ToWorker} from './messages.ts';
import {exchange, takeTasks} from './tasks.ts';
import {sharedWords, State, ThreadWord, threadWord, Word} from './words.ts';
import {WORKER_SOURCE} from './workerSource.ts';

/** Of a pool in its life, the calling one among them: a thread's words are never used again. */
const MAX_THREADS = 64;

/** How long a worker may take to start, or to answer. Units: milliseconds. */
const ANSWER_DEADLINE = 10_000;

/** How long no worker may store a step before they are given up: at least, and beside what the caller's own share took. */
const MIN_PROGRESS_DEADLINE = 2_000;
const PROGRESS_DEADLINE_SHARES = 4;

const FORBIDDEN = 'the page or its Content-Security-Policy refuses workers from blob: URLs';

/** How often the caller looks at the workers between two looks at the clock. */
const LOOKS = 1000;

/** What became of a call. */
export type Outcome =
  | 'done'
  /** A worker has stopped: its output is not to be used, but nobody writes any more. */
  | 'stopped'
  /** The same of a worker that was given up: it may still write to its scratch, or, if it was storing, to the output. */
  | 'lost';

export interface PooledCall {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelExports;
  readonly schedule: Schedule;
  /** A record for each thread. Units: addresses in bytes. */
  readonly records: readonly number[];
}

interface PoolWorker {
  readonly thread: number;
  readonly worker: Worker;
}

export class ThreadPool {
  private readonly words = sharedWords(MAX_THREADS);
  private readonly url: string;
  private readonly attached = new Map<WebAssembly.Memory, Attachment>();
  private workers: readonly PoolWorker[] = [];
  private nextThread = 1;
  private nextId = 0;
  /** What is being started or sent: one after the other. */
  private pending: Promise<void> = Promise.resolve();
  private failure: string | null = null;
  private ended = false;

  /** source: the workers' script. Default: the package's own. */
  constructor(source = WORKER_SOURCE) {
    this.url = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
  }

  /** Threads that there are, the calling one among them. */
  get threads(): number {
    return 1 + this.workers.length;
  }

  /** Why a worker did not start or has stopped; null where none did. */
  get reason(): string | null {
    return this.failure;
  }

  /** Has `threads` threads ready to work on a memory, or as many as will start. */
  attach(memory: WebAssembly.Memory, module: WebAssembly.Module, threads: number): Promise<void> {
    return this.inTurn(async () => {
      if (!this.attached.has(memory)) {
        const attachment = {id: this.nextId++, module, memory};
        this.attached.set(memory, attachment);
        await Promise.all(this.workers.map((worker) => this.send(worker, {attach: [attachment]})));
      }
      const missing = Math.min(threads - this.threads, MAX_THREADS - this.nextThread);
      await Promise.all(Array.from({length: Math.max(0, missing)}, () => this.start()));
    });
  }

  /** Lets go of a memory. */
  detach(memory: WebAssembly.Memory): Promise<void> {
    return this.inTurn(async () => {
      const attachment = this.attached.get(memory);
      if (attachment === undefined) return;
      this.attached.delete(memory);
      await Promise.all(this.workers.map((worker) => this.send(worker, {detach: [attachment.id]})));
    });
  }

  /** Ends all workers; nobody may call the pool again. */
  end(): void {
    this.ended = true;
    for (const worker of this.workers) this.drop(worker, null);
    URL.revokeObjectURL(this.url);
  }

  /** Computes all steps of a call, on as many of its threads as are idle. Throws: what the kernels throw on this thread. */
  run(call: PooledCall): Outcome {
    const {kernels, schedule, records} = call;
    for (const [i, sweep] of schedule.sweeps.entries()) {
      const outcome = this.runSweep(sweep, call);
      if (outcome !== 'done') return outcome;
      kernels.endSweep(records[0]!, i);
    }
    return 'done';
  }

  private runSweep(sweep: Sweep, {memory, kernels, schedule, records}: PooledCall): Outcome {
    const {words} = this;
    Atomics.store(words, Word.NEXT_TASK, 0);
    Atomics.store(words, Word.FIRST_STEP, sweep.first);
    Atomics.store(words, Word.END_STEP, sweep.end);
    Atomics.store(words, Word.TASK_STEPS, sweep.taskSteps);
    Atomics.store(words, Word.MEMORY, this.attached.get(memory)!.id);
    const called = this.workers
      .slice(0, schedule.threads - 1)
      .filter(({thread}, i) => this.call(thread, records[i + 1]!));
    const start = performance.now();
    let outcome: Outcome;
    try {
      Atomics.store(words, threadWord(0, ThreadWord.RECORD), records[0]!);
      Atomics.store(words, threadWord(0, ThreadWord.STATE), State.COMPUTING);
      takeTasks(words, 0, kernels);
    } finally {
      // Empty, also where this thread was stopped by an error.
      Atomics.store(words, Word.NEXT_TASK, sweep.end);
      outcome = this.join(called, performance.now() - start);
    }
    return outcome;
  }

  /** Wakes a thread for a call; returns false where it is not idle. */
  private call(thread: number, record: number): boolean {
    const state = threadWord(thread, ThreadWord.STATE);
    Atomics.store(this.words, threadWord(thread, ThreadWord.RECORD), record);
    if (!exchange(this.words, state, State.IDLE, State.CALLED)) return false;
    Atomics.notify(this.words, state);
    return true;
  }

  /** Waits until no worker works on the call. share: how long the caller's own share of it took. Units: milliseconds. */
  private join(called: readonly PoolWorker[], share: number): Outcome {
    const {words} = this;
    const stateOf = ({thread}: PoolWorker): number => Atomics.load(words, threadWord(thread, ThreadWord.STATE));
    const works = (worker: PoolWorker): boolean => {
      // Looked at once: between two looks it may go from the one to the other.
      const state = stateOf(worker);
      return state === State.COMPUTING || state === State.STORING;
    };
    // The queue is empty: who sleeps may go on sleeping.
    for (const {thread} of called) exchange(words, threadWord(thread, ThreadWord.STATE), State.CALLED, State.IDLE);

    const deadline = Math.max(MIN_PROGRESS_DEADLINE, PROGRESS_DEADLINE_SHARES * share);
    let progress = Atomics.load(words, Word.PROGRESS);
    let since = performance.now();
    let lost = false;
    for (let look = 1; called.some(works); look++) {
      if (look % LOOKS !== 0) continue;
      const now = performance.now();
      const reached = Atomics.load(words, Word.PROGRESS);
      if (reached !== progress) [progress, since] = [reached, now];
      if (now - since < deadline) continue;
      for (const worker of called.filter(works)) {
        Atomics.store(words, threadWord(worker.thread, ThreadWord.STATE), State.LOST);
        this.drop(worker, 'a worker made no progress and was given up');
      }
      lost = true;
    }
    const stopped = called.filter((worker) => stateOf(worker) === State.FAILED);
    for (const worker of stopped) this.drop(worker, 'a worker was stopped by an error in a kernel');
    if (lost) return 'lost';
    return stopped.length > 0 ? 'stopped' : 'done';
  }

  private inTurn(task: () => Promise<void>): Promise<void> {
    this.pending = this.pending.then(task);
    return this.pending;
  }

  /** Starts a worker, and takes it in once it has answered. */
  private async start(): Promise<void> {
    if (this.ended) return;
    const thread = this.nextThread++;
    let worker: Worker;
    try {
      worker = new Worker(this.url, {name: `tfjs-block-fusion ${thread}`});
    } catch (error) {
      this.failure = `a worker did not start: ${(error as Error).name === 'SecurityError' ? FORBIDDEN : String(error)}`;
      return;
    }
    const started = {thread, worker};
    this.workers = [...this.workers, started];
    Atomics.store(this.words, threadWord(thread, ThreadWord.STATE), State.LISTENING);
    await this.send(started, {identity: {words: this.words, thread}, attach: [...this.attached.values()]});
  }

  /** Sends a message and waits for the answer; a worker that fails to answer is dropped. */
  private async send(to: PoolWorker, message: ToWorker): Promise<void> {
    const {thread, worker} = to;
    const state = threadWord(thread, ThreadWord.STATE);
    if (exchange(this.words, state, State.IDLE, State.LISTENING)) Atomics.notify(this.words, state);
    const error = await new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => {
        resolve(`no answer within ${ANSWER_DEADLINE / 1000} seconds`);
      }, ANSWER_DEADLINE);
      const answer = (text: string | undefined): void => {
        clearTimeout(timer);
        resolve(text);
      };
      worker.onmessage = ({data}: MessageEvent<FromWorker>): void => {
        answer(data.error);
      };
      worker.onerror = (event): void => {
        event.preventDefault();
        answer(event.message || FORBIDDEN);
      };
      worker.postMessage(message);
    });
    if (error !== undefined) this.drop(to, `a worker did not start: ${error}`);
  }

  private drop(worker: PoolWorker, reason: string | null): void {
    worker.worker.terminate();
    this.workers = this.workers.filter((other) => other !== worker);
    this.failure = reason ?? this.failure;
  }
}
