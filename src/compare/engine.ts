/** What computes: the backend in use, as a comparison names it. */
import {simdLevel} from '../../ops/wasm/module.ts';

export const BACKENDS = ['wasm', 'cpu'] as const;
/** A backend that comparisons run on. */
export type BackendName = (typeof BACKENDS)[number];

export interface Engine {
  readonly backend: BackendName;
  /** The GPU; null on backends that have none. */
  readonly adapter: string | null;
  /** The SIMD level of the fused kernels; null where there are none. */
  readonly simd: string | null;
  readonly threads: number;
}

/** Returns the engine of a backend that is ready. `wasmThreads`: the wasm backend's own count. */
export function engineOf(backend: BackendName, wasmThreads: () => number): Engine {
  const wasm = backend === 'wasm';
  return {backend, adapter: null, simd: wasm ? simdLevel() : null, threads: wasm ? wasmThreads() : 1};
}
