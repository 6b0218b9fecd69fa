/** The kernel `FusedResidualBlock` of the webgpu backend: where plans and pipelines meet tfjs. */
import type {DataId, KernelBackend, KernelConfig, KernelFunc, TensorInfo} from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../attrs.ts';
import {type BlockSpec, blockGeometry} from '../block.ts';
import {type BlockKernel, type BlockProblem, type PlanReport, refusedBlock, stockOpsReport} from '../blockKernel.ts';
import {BlockFusionError} from '../errors.ts';
import {getOrMake} from '../getOrMake.ts';
import {FLOAT_BYTES} from '../params.ts';
import {elements} from '../shape.ts';
import {checkCall} from '../validate.ts';
import {PlanChoice, type ProvenPlan} from './choice.ts';
import {DEFAULT_TRAITS, type DeviceTraits, traitsOf} from './planner/device.ts';
import type {Pass, TensorName, WebGPUPlan} from './planner/pass.ts';
import {Pipelines} from './pipelines.ts';
import {planBlock, planBytes} from './planner/plan.ts';
import {reasonNotToFuse} from './planner/stockEstimate.ts';
import {UNIFORMS} from './planner/uniforms.ts';

/** What the kernel uses of tfjs's WebGPUBackend. */
interface WebGPUBackend extends KernelBackend {
  readonly device: GPUDevice;
  makeTensorInfo(shape: number[], dtype: 'float32'): TensorInfo;
  uploadToGPU(dataId: DataId): void;
  disposeData(dataId: DataId): boolean;
  /**
   * Private in tfjs: the one way to run a module of our own, which may name features and types that tfjs's own frame cannot. It
   * prefixes uniforms of its own, which depend on the shapes that it is told.
   */
  recordAndSubmit?(
    program: object,
    output: TensorInfo,
    inputs: TensorInfo[],
    uniforms: readonly {type: 'uint32'; data: number[]}[],
  ): void;
}

/** What belongs to one backend: made at first use, freed with it. */
class BackendState {
  readonly traits: DeviceTraits;
  private readonly pipelines: Pipelines;
  private readonly choices = new WeakMap<BlockSpec, Map<string, PlanChoice | string>>();
  private readonly all: PlanChoice[] = [];
  /** Why the device is no more; null while it is. */
  lost: string | null = null;

  constructor({device}: WebGPUBackend) {
    this.traits = traitsOf(device);
    this.pipelines = new Pipelines(device);
    void device.lost.then(({reason, message}) => {
      this.lost = message || reason;
    });
  }

  /** Returns the choice of a plan for a block, which asking starts; or why there is no plan. */
  choice(problem: BlockProblem): PlanChoice | string {
    const {spec, size, precision} = problem;
    const ofSpec = getOrMake(this.choices, spec, () => new Map<string, PlanChoice | string>());
    const key = `${size.batch}×${size.height}×${size.width} ${precision}`;
    return getOrMake(ofSpec, key, () => this.choose(problem));
  }

  private choose(problem: BlockProblem): PlanChoice | string {
    const plans = plansOf(problem, this.traits);
    if (typeof plans === 'string') return plans;
    const choice = new PlanChoice(this.pipelines, plans);
    this.all.push(choice);
    return choice;
  }

  async settled(): Promise<number> {
    await Promise.all(this.all.map((choice) => choice.settled));
    return new Set(this.all.flatMap(({proven}) => proven?.pipelines ?? [])).size;
  }
}

const states = new WeakMap<KernelBackend, BackendState | string>();

/** Returns the backend's state, or the reason why it has none. */
function stateOf(backend: KernelBackend): BackendState | string {
  return getOrMake(states, backend, () => makeState(backend as WebGPUBackend));
}

function makeState(backend: WebGPUBackend): BackendState | string {
  if (backend.recordAndSubmit !== undefined) return new BackendState(backend);
  return 'this build of the webgpu backend does not show how it submits programs';
}

function plansOf({spec, size, precision}: BlockProblem, traits: DeviceTraits): readonly WebGPUPlan[] | string {
  return planBlock(spec, size, blockGeometry(spec, size.height, size.width), traits, {precision});
}

/** While this tfjs flag is set, programs are compiled and not run: so does tfjs warm up a backend. */
function isCompilingOnly(): boolean {
  return env().getBool('WEBGPU_ENGINE_COMPILE_ONLY');
}

function refusal(backend: KernelBackend, problem: BlockProblem): string | null {
  const state = stateOf(backend);
  if (typeof state === 'string') return state;
  if (state.lost !== null) throw deviceLost(state.lost);
  const choice = state.choice(problem);
  if (typeof choice === 'string') return choice;
  return isCompilingOnly() ? null : choice.refusal;
}

