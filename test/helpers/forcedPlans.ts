/** Plans of the webgpu kernels, each made to run whatever the planner would choose, over guarded buffers. */
import type {BlockProblem} from '../../ops/blockKernel.ts';
import {runPlan} from '../../ops/webgpu/kernel.ts';
import {traitsOf} from '../../ops/webgpu/planner/device.ts';
import {planBlock, type WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {Pipelines, type ProvenPlan, provePlan} from '../../ops/webgpu/provenPlans.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {randomFloats} from './random.ts';
import {webgpuBackend} from './webgpu.ts';
import {type BlockCase, randomParams} from './blockCases.ts';
import {GuardedBuffers} from './guardedBuffers.ts';

/** What a block is run on. */
export interface Problem extends BlockProblem {
  readonly x: Float32Array;
  readonly params: Float32Array;
}

/** Returns a block on two images of random data, in float32. */
export function randomProblem({spec, height, width}: BlockCase): Problem {
  const size = {batch: 2, height, width};
  const x = randomFloats(size.batch * height * width * spec.inChannels, {seed: 5});
  return {spec, size, precision: 'float32', x, params: randomParams(spec, 7)};
}

/** Returns all plans of a block on a device, by default the current backend's; there must be one. */
export function plansOf(problem: BlockProblem, traits = traitsOf(webgpuBackend().device)): readonly WebGPUPlan[] {
  const plans = planBlock(problem, traits);
  if (typeof plans === 'string') throw new Error(plans);
  return plans;
}

const pipelinesOf = new WeakMap<GPUDevice, Pipelines>();

/** Returns the pipelines of the current backend's device, which all blocks share. */
function sharedPipelines(): Pipelines {
  const {device} = webgpuBackend();
  const pipelines = pipelinesOf.get(device) ?? new Pipelines(device);
  pipelinesOf.set(device, pipelines);
  return pipelines;
}

/** Returns what the plan makes of x; fails where it writes outside its tensors, or reads what nobody wrote. */
export async function runForced(
  plan: WebGPUPlan,
  {x, params}: Problem,
  pipelines = sharedPipelines(),
): Promise<Float32Array> {
  const proven = await proved(plan, pipelines);
  const buffers = new GuardedBuffers(webgpuBackend());
  const inputs = {x: buffers.input(x), params: buffers.input(params)};
  try {
    return await buffers.valuesOf(() => runPlan(webgpuBackend(), proven, inputs));
  } finally {
    tf.dispose([inputs.x, inputs.params]);
    buffers.destroy();
  }
}

/** Returns a plan with its pipelines; the device must take it. */
export async function proved(plan: WebGPUPlan, pipelines: Pipelines): Promise<ProvenPlan> {
  const proven = await provePlan(plan, pipelines);
  if (typeof proven === 'string') throw new Error(`the device refuses ${plan.description}: ${proven}`);
  return proven;
}
