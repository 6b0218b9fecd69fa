/** WebGPU for the tests, in Node (webgpuEnvironment.ts) and in Chromium. */
import {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';

/** Set by webgpuEnvironment.ts, or in a browser by setup.ts: why there is none here, or what the adapter has. */
const {WEBGPU_MISSING, WEBGPU_FEATURES = []} = globalThis as {WEBGPU_MISSING?: string; WEBGPU_FEATURES?: string[]};

/** What makes the device of a group of tests, where it is not tfjs's own. */
export type DeviceMaker = (adapter: GPUAdapter) => Promise<GPUDevice>;

/** A device that nobody asked for more than WebGPU's default limits. */
export const atDefaultLimits: DeviceMaker = (adapter) =>
  // tfjs complains of devices that cannot tell times.
  adapter.requestDevice({requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : []});

/**
 * A group of tests with webgpu as tfjs's current backend, on a device of their own where `makeDevice` is given. Where Node or
 * the browser has no WebGPU they are listed as skipped, with the reason; under `npm test`, as in Chromium, that is a failure.
 */
export function describeWebGPU(title: string, tests: () => void, makeDevice?: DeviceMaker): void {
  if (WEBGPU_MISSING !== undefined) {
    xdescribe(`${title} (${WEBGPU_MISSING})`, tests);
    return;
  }
  describe(title, () => {
    let before: string | undefined;
    const tfjsOwn = tf.findBackendFactory('webgpu');
    beforeAll(async () => {
      before = tf.getBackend();
      if (makeDevice !== undefined) await renewBackend(makeDevice);
      else if (!(await tf.setBackend('webgpu'))) throw new Error('there is no WebGPU adapter');
    });
    afterAll(async () => {
      if (makeDevice !== undefined) {
        tf.removeBackend('webgpu');
        tf.registerBackend('webgpu', tfjsOwn, PRIORITY);
      }
      if (before) await tf.setBackend(before);
    });
    tests();
  });
}

/** A test in Node that needs a feature of the adapter: listed as skipped, with the reason, where that has it not. */
export function itWithFeature(feature: GPUFeatureName, title: string, test: () => Promise<void>): void {
  if (WEBGPU_FEATURES.includes(feature)) it(title, test);
  else it.skip(`${title} (the adapter has no ${feature})`, test);
}

/** As tfjs registers its own. */
const PRIORITY = 3;

/** Makes the current backend webgpu on a new device; what lives on the one before is lost. */
export async function renewBackend(makeDevice: DeviceMaker): Promise<void> {
  const device = await makeDevice((await navigator.gpu.requestAdapter())!);
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(device), PRIORITY);
  await tf.setBackend('webgpu');
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
