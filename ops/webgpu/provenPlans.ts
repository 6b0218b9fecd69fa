/**
 * The plans that a device has compiled: of a block's plans, fastest first, the first whose shaders the device takes. Shaders
 * compile asynchronously, so that no page waits for them, and none is dispatched before its pipeline is made: WebGPU reports a
 * shader that does not compile, or needs more than the device has, only later, and computes garbage meanwhile.
 *
 * This file is the entry of a chunk of its own, with the planner and the shaders; kernel.ts loads it when a block is first asked for.
 */
import type {BlockSpec} from '../block.ts';
import {type BlockProblem, type PlanReport, stockOpsReport} from '../blockKernel.ts';
import {getOrMake} from '../getOrMake.ts';
import {FLOAT_BYTES} from '../params.ts';
import {elements} from '../shape.ts';
import {DEFAULT_TRAITS, type DeviceTraits, traitsOf} from './planner/device.ts';
import type {Pass} from './planner/pass.ts';
import {planBlock, planBytes, type WebGPUPlan} from './planner/plan.ts';
import {UNIFORMS} from './planner/uniforms.ts';
import {type Variant, variantKey} from './planner/variant.ts';
import {shaderText} from './wgsl/shaders.ts';

export {reasonNotToFuse} from './planner/stockEstimate.ts';

/** A pipeline, or why the device has none. */
export type Proof = {readonly pipeline: GPUComputePipeline} | {readonly refusal: string};

/** The pipelines of a device, each variant compiled once. */
export class Pipelines {
  private readonly device: GPUDevice;
  private readonly proofs = new Map<string, Promise<Proof>>();

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** Compiles a variant's shader, or returns the proof that there is. Never rejects. */
  prove(variant: Variant): Promise<Proof> {
    return getOrMake(this.proofs, variantKey(variant), () =>
      compile(this.device, variant).catch((cause: unknown) => ({refusal: firstLine(cause)})),
    );
  }
}

async function compile(device: GPUDevice, variant: Variant): Promise<Proof> {
  // All of the page shares the stack of error scopes: this one is closed before anything else can run.
  device.pushErrorScope('validation');
  const module = device.createShaderModule({code: shaderText(variant), label: variant.kernel});
  const moduleError = device.popErrorScope();
  const pipeline = device.createComputePipelineAsync({
    label: variant.kernel,
    layout: 'auto',
    compute: {module, entryPoint: 'main'},
  });
  const [error, made] = await Promise.allSettled([moduleError, pipeline]);
  if (error.status === 'fulfilled' && error.value !== null) return {refusal: firstLine(error.value)};
  return made.status === 'fulfilled' ? {pipeline: made.value} : {refusal: firstLine(made.reason)};
}

function firstLine(cause: unknown): string {
  const {message} = cause as {message?: unknown};
  return String(message ?? cause)
    .trim()
    .split('\n')[0]!;
}

/** A pass with what a dispatch takes: its pipeline, and its uniforms in the order of the buffer. */
export interface ProvenPass {
  readonly pass: Pass;
  readonly pipeline: GPUComputePipeline;
  readonly uniforms: readonly number[];
}

export interface ProvenPlan {
  readonly plan: WebGPUPlan;
  readonly passes: readonly ProvenPass[];
}

/** Compiles a plan's shaders. Returns why the device refuses one of them, where it does. */
export async function provePlan(plan: WebGPUPlan, pipelines: Pipelines): Promise<ProvenPlan | string> {
  const proofs = await Promise.all(plan.passes.map(({variant}) => pipelines.prove(variant)));
  const passes: ProvenPass[] = [];
  for (const [i, proof] of proofs.entries()) {
    if ('refusal' in proof) return proof.refusal;
    const pass = plan.passes[i]!;
    passes.push({pass, pipeline: proof.pipeline, uniforms: UNIFORMS.map((name) => pass.uniforms[name])});
  }
  return {plan, passes};
}

