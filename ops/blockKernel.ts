/**
 * The face of a backend's kernel.ts, towards the op, registration, and reports; and what every backend says of a block that it
 * refuses.
 */
import type {KernelBackend, KernelConfig, Tensor1D} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from './attrs.ts';
import type {BlockSpec} from './block.ts';
import type {ImageSize} from './cost.ts';
import {BlockFusionError} from './errors.ts';
import type {PackPanels} from './packParams.ts';
import type {Precision} from './params.ts';

/** A block with the size of its input. */
export interface BlockRun {
  /** The block. */
  readonly spec: BlockSpec;
  /** Of its input. */
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
  /**
   * What its tiles read and write in sum, which the caches see: of each tile the input that it does not hold yet, halo included,
   * all weights that it uses, the residual and its output; of several passes also the tensors between them. Scratch and workgroup
   * memory, which are nearer, are not in it. Units: bytes.
   */
  readonly cacheBytes: number;
  /** What it takes beside its output while it runs. Units: bytes. */
  readonly scratchBytes: number;
}

/** Threads that each side would run on. */
export interface SideThreads {
  readonly stock: number;
  readonly fused: number;
}

export const ONE_THREAD: SideThreads = {stock: 1, fused: 1};

/** How many threads compute a block, and why not more. */
export interface ThreadCount {
  /** The calling one among them. */
  readonly count: number;
  /** Why there are no more, in words; null where there are as many as were asked for, and more than one. */
  readonly reason: string | null;
}

/** Writes values into memory of a backend's; weights are packed by its `packPanels`, where it has one. */
export type WriteValues = (values: Float32Array, packPanels?: PackPanels) => void;

/** What a backend brings to the op. */
export interface BlockKernel {
  readonly config: KernelConfig;
  /**
   * Why this block cannot run fused on this backend now; null when it can. Where kernels are compiled at run time, asking
   * starts that.
   */
  refusal(backend: KernelBackend, problem: BlockProblem): string | null;
  /**
   * Loads what plans and compiles, waits until every block that was asked for is compiled or refused, and returns the number of
   * pipelines that there are; null where nothing is compiled at run time.
   */
  readonly settled: ((backend: KernelBackend) => Promise<number>) | null;
  /**
   * Why a block is not estimated to be faster fused than by stock ops on this backend, a device with default limits where it has
   * devices; null where it is. `threads` count where the backend has any; default 1 and 1.
   */
  reasonNotToFuse(run: BlockRun, threads?: SideThreads): Promise<string | null>;
  /**
   * Returns a new float32 vector on this backend, its values written in place; null where the kernel does not run. Absent where
   * JavaScript does not reach the backend's memory; such a backend keeps the array that a tensor is made of.
   */
  readonly makeParams?: (backend: KernelBackend, length: number, write: WriteValues) => Tensor1D | null;
  /** Absent where the kernel runs on no threads of ours. */
  readonly threads?: {
    /** Has as many threads ready as are wanted, or as many as can be. Default: as many as the backend's own kernels run on. */
    start(backend: KernelBackend, wanted?: number): Promise<void>;
    count(backend: KernelBackend): ThreadCount;
    /** Threads of the backend's own kernels. */
    ofStock(backend: KernelBackend): number;
  };
  /** What the kernel does with a block: on this backend, or, null, on any. */
  planReport(problem: BlockProblem, backend: KernelBackend | null): Promise<PlanReport>;
  /**
   * Returns params in layout 1, which stock ops need: those given, or a new tensor on the current backend, unpacked from layout 2
   * without a rounding.
   * Throws: `invalid-params` where the backend has no float16.
   */
  floatParams(params: Tensor1D): Tensor1D;
}

/** Returns the report of a block that runs on stock ops. */
export function stockOpsReport(why: string): PlanReport {
  return {words: `stock ops: ${why}`, dispatches: 0, bytes: 0, cacheBytes: 0, scratchBytes: 0};
}

/** Returns the error of a kernel that was run, past the op, on a block that it refuses. */
export function refusedBlock(backendName: string, why: string): BlockFusionError {
  return new BlockFusionError('registration', {
    where: `${FUSED_RESIDUAL_BLOCK} on ${backendName}`,
    must: 'the kernel must be able to run this block',
    got: why,
    fix: 'call it by fusedResidualBlock, which falls back to stock ops',
  });
}
