/** Starting the backend of a comparison, in its worker. A backend's code is loaded only where it is the one that is asked for. */
import type {Engine} from '../../../src/run/engine.ts';
import type {Settings} from '../settings/settings.ts';
import {DEVICE_LOST, PlainError} from './failure.ts';

export interface StartedBackend {
  readonly engine: Engine;
  readonly tfjs: string;
  /** Rejects when the GPU is lost; never settles on other backends. */
  readonly lost: Promise<never>;
}

/** tfjs starts no more. */
const MAX_THREADS = 4;

/** Makes the backend tfjs's current one. Throws: PlainError. */
export async function startBackend(settings: Settings): Promise<StartedBackend> {
  const {backend} = settings;
  if (backend === 'wasm') tellCores(settings);
  const [{ALL_TFJS: tf}, {registerBlockFusion}, {blockKernelOf}, {engineOf}] = await Promise.all([
    import('../../../src/run/allTfjs.ts'),
    import('../../../src/load/register.ts'),
    import('../../../ops/kernels.ts'),
    import('../../../src/run/engine.ts'),
  ]);
  let lost = new Promise<never>(() => undefined);
  let threads = (): number => 1;
  switch (backend) {
    case 'wasm':
      threads = await (await import('./wasmBackend.ts')).startWasm(settings);
      break;
    case 'webgpu':
      ({lost} = await startWebGPU(settings));
      break;
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      await tf.setBackend('cpu');
      break;
    default:
      backend satisfies never;
  }
  await tf.ready();
  registerBlockFusion();
  // As loading does: until then nobody knows how many there will be.
  await blockKernelOf(backend)?.threads?.start(tf.backend());
  return {engine: engineOf(threads), tfjs: tf.version_core, lost};
}

/**
 * tfjs takes half as many threads as it is told that there are cores, whatever setThreadsCount says, and asks once: before it is
 * loaded. Where threads are left to it, it is told nothing.
 */
function tellCores({threads}: Settings): void {
  if (threads === 'auto' || threads === 1) return;
  const cores = 2 * Math.min(threads, MAX_THREADS);
  Object.defineProperty(navigator, 'hardwareConcurrency', {value: cores, configurable: true});
}

async function startWebGPU({precision}: Settings): Promise<Pick<StartedBackend, 'lost'>> {
  const {gpu} = navigator as {gpu?: GPU};
  if (gpu === undefined)
    throw new PlainError(
      'backend',
      globalThis.isSecureContext
        ? 'This browser has no WebGPU here. Use a current Chrome, Edge or Safari, or choose WebAssembly.'
        : 'WebGPU needs a page that is served by https or from localhost. Open it so, or choose WebAssembly.',
    );
  const adapter = await gpu.requestAdapter({powerPreference: 'high-performance'}).catch(() => null);
  if (adapter === null)
    throw new PlainError(
      'backend',
      'The browser has WebGPU but offers no GPU. Turn hardware acceleration on in its settings, update the GPU’s driver, or choose WebAssembly.',
    );
  if (precision === 'float16' && !adapter.features.has('shader-f16'))
    throw new PlainError(
      'backend',
      'This GPU, or its driver, has no 16-bit floats for shaders (shader-f16). Choose precision float32.',
    );
  const device = await deviceOf(precision);
  // In an object: a promise would be waited for.
  return {
    lost: device.lost.then(({message}) => {
      throw new PlainError('backend', DEVICE_LOST, message);
    }),
  };
}

/** Starts the backend: tfjs's own, or for float16 ours, whose device has the feature. */
async function deviceOf(precision: Settings['precision']): Promise<GPUDevice> {
  try {
    if (precision === 'float16') {
      const {createFusedWebGPUBackend} = await import('../../../src/webgpu/createBackend.ts');
      return (await createFusedWebGPUBackend({precision})).backend.device;
    }
    const [{ALL_TFJS: tf}] = await Promise.all([
      import('../../../src/run/allTfjs.ts'),
      import('@tensorflow/tfjs-backend-webgpu'),
    ]);
    if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs refused the backend webgpu');
    return (tf.backend() as unknown as {device: GPUDevice}).device;
  } catch (error) {
    throw new PlainError(
      'backend',
      'The GPU could not be started. Close other pages that use it and compare again, or choose WebAssembly.',
      error,
    );
  }
}
