/** tfjs's WebGPU backend under measurement: its adapter, the dispatches of a run, and the GPU's own time for them. */
import * as tf from '@tensorflow/tfjs-core';
import {type Adapter, type AdapterInfo, describeAdapter} from '../webgpu/adapter.ts';
import {both, type Pair} from './pair.ts';
import type {Run} from './interleave.ts';
import {median, summarize, type Timing} from './statistics.ts';

/** What is used here of tfjs's WebGPUBackend. */
interface WebGPUBackend {
  readonly device: {readonly features: ReadonlySet<string>; readonly adapterInfo?: AdapterInfo};
  /** tfjs's own copy, of vendor and architecture alone: for browsers whose device has none. */
  readonly adapterInfo: AdapterInfo;
  /** Every dispatch goes through it, those of the fused kernels too. */
  recordAndSubmit: (...args: unknown[]) => void;
}

/** The current backend, which must be webgpu. */
const gpuOf = (): WebGPUBackend => tf.backend() as unknown as WebGPUBackend;

/** Returns the adapter of tfjs's current backend, which must be webgpu. */
export function adapterOf(): Adapter {
  const {device, adapterInfo} = gpuOf();
  return describeAdapter(device.adapterInfo ?? adapterInfo);
}

/** Returns how many dispatches `run` submits; null where the current backend is not webgpu. */
export async function countDispatches(run: Run): Promise<number | null> {
  if (tf.getBackend() !== 'webgpu') return null;
  const backend = gpuOf();
  const {recordAndSubmit} = backend;
  let dispatches = 0;
  backend.recordAndSubmit = (...args) => {
    dispatches++;
    recordAndSubmit.apply(backend, args);
  };
  try {
    await run();
    return dispatches;
  } finally {
    Reflect.deleteProperty(backend, 'recordAndSubmit'); // the class still has the method
  }
}

/** A dispatch of a run: tfjs's name of its program, and the GPU's own time for it. Units: milliseconds. */
export interface DispatchTime {
  readonly program: string;
  readonly ms: number;
}

/** The dispatches of one run, in order. */
type TimedDispatches = readonly DispatchTime[];

/**
 * Returns how long the GPU computes for each side, run alternately: the sum over its dispatches, without what lies between them.
 * The sides' runs only submit their work. Null where the backend has no timestamps.
 */
export async function gpuTimes(sides: Pair<() => void>, {runs}: {runs: number}): Promise<Pair<Timing> | null> {
  const timed = await dispatchTimes<keyof Pair<unknown>>(sides, {runs});
  return timed && both(timed, summarizeDispatches);
}

/**
 * Returns the dispatches of so many runs of each, in turns. tfjs gives each dispatch that it times a compute pass and a submission of
 * its own, so that none overlaps another. The runs only submit their work. Null where the backend has no timestamps.
 */
export async function dispatchTimes<Name extends string>(
  runs: Readonly<Record<Name, () => void>>,
  {runs: samples}: {runs: number},
): Promise<Record<Name, TimedDispatches[]> | null> {
  if (!hasTimestamps()) return null;
  const names = Object.keys(runs) as Name[];
  const timed = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, TimedDispatches[]>;
  for (let sample = 0; sample < samples; sample++)
    for (const name of names) timed[name].push(await timedRun(runs[name]));
  return timed;
}

async function timedRun(run: () => void): Promise<TimedDispatches> {
  const timing = await tf.time(run);
  return parseDispatches(timing.getExtraProfileInfo!());
}

/** Returns the dispatches that tfjs lists as text: `Conv2DMMProgram: 0.25, BinaryOpProgram: 0.01`. */
export function parseDispatches(text: string): DispatchTime[] {
  if (text === '') return [];
  return text.split(', ').map((entry) => {
    const [program = '', ms] = entry.split(': ');
    return {program, ms: Number(ms)};
  });
}

/** Returns what the sums over each run's dispatches say. */
export function summarizeDispatches(runs: readonly TimedDispatches[]): Timing {
  return summarize(runs.map((dispatches) => dispatches.reduce((sum, {ms}) => sum + ms, 0)));
}

/** Returns the median of each dispatch over runs, which all have the same. */
export function medianDispatches(runs: readonly TimedDispatches[]): DispatchTime[] {
  const [first = []] = runs;
  return first.map(({program}, i) => ({program, ms: median(runs.map((dispatches) => dispatches[i]!.ms))}));
}

/** Whether the current backend times its GPU: without timestamps tfjs gives zero for a time. */
export function hasTimestamps(): boolean {
  return tf.getBackend() === 'webgpu' && gpuOf().device.features.has('timestamp-query');
}
