/** What a model ran on, in a line: the same in every report. */
import {adapterText} from '../../run/gpu.ts';
import type {HostEngine} from '../host/host.ts';

/** Returns in which program the backend runs, for a sentence. */
export function inProgram({browser}: HostEngine): string {
  return browser === null ? 'in Node' : 'in Chromium';
}

/** Returns the backend or GPU, its SIMD level and threads, and the program around it, with its version. */
export function engineText({engine: {backend, adapter, simd, threads}, browser}: HostEngine): string {
  const program = browser === null ? `Node ${process.versions.node}` : `Chromium ${browser}`;
  const workers = `${threads} thread${threads === 1 ? '' : 's'}`;
  const parts = adapter === null ? [backend, simd, workers, program] : [backend, adapterText(adapter), program];
  return parts.filter((part) => part !== null).join(', ');
}
