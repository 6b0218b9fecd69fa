/** What a pool and its workers send each other between calls; a call itself takes no message. */

/** A memory with a number of the pool's, and the kernels that work on it. */
export interface Attachment {
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** What a worker is to know from now on. */
export interface ToWorker {
  /** The first message: the words of the pool, and which thread of it the worker is. */
  readonly identity?: {readonly words: Int32Array; readonly thread: number};
  readonly attach?: readonly Attachment[];
  /** Numbers of memories to let go. */
  readonly detach?: readonly number[];
}

/** The answer to each message. */
export interface FromWorker {
  /** What went wrong; absent where nothing did. */
  readonly error?: string;
}
