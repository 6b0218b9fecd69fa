/** tfjs's wasm backend, from the files that Vite puts beside the page, with the SIMD level and threads that are asked for. */
import {getThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedSimdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import {BlockFusionError} from '../../../ops/errors.ts';
import {hasSimd, NO_SIMD} from '../../../ops/wasm/detect.ts';
import {forceSimdLevel} from '../../../ops/wasm/module.ts';
import {ALL_TFJS as tf} from '../../../src/run/allTfjs.ts';
import type {Settings} from '../settings/settings.ts';
import {PlainError} from './failure.ts';

/** What is used here of tfjs's BackendWasm. */
interface BackendWasm {
  readonly wasm: {_malloc: (bytes: number) => number};
}

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
  refuseToWriteNowhere(tf.backend() as unknown as BackendWasm);
  return getThreadsCount;
}

/** Threads run scripts from blobs, to which nothing is relative. */
function absolute(url: string): string {
  return new URL(url, import.meta.url).href;
}

/** tfjs does not look whether its allocator refused, and would write a tensor to address 0. */
function refuseToWriteNowhere({wasm}: BackendWasm): void {
  const {_malloc: malloc} = wasm;
  wasm._malloc = (bytes) => {
    const address = malloc(bytes);
    if (address !== 0 || bytes === 0) return address;
    throw new BlockFusionError('out-of-memory', {
      where: 'the wasm heap',
      must: `must have ${bytes} bytes more`,
      got: 'a refusal of its allocator',
      fix: 'use a smaller batch or model',
    });
  };
}
