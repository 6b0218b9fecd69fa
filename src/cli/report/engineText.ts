/** What a model ran on, in a line: the same in every report. */
import {threadsText} from '../../report/threadsText.ts';
import {adapterText} from '../../webgpu/adapter.ts';
import type {HostEngine} from '../host/host.ts';

/** Returns in which program the backend runs, for a sentence. */
export function inProgram({browser}: HostEngine): string {
  return browser === null ? 'in Node' : 'in Chromium';
}

/** Returns the backend or GPU, its SIMD level and threads, and the program around it, with its version. */
export function engineText({engine, browser}: HostEngine): string {
  const {backend, adapter, simd} = engine;
  const program = browser === null ? `Node ${process.versions.node}` : `Chromium ${browser}`;
  const parts =
    adapter === null ? [backend, simd, threadsText(engine), program] : [backend, adapterText(adapter), program];
  return parts.filter((part) => part !== null).join(', ');
}
