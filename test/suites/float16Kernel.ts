/** The webgpu kernels in float16 against the float64 loops, on a device that has it. */
import type {Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {describeBlock} from '../../ops/block.ts';
import {packFloat16Params} from '../../ops/float16Params.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {runPlan} from '../../ops/webgpu/kernel.ts';
import type {WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {Pipelines} from '../../ops/webgpu/provenPlans.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {createFusedWebGPUBackend} from '../../src/webgpu/createBackend.ts';
import {expectClose} from '../helpers/closeness.ts';
import {describeWebGPU, itWithFeature, webgpuBackend} from '../helpers/webgpu.ts';
import {type BlockCase, LAYERED_BLOCKS, MODEL_BLOCKS, PART_BLOCKS} from '../helpers/blockCases.ts';
import {FLOAT16_TOLERANCE} from './float16.ts';
import {plansOf, type Problem, proved, randomProblem} from '../helpers/forcedPlans.ts';

async function checkPlans(block: BlockCase, pipelines: Pipelines): Promise<void> {
  const problem: Problem = {...randomProblem(block), precision: 'float16'};
  const {spec, size} = problem;
  const expected = referenceBlock(spec, {...size, x: problem.x}, problem.params);
  const x: Tensor4D = tf.tensor4d(problem.x, [size.batch, size.height, size.width, spec.inChannels]);
  const params: Tensor1D = tf.tensor1d(packFloat16Params(problem.params), 'int32');
  for (const plan of plansOf(problem)) {
    const y = await run(plan, pipelines, {x, params});
    try {
      expectClose(y, expected, FLOAT16_TOLERANCE);
    } catch (error) {
      throw new Error(`${describeBlock(spec)}, ${plan.description}: ${String(error)}`, {cause: error});
    }
  }
  tf.dispose([x, params]);
}

async function run(
  plan: WebGPUPlan,
  pipelines: Pipelines,
  inputs: {x: Tensor4D; params: Tensor1D},
): Promise<Float32Array> {
  const proven = await proved(plan, pipelines);
  const y = tf.engine().makeTensorFromTensorInfo(runPlan(webgpuBackend(), proven, inputs));
  const values = (await y.data()) as Float32Array;
  y.dispose();
  return values;
}

export function float16KernelSuite(): void {
  describeWebGPU('webgpu kernel in float16', () => {
    itWithFeature('shader-f16', 'comes within the stated tolerance by every plan', async () => {
      await createFusedWebGPUBackend({precision: 'float16'});
      const pipelines = new Pipelines(webgpuBackend().device);
      // Of the blocks with rare parts every so many.
      const parted = PART_BLOCKS.filter((_, i) => i % 5 === 0);
      for (const block of [...LAYERED_BLOCKS, ...MODEL_BLOCKS, ...parted]) await checkPlans(block, pipelines);
    });
  });
}
