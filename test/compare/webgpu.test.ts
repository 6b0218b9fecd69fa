/** @jest-environment ./test/webgpuEnvironment.ts */
import '@tensorflow/tfjs-backend-cpu';
import {ALL_TFJS as tf} from '../../src/compare/tfjs.ts';
import {
  adapterOf,
  adapterText,
  countDispatches,
  describeAdapter,
  gpuTimes,
  hasTimestamps,
} from '../../src/compare/webgpu.ts';
import {describeWebGPU} from '../webgpu.ts';

describe('describeAdapter', () => {
  it('puts together what is told', () => {
    expect(describeAdapter({vendor: 'nvidia', architecture: 'hopper', description: ''})).toEqual({
      name: 'nvidia hopper',
      software: false,
    });
    expect(describeAdapter({})).toEqual({name: 'unnamed adapter', software: false});
  });

  it('knows software, said by the browser or by the name', () => {
    expect(describeAdapter({vendor: 'x', isFallbackAdapter: true}).software).toBe(true);
    const swiftshader = describeAdapter({vendor: 'google', architecture: 'swiftshader'});
    expect(adapterText(swiftshader)).toBe('google swiftshader (software: its times say nothing about a GPU)');
  });
});

describe('on a backend without a GPU', () => {
  it('there are no dispatches, and no GPU time', async () => {
    await tf.setBackend('cpu');
    const run = (): void => undefined;
    expect(countDispatches(tf, run)).toBeNull();
    expect(await gpuTimes(tf, {stock: run, fused: run}, {runs: 1})).toBeNull();
  });
});

describeWebGPU('on webgpu', () => {
  const squares = (count: number) => () => {
    tf.tidy(() => {
      let x = tf.fill([64, 64], 0.5);
      for (let i = 0; i < count; i++) x = tf.square(x);
    });
  };

  it('dispatches are counted, of one run alone', () => {
    const none = countDispatches(tf, squares(0))!;
    expect(countDispatches(tf, squares(3))).toBe(none + 3);
    expect(countDispatches(tf, squares(0))).toBe(none);
  });

  it('the adapter has a name, and each side a time of its own where the GPU tells one', async () => {
    expect(adapterOf(tf).name).not.toBe('unnamed adapter');
    const product = (): void => {
      tf.tidy(() => tf.matMul(tf.ones([256, 256]), tf.ones([256, 256])));
    };
    const times = await gpuTimes(tf, {stock: product, fused: squares(1)}, {runs: 3});
    expect(times !== null).toBe(hasTimestamps(tf));
    if (times !== null) expect(times.stock.medianMs).toBeGreaterThan(times.fused.medianMs);
  });
});
