/**
 * What a worker of a pool runs. It stands in the package as text (scripts/buildWasm.mjs bundles it), so that a page has no file
 * to host. Between calls it sleeps on its state; for a message it returns to its event loop (State.LISTENING).
 */
import type {FromWorker, ToWorker} from './messages.ts';
import {exchange, type StepKernels, takeTasks} from './tasks.ts';
import {State, ThreadWord, threadWord, Word} from './words.ts';

declare const self: {
  onmessage: ((event: {readonly data: ToWorker}) => void) | null;
  postMessage(message: FromWorker): void;
  close(): void;
};

/** How long a worker looks for the next call before it sleeps. */
const AWAKE_MS = 0.05;

let words: Int32Array;
let thread: number;
const kernels = new Map<number, StepKernels>();

self.onmessage = ({data}) => {
  try {
    receive(data);
  } catch (error) {
    self.postMessage({error: String(error)});
    return;
  }
  Atomics.store(words, threadWord(thread, ThreadWord.STATE), State.IDLE);
  self.postMessage({});
  sleepAndWork();
};

function receive({identity, attach = [], detach = []}: ToWorker): void {
  if (identity !== undefined) ({words, thread} = identity);
  for (const {id, module, memory} of attach)
    kernels.set(id, new WebAssembly.Instance(module, {env: {memory}}).exports as unknown as StepKernels);
  for (const id of detach) kernels.delete(id);
}

/** Works on calls until there is a message, or this worker has failed or was given up. */
function sleepAndWork(): void {
  const state = threadWord(thread, ThreadWord.STATE);
  for (;;) {
    // The next block of a network follows soon: who is awake takes part at once.
    const asleep = performance.now() + AWAKE_MS;
    while (Atomics.load(words, state) === State.IDLE && performance.now() < asleep);
    Atomics.wait(words, state, State.IDLE);
    if (exchange(words, state, State.CALLED, State.COMPUTING)) work(state);
    const now = Atomics.load(words, state);
    if (now === State.LISTENING) return;
    if (now === State.FAILED || now === State.LOST) {
      self.close();
      return;
    }
  }
}

function work(state: number): void {
  try {
    takeTasks(words, thread, kernels.get(Atomics.load(words, Word.MEMORY))!);
    exchange(words, state, State.COMPUTING, State.IDLE);
  } catch {
    Atomics.store(words, state, State.FAILED);
  }
}
