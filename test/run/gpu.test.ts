/** @jest-environment ./test/helpers/webgpuEnvironment.ts */
import '@tensorflow/tfjs-backend-cpu';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {adapterOf, adapterText, countDispatches, gpuTimes, hasTimestamps} from '../../src/run/gpu.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';

describe('adapterText', () => {
  it('warns of software', () => {
    expect(adapterText({name: 'nvidia hopper', software: false})).toBe('nvidia hopper');
    expect(adapterText({name: 'google swiftshader', software: true})).toBe(
      'google swiftshader (software: its times say nothing about a GPU)',
    );
  });
});

describe('on a backend without a GPU', () => {
  it('there are no dispatches, and no GPU time', async () => {
    await tf.setBackend('cpu');
    const run = (): void => undefined;
    expect(await countDispatches(run)).toBeNull();
    expect(await gpuTimes({stock: run, fused: run}, {runs: 1})).toBeNull();
  });
});

describeWebGPU('on webgpu', () => {
  const squares = (count: number) => () => {
    tf.tidy(() => {
      let x = tf.fill([64, 64], 0.5);
      for (let i = 0; i < count; i++) x = tf.square(x);
    });
  };

  it('dispatches are counted, of one run alone', async () => {
    const none = (await countDispatches(squares(0)))!;
    expect(await countDispatches(squares(3))).toBe(none + 3);
    expect(await countDispatches(squares(0))).toBe(none);
  });

  it('the adapter has a name, and each side a time of its own where the GPU tells one', async () => {
    expect(adapterOf().name).not.toBe('unnamed adapter');
    const product = (): void => {
      tf.tidy(() => tf.matMul(tf.ones([256, 256]), tf.ones([256, 256])));
    };
    const times = await gpuTimes({stock: product, fused: squares(1)}, {runs: 3});
    expect(times !== null).toBe(hasTimestamps());
    if (times !== null) expect(times.stock.medianMs).toBeGreaterThan(times.fused.medianMs);
  });
});
