/** The backend in use, as reports name it: its GPU, SIMD level and threads. */
import * as tf from '@tensorflow/tfjs-core';
import type {Adapter} from '../webgpu/adapter.ts';
import type {ThreadCount} from '../../ops/blockKernel.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {simdLevel} from '../../ops/wasm/module.ts';
import {adapterOf} from './gpu.ts';

export const BACKENDS = ['wasm', 'webgpu', 'cpu'] as const;
/** A backend that comparisons run on. */
export type BackendName = (typeof BACKENDS)[number];

export interface Engine {
  readonly backend: BackendName;
  /** The GPU; null on backends that have none. */
  readonly adapter: Adapter | null;
  /** The SIMD level of the fused kernels; null where there are none. */
  readonly simd: SimdLevel | null;
  /** Of the backend's own kernels. */
  readonly threads: number;
  /** Of the fused ones; null where there can be one alone. */
  readonly fusedThreads: ThreadCount | null;
}

/** Returns the engine of tfjs's current backend, which is ready. `wasmThreads`: the wasm backend's own count. */
export function engineOf(wasmThreads: () => number): Engine {
  const backend = tf.getBackend() as BackendName;
  const wasm = backend === 'wasm';
  return {
    backend,
    adapter: backend === 'webgpu' ? adapterOf() : null,
    simd: wasm ? simdLevel() : null,
    threads: wasm ? wasmThreads() : 1,
    fusedThreads: blockKernelOf(backend)?.threads?.count(tf.backend()) ?? null,
  };
}
