/** The face that a backend's kernel.ts shows to the op, to registration, and to reports. */
import type {KernelBackend, KernelConfig} from '@tensorflow/tfjs-core';
import type {BlockSpec} from './block.ts';
import type {ImageSize} from './cost.ts';
import type {Precision} from './params.ts';

/** A block with the size of its input. */
export interface BlockRun {
  readonly spec: BlockSpec;
  readonly size: ImageSize;
}

/** A block to be computed. */
export interface BlockProblem extends BlockRun {
  /** Of its params. */
  readonly precision: Precision;
}

/** What a kernel does with a block, for people. */
export interface PlanReport {
  /** What was chosen, and why; or why stock ops run. */
  readonly words: string;
  /** Dispatches to a GPU; 1 where there is none. */
  readonly dispatches: number;
  /** What goes through memory, tensors between passes included. Units: bytes. */
  readonly bytes: number;
  /** What its tiles read and write in sum, weights and halos once a tile: the caches see it. Units: bytes. */
  readonly cacheBytes: number;
  /** What it takes beside its output while it runs. Units: bytes. */
  readonly scratchBytes: number;
}

/** What a backend brings to the op. */
export interface BlockKernel {
  readonly config: KernelConfig;
  /**
   * Why this block cannot run fused on this backend now; null when it can. Where kernels are compiled at run time, asking
   * starts it.
   */
  refusal(backend: KernelBackend, problem: BlockProblem): string | null;
  /**
   * Waits until all that was started is compiled or refused, and returns the number of pipelines that stand; null where nothing
   * is compiled at run time.
   */
  readonly settled: ((backend: KernelBackend) => Promise<number>) | null;
  /** What the kernel does with a block: on this backend, or, null, on any. */
  planReport(problem: BlockProblem, backend: KernelBackend | null): PlanReport;
}
