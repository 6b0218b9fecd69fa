/** Plans of the webgpu kernels, each made to run whatever the planner would choose, over guarded buffers. */
import {blockGeometry} from '../../ops/block.ts';
import type {BlockProblem} from '../../ops/blockKernel.ts';
import {traitsOf} from '../../ops/webgpu/planner/device.ts';
import {runPlan} from '../../ops/webgpu/kernel.ts';
import type {WebGPUPlan} from '../../ops/webgpu/planner/pass.ts';
import {Pipelines} from '../../ops/webgpu/pipelines.ts';
import {planBlock} from '../../ops/webgpu/planner/plan.ts';
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

/** Returns all plans of a block on a device, this one where no other is told of; there must be one. */
export function plansOf(
  {spec, size, precision}: BlockProblem,
  traits = traitsOf(webgpuBackend().device),
): readonly WebGPUPlan[] {
  const plans = planBlock(spec, size, blockGeometry(spec, size.height, size.width), traits, {precision});
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
  const standing = await prove(plan, pipelines);
  const buffers = new GuardedBuffers(webgpuBackend());
  const inputs = {x: buffers.input(x), params: buffers.input(params)};
  try {
    return await buffers.valuesOf(() => runPlan(webgpuBackend(), {plan, pipelines: standing}, inputs));
  } finally {
    tf.dispose([inputs.x, inputs.params]);
    buffers.destroy();
  }
}

/** Returns the pipelines of a plan's passes; the device must take them. */
export async function prove({passes, words}: WebGPUPlan, pipelines: Pipelines): Promise<GPUComputePipeline[]> {
  const proofs = await Promise.all(passes.map(({variant}) => pipelines.prove(variant)));
  return proofs.map((proof) => {
    if ('refusal' in proof) throw new Error(`the device refuses ${words}: ${proof.refusal}`);
    return proof.pipeline;
  });
}
