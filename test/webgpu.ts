/** WebGPU for the tests, in Node (webgpuEnvironment.ts) and in Chromium. */
import '@tensorflow/tfjs-backend-webgpu';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {ALL_TFJS as tf} from '../src/compare/tfjs.ts';

/** Set by webgpuEnvironment.ts where this machine has none: why. */
const {WEBGPU_MISSING} = globalThis as {WEBGPU_MISSING?: string};

/**
 * A group of tests with webgpu as tfjs's current backend. Where Node has none, they are listed as skipped, with the reason;
 * under `npm test`, as in Chromium, that is a failure.
 */
export function describeWebGPU(title: string, tests: () => void): void {
  if (WEBGPU_MISSING !== undefined) {
    describe.skip(`${title} (${WEBGPU_MISSING})`, tests);
    return;
  }
  describe(title, () => {
    let before: string | undefined;
    beforeAll(async () => {
      before = tf.getBackend();
      if (!(await tf.setBackend('webgpu'))) throw new Error('there is no WebGPU adapter');
    });
    afterAll(async () => {
      if (before) await tf.setBackend(before);
    });
    tests();
  });
}

/** Returns tfjs's current backend, which must be webgpu. */
export function webgpuBackend(): WebGPUBackend {
  return tf.backend() as unknown as WebGPUBackend;
}

/** tfjs's buffer manager: private there, and `tf.memory()` tells only its bytes. */
interface BufferManager {
  readonly numBytesUsed: number;
  readonly numBytesAllocated: number;
  getNumUsedBuffers(): number;
  getNumFreeBuffers(): number;
}

/** Returns the GPU buffers of tfjs's current backend that are in use, and all that it holds. */
export function webgpuBuffers(): Record<'used' | 'held', {bytes: number; buffers: number}> {
  const {bufferManager: manager} = webgpuBackend() as unknown as {bufferManager: BufferManager};
  const used = manager.getNumUsedBuffers();
  return {
    used: {bytes: manager.numBytesUsed, buffers: used},
    held: {bytes: manager.numBytesAllocated, buffers: used + manager.getNumFreeBuffers()},
  };
}
