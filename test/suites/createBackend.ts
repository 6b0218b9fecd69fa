/** createFusedWebGPUBackend on a real device: one body for Node and for Chromium. */
import type {Tensor} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {createFusedWebGPUBackend, type FusedWebGPU, type FusedWebGPUOptions} from '../../src/webgpu/createBackend.ts';
import type {GpuAdapter} from '../../src/webgpu/gpu.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';

/** The adapter that this machine has. */
function adapter(): Promise<GpuAdapter | null> {
  const {gpu} = navigator as unknown as {gpu: {requestAdapter(): Promise<GpuAdapter | null>}};
  return gpu.requestAdapter();
}

export function createBackendSuite(): void {
  describeWebGPU('createFusedWebGPUBackend', () => {
    const create = (options?: FusedWebGPUOptions): Promise<FusedWebGPU> => createFusedWebGPUBackend(options);

    async function computes(): Promise<void> {
      const x = tf.tensor1d([1, 2, 3]);
      const y = tf.mul(x, x);
      expect([...(await y.data())]).toEqual([1, 4, 9]);
      tf.dispose([x, y]);
    }

    it('computes, on a device with all of the adapter’s limits, in place of tfjs’s own', async () => {
      const before = tf.backend();
      const {backend, limits, features, adapter: described} = await create();
      const most = (await adapter())!;
      expect(backend).not.toBe(before);
      expect(tf.getBackend()).toBe('webgpu');
      expect(tf.backend() as unknown).toBe(backend);
      expect(described.name).not.toBe('');
      for (const [name, value] of Object.entries(limits))
        expect([name, value]).toEqual([name, most.limits[name as keyof typeof limits]]);
      expect(features.includes('timestamp-query')).toBe(most.features.has('timestamp-query'));
      await computes();
    });

    it('may be called again', async () => {
      const [first, second] = [await create(), await create({powerPreference: 'low-power'})];
      expect(second.backend).not.toBe(first.backend);
      await computes();
    });

    it('gives float16 where the adapter has it, else says so', async () => {
      if ((await adapter())!.features.has('shader-f16'))
        expect((await create({precision: 'float16'})).features).toContain('shader-f16');
      else
        await expectRejection(create({precision: 'float16'}), "precision 'float16' needs an adapter with shader-f16");
      await computes();
    });

    it('is refused while tensors live on the present one, which goes on', async () => {
      const x = tf.tensor1d([1, 2, 3]);
      const y = tf.square(x);
      await expectRejection(create(), 'got 2 that do');
      expect([...(await y.data())]).toEqual([1, 4, 9]);
      tf.dispose([x, y]);
      await create();
      await computes();
    });

    it('makes an error of reading or using what was given up', async () => {
      const before = tf.memory().numTensors;
      const x = tf.tensor1d([1, 2, 3]);
      const y: Tensor = tf.square(x);
      await create({disposeLiveTensors: true});
      await expectRejection(y.data(), 'a tensor must live on a backend that is in use');
      const used = Promise.resolve().then(() => tf.square(y));
      await expectRejection(used, 'a tensor must live on a backend that is in use');
      await computes();
      tf.dispose([x, y]);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}

async function expectRejection(promise: Promise<unknown>, message: string): Promise<void> {
  const outcome = await promise.then(
    () => 'no error',
    (error: unknown) => (error as Error).message,
  );
  expect(outcome).toContain(message);
}