function deviceLost(reason: string): BlockFusionError {
  return new BlockFusionError('device-lost', {
    where: `${FUSED_RESIDUAL_BLOCK} on webgpu`,
    must: 'the GPU device must still be there',
    got: reason,
    fix: 'make a new backend (createFusedWebGPUBackend, with disposeLiveTensors) and load the model again',
  });
}

async function settled(backend: KernelBackend): Promise<number> {
  const state = stateOf(backend);
  return typeof state === 'string' ? 0 : state.settled();
}

const fusedResidualBlock: KernelFunc = (call) => {
  const backend = call.backend as unknown as WebGPUBackend;
  const {x, params, outputShape, ...problem} = checkCall(call);
  const state = stateOf(backend);
  const choice = typeof state === 'string' ? state : state.choice(problem);
  if (typeof choice === 'string') throw refusedBlock('webgpu', choice);
  if (isCompilingOnly()) {
    const y = backend.makeTensorInfo(outputShape, 'float32');
    backend.uploadToGPU(y.dataId); // tfjs takes a small tensor that is nowhere for one that the CPU holds
    return y;
  }
  if (choice.proven === null) throw refusedBlock('webgpu', choice.refusal!);
  return runPlan(backend, choice.proven, {x, params});
};

/** The tensors that a block is given. */
export interface BlockTensors {
  readonly x: TensorInfo;
  readonly params: TensorInfo;
}

/** Records a plan's passes, to be submitted with the other work of the backend. Returns y. */
export function runPlan(
  anyBackend: KernelBackend,
  {plan, pipelines}: ProvenPlan,
  {x, params}: BlockTensors,
): TensorInfo {
  const backend = anyBackend as unknown as WebGPUBackend;
  const tensors = new Map<TensorName, TensorInfo>([['x', x]]);
  plan.passes.forEach((pass, i) => {
    const output = backend.makeTensorInfo([...pass.outputShape], 'float32');
    const inputs = [...pass.inputs.map((name) => tensors.get(name)!), params];
    for (const {dataId} of [output, ...inputs]) backend.uploadToGPU(dataId);
    const program = new FusedResidualBlockProgram(pass, pipelines[i]!);
    backend.recordAndSubmit!(program, asVector(output), inputs.map(asVector), uniformData(pass));
    tensors.set(pass.output, output);
  });
  for (const name of ['spatial', 'hidden'] as const) {
    const between = tensors.get(name);
    if (between !== undefined) backend.disposeData(between.dataId);
  }
  return tensors.get('y')!;
}

/** One dispatch, as tfjs's WebGPUProgram has it; its class's name is what a profile shows. */
class FusedResidualBlockProgram {
  readonly dispatch: Pass['dispatch'];
  readonly pipeline: GPUComputePipeline;

  constructor({dispatch}: Pass, pipeline: GPUComputePipeline) {
    this.dispatch = dispatch;
    this.pipeline = pipeline;
  }
}

/** Of rank 1 every tensor adds the same two members to tfjs's uniforms (wgsl/module.ts). */
function asVector({dataId, dtype}: TensorInfo): TensorInfo {
  return {dataId, dtype, shape: [1]};
}

function uniformData({uniforms}: Pass): {type: 'uint32'; data: number[]}[] {
  return UNIFORMS.map((name) => ({type: 'uint32', data: [uniforms[name]]}));
}

function planReport(problem: BlockProblem, backend: KernelBackend | null): PlanReport {
  const state = backend === null ? null : stateOf(backend);
  if (typeof state === 'string') return stockOpsReport(state);
  const choice = state?.choice(problem) ?? null;
  if (typeof choice === 'string') return stockOpsReport(choice);
  if (choice?.proven) return reportOf(choice.proven.plan, choice.refused.length);
  if (choice !== null && choice.refusal !== null && choice.refused.length > 0) return stockOpsReport(choice.refusal);
  const plans = plansOf(problem, state?.traits ?? DEFAULT_TRAITS);
  return typeof plans === 'string' ? stockOpsReport(plans) : reportOf(plans[0]!, 0);
}

function reportOf(plan: WebGPUPlan, refused: number): PlanReport {
  const between = plan.passes.filter(({output}) => output !== 'y');
  return {
    words: `${plan.words}: ${plan.reason}${refused > 0 ? ` (the device refused ${refused} better)` : ''}`,
    dispatches: plan.passes.length,
    bytes: planBytes(plan),
    cacheBytes: plan.passes.reduce((sum, {cost}) => sum + cost.cacheBytes, 0),
    scratchBytes: between.reduce((sum, {outputShape}) => sum + FLOAT_BYTES * elements(outputShape), 0),
  };
}

const config: KernelConfig = {kernelName: FUSED_RESIDUAL_BLOCK, backendName: 'webgpu', kernelFunc: fusedResidualBlock};

/** The webgpu backend's kernel. */
export const webgpuBlockKernel: BlockKernel = {
  config,
  refusal,
  settled,
  reasonNotToFuse: (run) => Promise.resolve(reasonNotToFuse(run)),
  planReport,
};
