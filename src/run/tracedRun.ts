/**
 * A traced run: every kernel once, in order, with the node of the graph that it ran for and how long it took.
 *
 * tf.profile lists the wrappers of ops among the kernels, and knows neither attrs nor nodes: so the kernels themselves are hooked
 * (kernelHooks.ts). A kernel that calls another through tfjs counts as one, with the other's time in its own.
 */
import * as tf from '@tensorflow/tfjs-core';
import {hookKernels, type KernelOutput, type KernelParams} from './kernelHooks.ts';
import type {Run} from './interleave.ts';
import {hasTimestamps} from './gpu.ts';

/**
 * What times the kernels: the wall clock, around each; webgpu's timestamps; the timer of another backend, as webgl may have one; or
 * nothing, and only the whole run has a time.
 */
export type TraceClock = 'wall' | 'gpu' | 'backend' | 'none';

/** A kernel's call that has returned. */
export interface ReturnedCall {
  readonly name: string;
  readonly params: KernelParams;
  readonly output: KernelOutput;
}

export interface TimedKernel {
  /** The graph's node that it ran for; null without a graph, and of an executor that cannot be hooked. */
  readonly node: string | null;
  /** Null where nothing times it. Units: milliseconds. */
  readonly ms: number | null;
}

export interface TracedRun<Facts> {
  readonly kernels: readonly (Facts & TimedKernel)[];
  /** Why the run ended early, in which case the kernels before that are here; null where it did not. */
  readonly failure: string | null;
}

/** A run to trace. */
export interface TracedSubject {
  readonly run: Run;
  /** As clockOf says. */
  readonly clock: TraceClock;
  /** Null without a graph; else as hookNodes of kernelHooks.ts. */
  readonly hookNodes: ((afterNode: (node: string) => void) => () => void) | null;
}

/** Backends whose kernels have done their work when they return. Those of others may only submit it, to a GPU above all. */
const SYNCHRONOUS: ReadonlySet<string> = new Set(['cpu', 'wasm']);

/** Whether the current backend's kernels have done their work when they return. */
export function isSynchronous(): boolean {
  return SYNCHRONOUS.has(tf.getBackend());
}

/** Returns what times the current backend's kernels. */
export async function clockOf(): Promise<TraceClock> {
  if (isSynchronous()) return 'wall';
  if (tf.getBackend() === 'webgpu') return hasTimestamps() ? 'gpu' : 'none';
  return (await hasTimer()) ? 'backend' : 'none';
}

/** Whether the current backend times its kernels. timerAvailable() is not enough: webgl's timer may give an error for a time. */
async function hasTimer(): Promise<boolean> {
  const backend = tf.backend();
  try {
    return backend.timerAvailable() && Number.isFinite((await backend.time(() => undefined)).kernelMs);
  } catch {
    return false; // as KernelBackend's own timer throws
  }
}

/** Returns the kernels of one run, and of each what `describe` says while its tensors are there. */
export async function tracedRun<Facts extends object>(
  subject: TracedSubject,
  describe: (call: ReturnedCall) => Facts,
): Promise<TracedRun<Facts>> {
  const calls: (UntimedCall & {readonly facts: Facts})[] = [];
  let named = 0;
  let depth = 0;
  const unhookNodes = subject.hookNodes?.((node) => {
    for (; named < calls.length; named++) calls[named] = {...calls[named]!, node};
  });
  const unhookKernels = hookKernels((name, params, run) => {
    if (depth > 0) return run();
    depth++;
    try {
      const {output, ms} = subject.clock === 'none' ? {output: run(), ms: null} : timed(run);
      calls.push({facts: describe({name, params, output}), node: null, ms});
      return output;
    } finally {
      depth--;
    }
  });
  let failure: string | null = null;
  try {
    await subject.run();
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    unhookKernels();
    unhookNodes?.();
  }
  return {
    kernels: await Promise.all(calls.map(async ({facts, node, ms}) => ({...facts, node, ms: await ms}))),
    failure,
  };
}

/** A GPU's time comes later. */
interface UntimedCall extends Omit<TimedKernel, 'ms'> {
  readonly ms: Promise<number | null> | null;
}

/** Times a kernel as tf.profile does, by the backend's own clock. */
function timed(run: () => KernelOutput): {output: KernelOutput; ms: Promise<number | null>} {
  let outcome: {output: KernelOutput} | {error: unknown} = {error: 'a backend that does not run what it times'};
  const timing = tf.backend().time(() => {
    try {
      outcome = {output: run()};
    } catch (error) {
      outcome = {error};
    }
  });
  // The backend has called it by now.
  const {output, error} = outcome as {output?: KernelOutput; error?: unknown};
  if (output === undefined) throw error as Error;
  return {output, ms: timing.then(({kernelMs}) => (Number.isFinite(kernelMs) ? (kernelMs as number) : null))};
}
