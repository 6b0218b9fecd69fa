/** A plan as data: the dispatches that compute a block, in order, each with what it takes. */
import type {Uniforms} from './uniforms.ts';
import type {Variant} from './variant.ts';

/** The tensors of a block: `spatial` is the spatial conv's output, `hidden` the expanded one's, both in whole lanes. */
export type TensorName = 'x' | 'spatial' | 'hidden' | 'y';

/** What a pass takes. Units: MACs, bytes read and written (halos and repeated reads included), invocations of its dispatch. */
export interface PassCost {
  readonly macs: number;
  readonly bytes: number;
  readonly invocations: number;
  /** Workgroup memory of a workgroup. Units: bytes. */
  readonly workgroupBytes: number;
}

/** One dispatch. */
export interface Pass {
  readonly variant: Variant;
  /** What it reads, in the order of its bindings; params follow. */
  readonly inputs: readonly TensorName[];
  readonly output: TensorName;
  readonly outputShape: readonly number[];
  /** Workgroups: tiles folded into x and y, column tiles along z. */
  readonly dispatch: readonly [number, number, number];
  readonly uniforms: Uniforms;
  readonly cost: PassCost;
}

export interface WebGPUPlan {
  readonly passes: readonly Pass[];
  /** What was chosen, and why, for people. */
  readonly words: string;
  readonly reason: string;
}
