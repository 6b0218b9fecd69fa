/**
 * The programs that a GPU runs for a block: those that the planner chooses, and those of stock tfjs, as it hands them to the device in
 * a run on the software adapter.
 */
import type {Tensor4D} from '@tensorflow/tfjs-core';
import type {DeviceTraits} from '../../ops/webgpu/planner/device.ts';
import {planBlock} from '../../ops/webgpu/planner/plan.ts';
import {shaderText} from '../../ops/webgpu/wgsl/shaders.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {blockSides} from '../speed/blockSides.ts';
import type {BlockCase} from '../speed/cases.ts';

/** One dispatch. */
export interface Program {
  readonly name: string;
  readonly wgsl: string;
  readonly workgroups: number;
}

/** Returns the passes of the plan that is chosen for the block. Throws: where none fits the device. */
export function fusedPrograms({name, spec, size}: BlockCase, traits: DeviceTraits): Program[] {
  const plans = planBlock({spec, size, precision: 'float32'}, traits);
  if (typeof plans === 'string') throw new Error(`${name}: ${plans}`);
  return plans[0]!.passes.map(({variant, cost}, i) => ({
    name: `${name}-fused-${i + 1}-${variant.kernel}`,
    wgsl: shaderText(variant),
    workgroups: cost.workgroups,
  }));
}

/**
 * Returns what stock tfjs dispatches for the block in each of its forms, on the webgpu backend, which must be the current one, made
 * after watchDispatches.
 */
export async function stockPrograms(block: BlockCase, seed: number): Promise<Program[]> {
  const {x, forms, dispose} = await blockSides(tf, block, seed);
  try {
    const programs: Program[] = [];
    for (const form of forms)
      for (const [i, {label, ...rest}] of (await dispatchesOf(() => form.run(x))).entries())
        programs.push({...rest, name: `${block.name}-stock-${form.name}-${i + 1}-${label}`});
    return programs;
  } finally {
    dispose();
  }
}

interface Dispatch {
  readonly label: string;
  readonly wgsl: string;
  readonly workgroups: number;
}

/** Runs `work` once so that everything is compiled, and again to see what it dispatches. */
async function dispatchesOf(work: () => Tensor4D): Promise<Dispatch[]> {
  for (let time = 0; time < 2; time++) {
    watched.dispatches.length = 0;
    const y = work();
    await y.data();
    y.dispose();
  }
  return [...watched.dispatches];
}

/** What is watched of Dawn's classes, which are the globals that a page would have. */
interface Classes {
  readonly GPUDevice: {readonly prototype: GPUDevice};
  readonly GPUComputePassEncoder: {readonly prototype: GPUComputePassEncoder};
}

type Pipeline = Omit<Dispatch, 'workgroups'>;

/** What was noted of all devices: tfjs makes a pipeline once, and uses it for later blocks. */
const watched = {
  dispatches: [] as Dispatch[],
  modules: new WeakMap<GPUShaderModule, string>(),
  pipelines: new WeakMap<GPUComputePipeline, Pipeline>(),
  current: new WeakMap<GPUComputePassEncoder, Pipeline>(),
};

/** Notes, from now on, the text and the size of every dispatch in this process. WebGPU's classes must be there. */
export function watchDispatches(): void {
  const {GPUDevice: device, GPUComputePassEncoder: pass} = globalThis as unknown as Classes;
  const {dispatches, modules, pipelines, current} = watched;
  afterCalls(device.prototype, 'createShaderModule', (module, _, [{code}]) => {
    modules.set(module, code);
  });
  afterCalls(device.prototype, 'createComputePipeline', (pipeline, _, [{compute, label = 'program'}]) => {
    pipelines.set(pipeline, {label, wgsl: modules.get(compute.module)!});
  });
  afterCalls(pass.prototype, 'setPipeline', (_, self, [pipeline]) => {
    current.set(self, pipelines.get(pipeline)!);
  });
  afterCalls(pass.prototype, 'dispatchWorkgroups', (_, self, [x, y = 1, z = 1]) => {
    dispatches.push({...current.get(self)!, workgroups: x * y * z});
  });
}

type Method<T, K extends keyof T> = T[K] extends (...given: infer A) => infer R ? {given: A; result: R} : never;

/** Has `after` called at the end of a method. */
function afterCalls<T extends object, K extends keyof T & string>(
  prototype: T,
  name: K,
  after: (result: Method<T, K>['result'], self: T, given: Method<T, K>['given']) => void,
): void {
  const original = prototype[name] as (...given: unknown[]) => unknown;
  const method = function (this: T, ...given: unknown[]): unknown {
    const result = original.apply(this, given);
    after(result, this, given);
    return result;
  };
  Object.assign(prototype, {[name]: method});
}
