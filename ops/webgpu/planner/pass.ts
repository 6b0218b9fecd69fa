/** A plan as data: the dispatches that compute a block, in order, each with what it takes. */
import type {Uniforms} from './uniforms.ts';
import type {Variant} from './variant.ts';

/** The tensors of a block: `spatial` is the spatial conv's output, `hidden` the expanded one's, both in whole lanes. */
export type TensorName = 'x' | 'spatial' | 'hidden' | 'y';

/** What a pass takes, counted; and how long it takes by the cost model. Units: MACs, bytes, seconds. */
export interface PassCost {
  /** Done: halos that are computed again, and padding to whole tiles, included. */
  readonly macs: number;
  /** Through memory at least: every tensor that it reads or writes, and its weights, once. */
  readonly bytes: number;
  /** What its workgroups read and write in sum: weights once a workgroup, halos again; the caches see it. */
  readonly cacheBytes: number;
  readonly workgroups: number;
  /** Of all its workgroups. */
  readonly invocations: number;
  /** Workgroup memory of a workgroup. */
  readonly workgroupBytes: number;
  readonly seconds: number;
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
