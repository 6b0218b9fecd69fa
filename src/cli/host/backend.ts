/** Starting a tfjs backend in Node. Each is an optional package: what is missing is named, with what to type. */
import {BlockFusionError} from '../../../ops/errors.ts';
import {type BackendName, type Engine, engineOf} from '../../run/engine.ts';
import {ALL_TFJS} from '../../run/allTfjs.ts';
import {startWebGPUInNode} from './webgpuInNode.ts';

/**
 * Makes the backend tfjs's current one.
 * Throws: `missing-dependency` where its package is not installed, or a GPU's driver is missing.
 */
export async function startBackend(backend: BackendName): Promise<Engine> {
  if (backend === 'webgpu') await startWebGPUInNode();
  const threads = await importBackend(backend);
  // tfjs recommends its native Node backend on every start otherwise.
  ALL_TFJS.enableProdMode();
  await ALL_TFJS.setBackend(backend);
  await ALL_TFJS.ready();
  return engineOf(threads);
}

/** Registers the backend. Returns the wasm backend's count of threads. */
async function importBackend(backend: BackendName): Promise<() => number> {
  const one = (): number => 1;
  try {
    switch (backend) {
      case 'wasm':
        return (await import('@tensorflow/tfjs-backend-wasm')).getThreadsCount;
      case 'webgpu':
        await import('@tensorflow/tfjs-backend-webgpu');
        return one;
      case 'cpu':
        await import('@tensorflow/tfjs-backend-cpu');
        return one;
      default:
        return backend satisfies never;
    }
  } catch (cause) {
    throw new BlockFusionError('missing-dependency', {
      where: `--backend ${backend}`,
      must: `the package @tensorflow/tfjs-backend-${backend} must be installed`,
      got: cause,
      fix: `type: npm install @tensorflow/tfjs-backend-${backend}`,
    });
  }
}
