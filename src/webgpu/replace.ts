/** The change of one webgpu backend of tfjs for another, and what becomes of tensors that live on the first. */
import type {KernelBackend} from '@tensorflow/tfjs-core';
import {engine, findBackendFactory, registerBackend, removeBackend, setBackend} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';

const NAME = 'webgpu';
/** What tfjs gives its own. */
const PRIORITY = 3;

/**
 * Makes `backend` tfjs's webgpu backend, in place of the present one where there is any, and the current one. With
 * `disposeLiveTensors` what lives on the present one is lost: reading it is an error.
 * Throws: `invalid-option` where tensors live on the present one; it then stays.
 */
export async function replaceBackend(
  backend: KernelBackend,
  {disposeLiveTensors}: {disposeLiveTensors: boolean},
): Promise<void> {
  const present = engine().registry[NAME];
  if (present !== undefined && !disposeLiveTensors) requireEmpty(present);
  if ((findBackendFactory(NAME) as unknown) !== null) removeBackend(NAME);
  if (present !== undefined) retire(present);
  registerBackend(NAME, () => backend, PRIORITY);
  await setBackend(NAME);
}

function requireEmpty(present: KernelBackend): void {
  const live = present.numDataIds();
  if (live === 0) return;
  throw new BlockFusionError('invalid-option', {
    where: 'createFusedWebGPUBackend',
    must: 'no tensor may live on the webgpu backend that is replaced',
    got: `${live} that do`,
    fix: 'call it before models are loaded, dispose of them first, or give them up with disposeLiveTensors: true',
  });
}

/** tfjs has destroyed its buffers: without this a tensor on it would be read as zeros, when asked for or moved elsewhere. */
function retire(present: KernelBackend): void {
  const gone = (): never => {
    throw new BlockFusionError('device-lost', {
      where: 'webgpu',
      must: 'a tensor must live on a backend that is in use',
      got: 'one whose backend createFusedWebGPUBackend has replaced',
      fix: 'make it again, or load its model again',
    });
  };
  const read = (): Promise<never> => Promise.resolve().then(gone);
  Object.assign(present, {read, readSync: gone, readToGPU: gone});
}
