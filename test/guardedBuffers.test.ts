/**
 * The guards that tests of shaders rely on do find what they are there for.
 *
 * @jest-environment ./test/webgpuEnvironment.ts
 */
import type {WebGPUProgram} from '@tensorflow/tfjs-backend-webgpu';
import {ALL_TFJS as tf} from '../src/compare/tfjs.ts';
import {GuardedBuffers} from './suites/guardedBuffers.ts';
import {describeWebGPU, webgpuBackend} from './webgpu.ts';

const VALUES = Float32Array.from({length: 64}, (_, i) => i + 1);

/** Copies values by one invocation each, from and to places at or beside their own. */
const copier = (from: string, to: string): WebGPUProgram => ({
  shaderKey: `copy ${from} ${to}`,
  variableNames: ['A'],
  outputShape: [VALUES.length],
  dispatchLayout: {x: [0]},
  dispatch: [1, 1, 1],
  workgroupSize: [VALUES.length, 1, 1],
  size: true,
  getUserCode: () => `fn main(index : i32) { if (index < uniforms.size) { result[${to}] = A[${from}]; } }`,
});

const copy = (from: string, to: string): Promise<Float32Array> => run(copier(from, to));

async function run(program: WebGPUProgram): Promise<Float32Array> {
  const buffers = new GuardedBuffers(webgpuBackend());
  const input = buffers.input(VALUES);
  try {
    return await buffers.valuesOf(() => webgpuBackend().runWebGPUProgram(program, [input], 'float32'));
  } finally {
    input.dispose();
    buffers.destroy();
  }
}

describeWebGPU('guarded buffers', () => {
  it('let a right shader pass, and leave nothing behind', async () => {
    const before = tf.memory();
    expect(await copy('index', 'index')).toEqual(VALUES);
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  it.each(['index + 1', 'index + 1000000', 'index - 1'])('find a write to [%s]', async (place) => {
    await expect(copy('index', place)).rejects.toThrow('the guard past a tensor of 64 values was overwritten');
  });

  it.each(['index + 1', 'index + 1000000', 'index - 1'])('spread NaN to what reads [%s]', async (place) => {
    const got = await copy(place, 'index');
    expect(got.some(Number.isNaN)).toBe(true);
  });

  it('keep NaN where nothing was written', async () => {
    const got = await copy('index / 2', 'index / 2');
    expect(Array.from(got, Number.isNaN)).toEqual(Array.from(VALUES, (_, i) => i >= 32));
  });

  it('repeat what WebGPU refuses', async () => {
    const unused: WebGPUProgram = {...copier('index', 'index'), shaderKey: 'no uniforms', size: false};
    unused.getUserCode = () => 'fn main(index : i32) { result[index] = A[index]; }'; // so the layout lacks tfjs's third binding
    await expect(run(unused)).rejects.toThrow(/binding/i);
  });
});
