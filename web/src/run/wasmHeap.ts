/** The end of tfjs's wasm heap, which it does not look at: where its allocator refused it would write a tensor to address 0. */
import type {KernelBackend} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../../ops/errors.ts';

/** What is used here of tfjs's BackendWasm. */
interface BackendWasm {
  readonly wasm: {
    _malloc: (bytes: number) => number;
    readonly _free: (address: number) => void;
  };
}

/** Has the backend throw `out-of-memory` where its heap has no room for a tensor. */
export function refuseWhereHeapEnds(backend: KernelBackend): void {
  const {wasm} = backend as unknown as BackendWasm;
  // Emscripten puts the module's own function there at the first call.
  wasm._free(wasm._malloc(1));
  const {_malloc: malloc} = wasm;
  wasm._malloc = (bytes) => {
    const address = malloc(bytes);
    if (address !== 0 || bytes === 0) return address;
    throw new BlockFusionError('out-of-memory', {
      where: 'the wasm heap',
      must: `must have room for ${bytes} bytes more`,
      got: 'a refusal of its allocator',
      fix: 'use a smaller batch or model',
    });
  };
}
