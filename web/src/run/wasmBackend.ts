/** tfjs's wasm backend, from the files that Vite puts beside the page, with the SIMD level and threads that are asked for. */
import {getThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedSimdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import {hasSimd, NO_SIMD} from '../../../ops/wasm/detect.ts';
import {forceSimdLevel} from '../../../ops/wasm/module.ts';
import {ALL_TFJS as tf} from '../../../src/run/allTfjs.ts';
import type {Settings} from '../settings/settings.ts';
import {PlainError} from './failure.ts';
import {refuseWhereHeapEnds} from './wasmHeap.ts';

/** Makes wasm the current backend. Returns the count of its threads. Throws: PlainError. */
export async function startWasm({simd, threads}: Settings): Promise<() => number> {
  if (!hasSimd('simd'))
    throw new PlainError('backend', 'This browser has no WebAssembly SIMD. Use a current one, or choose cpu.', NO_SIMD);
  if (simd === 'simd') forceSimdLevel('simd');
  setWasmPaths({
    'tfjs-backend-wasm.wasm': absolute(plainUrl),
    'tfjs-backend-wasm-simd.wasm': absolute(simdUrl),
    'tfjs-backend-wasm-threaded-simd.wasm': absolute(threadedSimdUrl),
  });
  if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const started = await tf.setBackend('wasm').catch((error: unknown) => error);
  if (started !== true)
    throw new PlainError(
      'backend',
      'WebAssembly could not be started: its file did not load, or the page’s security policy forbids it. Reload the page.',
      started === false ? null : started,
    );
  refuseWhereHeapEnds(tf.backend());
  return getThreadsCount;
}

/** Threads run scripts from blobs, to which nothing is relative. */
function absolute(url: string): string {
  return new URL(url, import.meta.url).href;
}