/** The choice among a block's plans, which are proven one after the other until one stands. */
export class PlanChoice {
  /** Null until a plan is proven, and when all are refused. */
  proven: ProvenPlan | null = null;
  /** Why the device has no plan; null until all are refused. */
  refusal: string | null = null;
  /** Done when a plan is proven or none is left. */
  readonly settled: Promise<void>;
  private readonly plans: readonly WebGPUPlan[];
  /** Of the first plans, why the device refused them. */
  private readonly refusals: string[] = [];

  constructor(plans: readonly WebGPUPlan[], pipelines: Pipelines) {
    this.plans = plans;
    this.settled = this.settle(pipelines);
  }

  /** Returns what the block runs as: the plan that is proven, and until one is, the first that the device has not refused. */
  report(): PlanReport {
    const refused = this.refusals.length;
    return this.refusal === null ? reportOf(this.plans[refused]!, refused) : stockOpsReport(this.refusal);
  }

  private async settle(pipelines: Pipelines): Promise<void> {
    for (const plan of this.plans) {
      const proven = await provePlan(plan, pipelines);
      if (typeof proven !== 'string') {
        this.proven = proven;
        return;
      }
      this.refusals.push(proven);
    }
    this.refusal = `the device refuses every plan: ${this.refusals.join('; ')}`;
  }
}

/** The choices for all blocks that were asked of a device. */
export class ProvenPlans {
  private readonly traits: DeviceTraits;
  private readonly pipelines: Pipelines;
  private readonly choices = new WeakMap<BlockSpec, Map<string, PlanChoice | string>>();
  private readonly all: PlanChoice[] = [];

  constructor(device: GPUDevice) {
    this.traits = traitsOf(device);
    this.pipelines = new Pipelines(device);
  }

  /** Returns the choice of a plan for a block, which the first call starts; or why there is no plan. */
  choice(problem: BlockProblem): PlanChoice | string {
    const {spec, size, precision} = problem;
    const ofSpec = getOrMake(this.choices, spec, () => new Map<string, PlanChoice | string>());
    const key = `${size.batch}×${size.height}×${size.width} ${precision}`;
    return getOrMake(ofSpec, key, () => this.choose(problem));
  }

  private choose(problem: BlockProblem): PlanChoice | string {
    const plans = planBlock(problem, this.traits);
    if (typeof plans === 'string') return plans;
    const choice = new PlanChoice(plans, this.pipelines);
    this.all.push(choice);
    return choice;
  }

  /** Returns what a block runs as on the device. */
  report(problem: BlockProblem): PlanReport {
    const choice = this.choice(problem);
    return typeof choice === 'string' ? stockOpsReport(choice) : choice.report();
  }

  /** Waits until all choices are settled. Returns the number of pipelines of the plans that were chosen. */
  async settled(): Promise<number> {
    await Promise.all(this.all.map((choice) => choice.settled));
    return new Set(this.all.flatMap(({proven}) => proven?.passes.map(({pipeline}) => pipeline) ?? [])).size;
  }
}

/** Returns what a block runs as on a device with WebGPU's default limits. */
export function reportAtDefaultLimits(problem: BlockProblem): PlanReport {
  const plans = planBlock(problem, DEFAULT_TRAITS);
  return typeof plans === 'string' ? stockOpsReport(plans) : reportOf(plans[0]!, 0);
}

function reportOf(plan: WebGPUPlan, refused: number): PlanReport {
  const between = plan.passes.filter(({output}) => output !== 'y');
  return {
    words: `${plan.description}: ${plan.reason}${refused > 0 ? ` (the device refused ${refused} better)` : ''}`,
    dispatches: plan.passes.length,
    bytes: planBytes(plan),
    cacheBytes: plan.passes.reduce((sum, {cost}) => sum + cost.cacheBytes, 0),
    scratchBytes: between.reduce(
      (sum, {outputShape, sumsShape}) => sum + FLOAT_BYTES * (elements(outputShape) + elements(sumsShape ?? [0])),
      0,
    ),
  };
}
