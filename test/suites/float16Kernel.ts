/** The webgpu kernels in float16 against the float64 loops, on a device that has it: one body for Node and for Chromium. */
import type {Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {blockGeometry, describeBlock} from '../../ops/block.ts';
import {packFloat16Params} from '../../ops/float16Params.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {traitsOf} from '../../ops/webgpu/device.ts';
import {runPlan} from '../../ops/webgpu/kernel.ts';
import type {WebGPUPlan} from '../../ops/webgpu/pass.ts';
import {Pipelines} from '../../ops/webgpu/pipelines.ts';
import {planBlock} from '../../ops/webgpu/plan.ts';
import {ALL_TFJS as tf} from '../../src/compare/tfjs.ts';
import {createFusedWebGPUBackend} from '../../src/webgpu/createBackend.ts';
import {expectClose} from '../compare.ts';
import {randomFloats} from '../random.ts';
import {describeWebGPU, webgpuBackend} from '../webgpu.ts';
import {type BlockCase, LAYERED_BLOCKS, MODEL_BLOCKS, randomParams} from './blockCases.ts';
import {FLOAT16_TOLERANCE} from './float16.ts';

/** Whether this machine's adapter has float16; where it has, the current backend's device has it too from here on. */
async function startFloat16(): Promise<boolean> {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter?.features.has('shader-f16') !== true) return false;
  await createFusedWebGPUBackend({tf, precision: 'float16'});
  return true;
}

async function checkPlans({spec, height, width}: BlockCase, pipelines: Pipelines): Promise<void> {
  const size = {batch: 2, height, width};
  const values = randomFloats(2 * height * width * spec.inChannels, {seed: 5});
  const params = randomParams(spec, 7);
  const expected = referenceBlock(spec, {...size, x: values}, params);
  const plans = planBlock(spec, size, blockGeometry(spec, height, width), traitsOf(webgpuBackend().device), {
    precision: 'float16',
  });
  if (typeof plans === 'string') throw new Error(plans);
  const x: Tensor4D = tf.tensor4d(values, [2, height, width, spec.inChannels]);
  const pairs: Tensor1D = tf.tensor1d(packFloat16Params(params), 'int32');
  for (const plan of plans) {
    const y = await run(plan, pipelines, {x, params: pairs});
    try {
      expectClose(y, expected, FLOAT16_TOLERANCE);
    } catch (error) {
      throw new Error(`${describeBlock(spec)}, ${plan.words}: ${String(error)}`, {cause: error});
    }
  }
  tf.dispose([x, pairs]);
}

async function run(
  plan: WebGPUPlan,
  pipelines: Pipelines,
  inputs: {x: Tensor4D; params: Tensor1D},
): Promise<Float32Array> {
  const proofs = await Promise.all(plan.passes.map(({variant}) => pipelines.prove(variant)));
  const standing = proofs.map((proof) => {
    if ('refusal' in proof) throw new Error(`the device refuses ${plan.words}: ${proof.refusal}`);
    return proof.pipeline;
  });
  const y = tf.engine().makeTensorFromTensorInfo(runPlan(webgpuBackend(), {plan, pipelines: standing}, inputs));
  const values = (await y.data()) as Float32Array;
  y.dispose();
  return values;
}

export function float16KernelSuite(): void {
  describeWebGPU('webgpu kernel in float16', () => {
    it('comes within the stated tolerance by every plan, where the adapter has shader-f16', async () => {
      if (!(await startFloat16())) {
        console.log('float16 is not run: the adapter has no shader-f16');
        return;
      }
      const pipelines = new Pipelines(webgpuBackend().device);
      for (const block of [...LAYERED_BLOCKS, ...MODEL_BLOCKS]) await checkPlans(block, pipelines);
    });
  });
}
