/**
 * The kernel `FusedResidualBlock` of the webgpu backend: the only file here that touches tfjs, and all that a page loads before a
 * block is asked for. The planner and the shaders come later (provenPlans.ts); until they are there, and its plan is compiled, a
 * block runs on stock ops.
 */
import type {WebGPUProgram} from '@tensorflow/tfjs-backend-webgpu';
import {
  backend as currentBackend,
  type DataId,
  engine,
  env,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  type Tensor1D,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../attrs.ts';
import {
  type BlockKernel,
  type BlockProblem,
  type BlockRun,
  type PlanReport,
  refusedBlock,
  stockOpsReport,
} from '../blockKernel.ts';
import {BlockFusionError} from '../errors.ts';
import {getOrMake} from '../getOrMake.ts';
import {checkCall} from '../validate.ts';
import type {Pass} from './planner/pass.ts';
import type {TensorName} from './planner/tensors.ts';
import type {PlanChoice, ProvenPass, ProvenPlan, ProvenPlans} from './provenPlans.ts';

/** What the kernel uses of tfjs's WebGPUBackend. */
interface WebGPUBackend extends KernelBackend {
  readonly device: GPUDevice;
  makeTensorInfo(shape: number[], dtype: 'float32'): TensorInfo;
  uploadToGPU(dataId: DataId): void;
  disposeData(dataId: DataId): boolean;
  runWebGPUProgram(program: WebGPUProgram, inputs: TensorInfo[], outputDtype: 'float32'): TensorInfo;
  /**
   * Private in tfjs: the only way to run a module of our own, which may name features and types that tfjs's own frame cannot. It
   * prefixes uniforms of its own, which depend on the shapes that it is given.
   */
  recordAndSubmit?(
    program: object,
    output: TensorInfo,
    inputs: TensorInfo[],
    uniforms: readonly {type: 'uint32'; data: number[]}[],
  ): void;
}

type Planner = typeof import('./provenPlans.ts');

/** Loads the planner and the shaders. Returns why they cannot be loaded, where they cannot. */
async function loadPlanner(): Promise<Planner | string> {
  try {
    return await import('./provenPlans.ts');
  } catch (cause) {
    return `its planner could not be loaded: ${(cause as Error).message}`;
  }
}

/** Said of a block while the planner is loaded, too: the user does the same about it. */
const COMPILING = 'its shaders are being compiled; await warmup(model, inputShape) to have them first';

/** What belongs to one backend: made at first use, freed with it. */
class BackendState {
  /** Why the device is lost; null while it is not. */
  lost: string | null = null;
  private readonly device: GPUDevice;
  /** Null until the planner is loaded; a string where it cannot be, and says why. */
  private plans: ProvenPlans | string | null = null;
  private loading: Promise<void> | null = null;
  /** The blocks that were asked for before. */
  private readonly early: BlockProblem[] = [];

  constructor({device}: WebGPUBackend) {
    this.device = device;
    void device.lost.then(({reason, message}) => {
      this.lost = message || reason;
    });
  }

  /** Returns the choice of a plan for a block, which asking starts; null before there is a planner; or why there is no plan. */
  choice(problem: BlockProblem): PlanChoice | string | null {
    if (this.plans !== null) return typeof this.plans === 'string' ? this.plans : this.plans.choice(problem);
    this.early.push(problem);
    void this.load();
    return null;
  }

  async report(problem: BlockProblem): Promise<PlanReport> {
    await this.load();
    return typeof this.plans === 'string' ? stockOpsReport(this.plans) : this.plans!.report(problem);
  }

  async settled(): Promise<number> {
    await this.load();
    return typeof this.plans === 'string' ? 0 : this.plans!.settled();
  }

  private load(): Promise<void> {
    return (this.loading ??= this.startPlanning());
  }

  private async startPlanning(): Promise<void> {
    const planner = await loadPlanner();
    this.plans = typeof planner === 'string' ? planner : new planner.ProvenPlans(this.device);
    for (const problem of this.early.splice(0)) this.choice(problem);
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
  return isCompilingOnly() ? null : refusalOf(choice);
}

/** Returns why no plan can run now; null when one is proven. */
function refusalOf(choice: PlanChoice | null): string | null {
  return choice?.proven ? null : (choice?.refusal ?? COMPILING);
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

async function planReport(problem: BlockProblem, backend: KernelBackend | null): Promise<PlanReport> {
  const state = backend === null ? null : stateOf(backend);
  if (typeof state === 'string') return stockOpsReport(state);
  if (state !== null) return state.report(problem);
  const planner = await loadPlanner();
  return typeof planner === 'string' ? stockOpsReport(planner) : planner.reportAtDefaultLimits(problem);
}

async function reasonNotToFuse(run: BlockRun): Promise<string | null> {
  const planner = await loadPlanner();
  return typeof planner === 'string' ? `it would run on stock ops: ${planner}` : planner.reasonNotToFuse(run);
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
  if (!choice?.proven) throw refusedBlock('webgpu', refusalOf(choice)!);
  return runPlan(backend, choice.proven, {x, params});
};

/** The tensors that a block is given. */
export interface BlockTensors {
  readonly x: TensorInfo;
  readonly params: TensorInfo;
}

/** Records a plan's passes, to be submitted with the other work of the backend. Returns y. */
export function runPlan(anyBackend: KernelBackend, {passes}: ProvenPlan, {x, params}: BlockTensors): TensorInfo {
  const backend = anyBackend as unknown as WebGPUBackend;
  const tensors = new Map<TensorName, TensorInfo>([['x', x]]);
  for (const {pass, pipeline, uniforms} of passes) {
    const output = backend.makeTensorInfo([...pass.outputShape], 'float32');
    const sums = pass.sumsShape === null ? [] : [backend.makeTensorInfo([...pass.sumsShape], 'float32')];
    // tfjs has one output a program: to bind, what is written beside it is like what is read.
    const inputs = [...pass.inputs.map((name) => tensors.get(name)!), params, ...sums];
    for (const {dataId} of [output, ...inputs]) backend.uploadToGPU(dataId);
    const program = new FusedResidualBlockProgram(pass.dispatch, pipeline);
    backend.recordAndSubmit!(program, asVector(output), inputs.map(asVector), uniformData(uniforms));
    tensors.set(pass.output, output);
    for (const tensor of sums) tensors.set('sums', tensor);
  }
  for (const [name, {dataId}] of tensors) if (name !== 'x' && name !== 'y') backend.disposeData(dataId);
  return tensors.get('y')!;
}

/** One dispatch, with the members of tfjs's WebGPUProgram that are read; a profile shows the name of the class. */
class FusedResidualBlockProgram {
  readonly dispatch: Pass['dispatch'];
  readonly pipeline: GPUComputePipeline;

  constructor(dispatch: Pass['dispatch'], pipeline: GPUComputePipeline) {
    this.dispatch = dispatch;
    this.pipeline = pipeline;
  }
}

/** Of rank 1 every tensor adds the same two members to tfjs's uniforms (wgsl/module.ts). */
function asVector({dataId, dtype}: TensorInfo): TensorInfo {
  return {dataId, dtype, shape: [1]};
}

function uniformData(uniforms: ProvenPass['uniforms']): {type: 'uint32'; data: number[]}[] {
  return uniforms.map((value) => ({type: 'uint32', data: [value]}));
}

/** Unpacks on the GPU, by a program of tfjs's own form: WGSL can unpack float16 on any device, shader-f16 or not. */
function floatParams(params: Tensor1D): Tensor1D {
  if (params.dtype !== 'int32') return params;
  const backend = currentBackend() as WebGPUBackend;
  const unpacked = backend.runWebGPUProgram(unpackProgram(params.size), [params], 'float32');
  return engine().makeTensorFromTensorInfo(unpacked, backend) as Tensor1D;
}

const UNPACK_THREADS = 64;

/** One invocation a pair. A new object for each dispatch: tfjs writes into it. */
function unpackProgram(pairs: number): WebGPUProgram {
  return {
    shaderKey: 'unpackFloat16Params',
    variableNames: ['pairs'],
    outputShape: [2 * pairs],
    dispatchLayout: {x: [0]},
    dispatch: [Math.ceil(pairs / UNPACK_THREADS), 1, 1],
    workgroupSize: [UNPACK_THREADS, 1, 1],
    size: true,
    getUserCode: () => `
      fn main(index : i32) {
        if (2 * index < uniforms.size) {
          let pair = unpack2x16float(bitcast<u32>(pairs[index]));
          result[2 * index] = pair.x;
          result[2 * index + 1] = pair.y;
        }
      }`,
  };
}

const config: KernelConfig = {kernelName: FUSED_RESIDUAL_BLOCK, backendName: 'webgpu', kernelFunc: fusedResidualBlock};

/** The webgpu backend's kernel. */
export const webgpuBlockKernel: BlockKernel = {
  config,
  refusal,
  settled,
  reasonNotToFuse,
  planReport,
  floatParams,
};
