/** Every plan of a block on webgpu, not only the one that the planner ranks first: does a GPU rank them as the cost model does? */
import type {Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {runPlan} from '../../ops/webgpu/kernel.ts';
import {traitsOf} from '../../ops/webgpu/planner/device.ts';
import {planBlock, type WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {Pipelines, type ProvenPlan, provePlan} from '../../ops/webgpu/provenPlans.ts';
import type {AllTfjs} from '../../src/run/allTfjs.ts';
import {dispatchTimes, medianDispatches, summarizeDispatches} from '../../src/run/gpu.ts';
import {once, type Run} from './blockSides.ts';
import type {BlockCase} from './cases.ts';
import {type ModelledPass, modelledPasses} from './modelled.ts';
import {gpuDevice} from './gpuDevice.ts';

/** A plan of the block, and the block computed by it. */
export interface ForcedPlan {
  readonly plan: WebGPUPlan;
  readonly run: Run;
}

export interface TimedPlan {
  readonly description: string;
  /** The GPU's own time, summed over its dispatches; null without timestamps. Units: milliseconds. */
  readonly gpuMs: number | null;
  readonly passes: readonly ModelledPass[];
}

/** Returns the plans that tfjs's current backend, which must be webgpu, can run: as the cost model ranks them. */
export async function forcedPlans(
  tf: AllTfjs,
  {spec, size}: BlockCase,
  tensors: {readonly x: Tensor4D; readonly params: Tensor1D},
): Promise<ForcedPlan[]> {
  const plans = planBlock({spec, size, precision: 'float32'}, traitsOf(gpuDevice()));
  if (typeof plans === 'string') return [];
  const pipelines = new Pipelines(gpuDevice());
  const proven = await Promise.all(plans.map((plan) => provePlan(plan, pipelines)));
  const run = (plan: ProvenPlan): Tensor4D =>
    tf.engine().makeTensorFromTensorInfo(runPlan(tf.backend(), plan, tensors)) as Tensor4D;
  return proven.flatMap((plan) => (typeof plan === 'string' ? [] : [{plan: plan.plan, run: () => run(plan)}]));
}

/** Returns the GPU's time for each plan, run alternately. */
export async function timePlans(plans: readonly ForcedPlan[], {runs}: {runs: number}): Promise<TimedPlan[]> {
  const byName = plans.map(({plan, run}) => [plan.description, once(run)] as const);
  const timed = await dispatchTimes(Object.fromEntries(byName), {runs});
  return plans.map(({plan: {description, passes}}) => {
    const dispatches = timed?.[description] ?? null;
    return {
      description,
      gpuMs: dispatches && summarizeDispatches(dispatches).medianMs,
      passes: modelledPasses(passes, dispatches && medianDispatches(dispatches)),
    };
  });
}
