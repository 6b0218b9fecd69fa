/** The planner and the shaders are loaded when a block is first asked for, and until then the block runs on stock ops. */
import * as tf from '@tensorflow/tfjs-core';
import {blockSpec} from '../../../ops/block.ts';
import type {BlockKernel, BlockProblem} from '../../../ops/blockKernel.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';
import {fakeGPU} from '../../helpers/fakeGPU.ts';

const PROVEN_PLANS = '../../../ops/webgpu/provenPlans.ts';
const COMPILING = 'its shaders are being compiled; await warmup(model, inputShape) to have them first';

const problemOf = (side: number): BlockProblem => ({
  spec: blockSpec(CONV_FIRST),
  size: {batch: 1, height: side, width: side},
  precision: 'float32',
});
const PROBLEM = problemOf(8);

/** Times that the planner was loaded, in the modules of one test. */
let loads: number;
let kernel: BlockKernel;

async function loadKernel(planner: () => unknown): Promise<void> {
  jest.resetModules();
  loads = 0;
  jest.doMock(PROVEN_PLANS, () => {
    loads++;
    return planner();
  });
  jest.doMock('@tensorflow/tfjs-core', () => tf); // the modules above keep their copy
  ({webgpuBlockKernel: kernel} = await import('../../../ops/webgpu/kernel.ts'));
}

// As the webgpu backend does.
beforeAll(() => {
  tf.env().registerFlag('WEBGPU_ENGINE_COMPILE_ONLY', () => false);
});

describe('the planner of the webgpu kernel', () => {
  beforeEach(() => loadKernel(() => jest.requireActual(PROVEN_PLANS)));

  it('is not loaded with the kernel, and once when blocks are asked for', async () => {
    expect(loads).toBe(0);
    const {backend} = fakeGPU();
    kernel.refusal(backend, PROBLEM);
    kernel.refusal(backend, problemOf(16));
    await kernel.settled!(backend);
    expect(loads).toBe(1);
  });

  it('has blocks run on stock ops until it is loaded and their shaders are compiled', async () => {
    const {backend} = fakeGPU();
    expect(kernel.refusal(backend, PROBLEM)).toBe(COMPILING);
    expect(await kernel.settled!(backend)).toBeGreaterThan(0);
    expect(kernel.refusal(backend, PROBLEM)).toBeNull();
    expect(kernel.refusal(backend, problemOf(16))).toBe(COMPILING);
  });

  it('proves all that was asked before it was loaded', async () => {
    const {backend, texts} = fakeGPU();
    const problems = [8, 16, 24].map(problemOf);
    for (const problem of [...problems, ...problems]) expect(kernel.refusal(backend, problem)).toBe(COMPILING);
    expect(texts).toEqual([]);
    await kernel.settled!(backend);
    expect(problems.map((problem) => kernel.refusal(backend, problem))).toEqual([null, null, null]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('is loaded by those who wait for it, or for a report', async () => {
    expect(await kernel.settled!(fakeGPU().backend)).toBe(0);
    expect((await kernel.planReport(PROBLEM, fakeGPU().backend)).words).toMatch(/^one pass \(/);
    expect((await kernel.planReport(PROBLEM, null)).words).toMatch(/^one pass \(/);
    expect(loads).toBe(1);
  });

  it('may come after programs are compiled and not run: no stock op is compiled for a block in the meantime', async () => {
    const {backend} = fakeGPU();
    tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', true);
    try {
      expect(kernel.refusal(backend, PROBLEM)).toBeNull();
    } finally {
      tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', false);
    }
    expect(kernel.refusal(backend, PROBLEM)).toBe(COMPILING);
    await kernel.settled!(backend);
    expect(kernel.refusal(backend, PROBLEM)).toBeNull();
  });
});

describe('a planner that cannot be loaded', () => {
  const REASON = 'its planner could not be loaded: there is no chunk';

  beforeEach(() =>
    loadKernel(() => {
      throw new Error('there is no chunk');
    }),
  );

  it('is a refusal with the reason, and nobody waits for it', async () => {
    const {backend} = fakeGPU();
    expect(kernel.refusal(backend, PROBLEM)).toBe(COMPILING);
    expect(await kernel.settled!(backend)).toBe(0);
    expect(kernel.refusal(backend, PROBLEM)).toBe(REASON);
  });

  it('is the reason in reports and estimates', async () => {
    expect((await kernel.planReport(PROBLEM, fakeGPU().backend)).words).toBe(`stock ops: ${REASON}`);
    expect((await kernel.planReport(PROBLEM, null)).words).toBe(`stock ops: ${REASON}`);
    expect(await kernel.reasonNotToFuse(PROBLEM)).toBe(`it would run on stock ops: ${REASON}`);
  });
});
