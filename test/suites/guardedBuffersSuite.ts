/** The guards that tests of shaders rely on do find what they are there for. */
import type {WebGPUProgram} from '@tensorflow/tfjs-backend-webgpu';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {describeWebGPU, webgpuBackend} from '../helpers/webgpu.ts';
import {GuardedBuffers} from '../helpers/guardedBuffers.ts';

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

/** Places past the tensor: within the guard; and far away, on either side. */
const NEAR = ['index + 1', 'index + 1000'];
const FAR = ['index + 1000000', 'index - 1'];

/** `clamped`: whether WebGPU keeps far indices within the buffer. */
export function guardedBuffersSuite({clamped}: {clamped: boolean}): void {
  const places = clamped ? [...NEAR, ...FAR] : NEAR;

  describeWebGPU('guarded buffers', () => {
    it('let a right shader pass, and leave nothing behind', async () => {
      const before = tf.memory().numTensors;
      expect(await copy('index', 'index')).toEqual(VALUES);
      expect(tf.memory().numTensors).toBe(before);
    });

    for (const place of places) {
      it(`find a write to [${place}]`, async () => {
        expect(await failureOf(copy('index', place))).toBe('the guard past a tensor of 64 values was overwritten');
      });

      it(`spread NaN to what reads [${place}]`, async () => {
        const got = await copy(place, 'index');
        expect(got.some(Number.isNaN)).toBe(true);
      });
    }

    it('keep NaN where nothing was written', async () => {
      const got = await copy('index / 2', 'index / 2');
      expect(Array.from(got, Number.isNaN)).toEqual(Array.from(VALUES, (_, i) => i >= 32));
    });

    it('repeat what WebGPU refuses', async () => {
      const program: WebGPUProgram = {...copier('index', 'index'), shaderKey: 'no uniforms', size: false};
      // A layout made from this text lacks the uniforms that tfjs binds.
      program.getUserCode = () => 'fn main(index : i32) { result[index] = A[index]; }';
      expect(await failureOf(run(program))).toMatch(/binding/i);
    });
  });
}

async function failureOf(result: Promise<unknown>): Promise<string> {
  return result.then(
    () => 'there was none',
    (error: unknown) => (error as Error).message,
  );
}
