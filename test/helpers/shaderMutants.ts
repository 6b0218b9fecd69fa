/** Mutants of the shaders: each breaks one stage of them by one edit of their text, and must make some plan of some block fail. */
import {referenceBlock} from '../../ops/reference/loops.ts';
import {getOrMake} from '../../ops/getOrMake.ts';
import {traitsOf} from '../../ops/webgpu/planner/device.ts';
import type {GPUFamily} from '../../ops/webgpu/planner/families.ts';
import type {WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {Pipelines} from '../../ops/webgpu/provenPlans.ts';
import {shaderText} from '../../ops/webgpu/wgsl/shaders.ts';
import {toleranceOf} from './blockCases.ts';
import {expectClose} from './closeness.ts';
import {plansOf, type Problem, runForced} from './forcedPlans.ts';
import {describeWebGPU, webgpuBackend} from './webgpu.ts';

export interface Mutant {
  readonly stage: string;
  readonly from: RegExp;
  readonly to: string;
}

/** Returns a mutant. */
export function mutant(stage: string, from: RegExp, to: string): Mutant {
  return {stage, from, to};
}

/** A plan with its shaders. */
interface Shaded {
  readonly plan: WebGPUPlan;
  readonly texts: readonly string[];
}

/** Has every mutant caught by some plan of some problem, for GPUs of these families. */
export function mutantSuite(title: string, mutants: readonly Mutant[], sweep: Sweep): void {
  const {problems, families} = sweep;
  const plans = new Map<Problem, Shaded[]>();
  const shaded = (problem: Problem): Shaded[] =>
    getOrMake(plans, problem, () =>
      families.flatMap((family) =>
        plansOf(problem, {...traitsOf(webgpuBackend().device), family}).map((plan) => ({
          plan,
          texts: plan.passes.map(({variant}) => shaderText(variant)),
        })),
      ),
    );
  const expected = new Map<Problem, Float64Array>();
  const expectedOf = (problem: Problem): Float64Array =>
    getOrMake(expected, problem, () => referenceBlock(problem.spec, {...problem.size, x: problem.x}, problem.params));

  describeWebGPU(title, () => {
    for (const {stage, from, to} of mutants)
      it(stage, async () => {
        const mutate = (text: string): string => text.replace(from, to);
        const pipelines = new Pipelines(mutatingDevice(mutate));
        for (const problem of problems)
          for (const {plan} of shaded(problem).filter(({texts}) => texts.some((text) => mutate(text) !== text)))
            if (!(await survives(problem, expectedOf(problem), () => runForced(plan, problem, pipelines)))) return;
        throw new Error('it survives');
      });
  });
}

export interface Sweep {
  readonly problems: readonly Problem[];
  readonly families: readonly GPUFamily[];
}

/** The current backend's device, which gets other texts to compile. A GPUDevice takes calls only on itself. */
function mutatingDevice(mutate: (text: string) => string): GPUDevice {
  const {device} = webgpuBackend();
  const mutating: Partial<GPUDevice> = {
    pushErrorScope: (filter) => {
      device.pushErrorScope(filter);
    },
    popErrorScope: () => device.popErrorScope(),
    createShaderModule: ({code, ...rest}) => device.createShaderModule({...rest, code: mutate(code)}),
    createComputePipelineAsync: (descriptor) => device.createComputePipelineAsync(descriptor),
  };
  return mutating as GPUDevice;
}

/** Whether a run comes near the float64 loops and fails in no other way; a shader that does not compile is no mutant. */
async function survives({spec}: Problem, expected: Float64Array, run: () => Promise<Float32Array>): Promise<boolean> {
  try {
    expectClose(await run(), expected, toleranceOf(spec));
    return true;
  } catch (error) {
    if (String(error).includes('refuses')) throw error;
    return false;
  }
}
