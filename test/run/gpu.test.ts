/** @jest-environment ./test/helpers/webgpuEnvironment.ts */
import '@tensorflow/tfjs-backend-cpu';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {
  adapterOf,
  countDispatches,
  dispatchTimes,
  gpuTimes,
  hasTimestamps,
  medianDispatches,
  parseDispatches,
  summarizeDispatches,
} from '../../src/run/gpu.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';

describe('dispatches that tfjs lists', () => {
  const runs = [
    [
      {program: 'A', ms: 1},
      {program: 'B', ms: 20},
    ],
    [
      {program: 'A', ms: 3},
      {program: 'B', ms: 10},
    ],
    [
      {program: 'A', ms: 2},
      {program: 'B', ms: 40},
    ],
  ];

  it('are read with their times', () => {
    expect(parseDispatches('A: 0.25, B: 1e-7')).toEqual([
      {program: 'A', ms: 0.25},
      {program: 'B', ms: 1e-7},
    ]);
    expect(parseDispatches('')).toEqual([]);
  });

  it('have a median each, and one of the sums', () => {
    expect(medianDispatches(runs)).toEqual([
      {program: 'A', ms: 2},
      {program: 'B', ms: 20},
    ]);
    expect(summarizeDispatches(runs)).toMatchObject({medianMs: 21, runs: 3});
    expect(medianDispatches([])).toEqual([]);
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

  it('each dispatch has a time, and their sum is that of the run', async () => {
    const twice = squares(2);
    const count = (await countDispatches(twice))!;
    const times = await dispatchTimes({stock: twice, fused: twice}, {runs: 1});
    expect(times !== null).toBe(hasTimestamps());
    if (times === null) return;
    expect(times.fused[0]).toHaveLength(count);
    expect(times.fused[0]!.at(-1)).toEqual({program: 'UnaryOpProgram', ms: expect.any(Number) as number});
    expect(summarizeDispatches(times.fused).medianMs).toBeGreaterThan(0);
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
