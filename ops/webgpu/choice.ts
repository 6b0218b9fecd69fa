/**
 * Which plan of a block runs on a device: of the planner's list the first whose shaders all compile. Until that is known, and
 * where none is left, the block runs on stock ops.
 */
import type {WebGPUPlan} from './planner/pass.ts';
import type {Pipelines} from './pipelines.ts';

/** A plan with a pipeline for each pass. */
export interface ProvenPlan {
  readonly plan: WebGPUPlan;
  readonly pipelines: readonly GPUComputePipeline[];
}

/** A plan that the device would not have. */
export interface RefusedPlan {
  readonly plan: WebGPUPlan;
  readonly refusal: string;
}

export class PlanChoice {
  /** Null until a plan is proven, and when all are refused. */
  proven: ProvenPlan | null = null;
  readonly refused: RefusedPlan[] = [];
  /** Done when a plan is proven or none is left. */
  readonly settled: Promise<void>;
  private isSettled = false;

  constructor(pipelines: Pipelines, plans: readonly WebGPUPlan[]) {
    this.settled = this.settle(pipelines, plans);
  }

  /** Why nothing can run now; null when a plan is proven. */
  get refusal(): string | null {
    if (this.proven !== null) return null;
    if (!this.isSettled) return 'its shaders are being compiled; await warmup(model, inputShape) to have them first';
    return `the device refuses every plan: ${this.refused.map(({refusal}) => refusal).join('; ')}`;
  }

  private async settle(pipelines: Pipelines, plans: readonly WebGPUPlan[]): Promise<void> {
    for (const plan of plans) {
      const proofs = await Promise.all(plan.passes.map(({variant}) => pipelines.prove(variant)));
      const refusal = proofs.flatMap((proof) => ('refusal' in proof ? [proof.refusal] : []))[0];
      if (refusal === undefined) {
        const standing = proofs.flatMap((proof) => ('pipeline' in proof ? [proof.pipeline] : []));
        this.proven = {plan, pipelines: standing};
        break;
      }
      this.refused.push({plan, refusal});
    }
    this.isSettled = true;
  }
}
