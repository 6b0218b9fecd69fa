/**
 * What a kernel costs on any backend: its arithmetic, and the bytes that it cannot do without. The rules are in this folder, by
 * the names that tfjs gives its kernels; a fused block's are those of ops/cost.ts.
 */
import type {BlockRun} from '../../../ops/blockKernel.ts';
import {blockCost} from '../../../ops/cost.ts';
import {FLOAT_BYTES} from '../../../ops/params.ts';
import {RENAMING_KERNELS} from '../../run/renamingKernels.ts';
import {ELEMENTWISE_RULES} from './elementwise.ts';
import {MOVEMENT_RULES} from './movement.ts';
import {PRODUCT_RULES} from './products.ts';
import {REDUCTION_RULES} from './reductions.ts';
import {type CostRules, elements, type KernelCall, type KernelWork} from './rule.ts';

export type {KernelCall, TensorShape} from './rule.ts';

/** A kernel's call, and what only a trace of it shows. */
export interface CostedKernel extends KernelCall {
  /** Inputs that are a tensor which another input is too: they are read once. */
  readonly repeated?: readonly string[];
  /** Whether the output is an input's own memory. */
  readonly renames?: boolean;
  /** The fused block that it ran; null where it is a stock kernel. */
  readonly block?: BlockRun | null;
}

/** Units: operations, MACs, bytes. */
export interface KernelCost {
  /** All arithmetic: 2 a MAC, and one an output element for what is not a product, whatever its function. */
  readonly ops: number;
  /** The products alone. */
  readonly macs: number;
  /**
   * Every input and output tensor once, 4 bytes an element. Of an input that a kernel takes in part, as Slice does, the part: so
   * that no kernel can do with less.
   */
  readonly bytes: number;
}

const RULES: CostRules = {...PRODUCT_RULES, ...ELEMENTWISE_RULES, ...REDUCTION_RULES, ...MOVEMENT_RULES};

const NOTHING: KernelCost = {ops: 0, macs: 0, bytes: 0};

/** The kernels that have a rule, fused blocks aside. */
export const COSTED_KERNELS: readonly string[] = [...Object.keys(RULES), ...RENAMING_KERNELS];

/**
 * Returns what a kernel costs; null where there is no rule for it.
 * Source: the counts of andravin/spio, spio/kernels/stats.py: 2 operations a MAC, every tensor read or written once.
 */
export function kernelCost(kernel: CostedKernel): KernelCost | null {
  if (kernel.renames === true || RENAMING_KERNELS.has(kernel.name)) return NOTHING;
  const work = workOf(kernel);
  if (work === null) return null;
  if (kernel.outputShapes.every((shape) => elements(shape) === 0)) return NOTHING;
  const {macs = 0, ops = 0} = work;
  return {ops: 2 * macs + ops, macs, bytes: FLOAT_BYTES * movedElements(kernel, work)};
}

function workOf({block = null, ...call}: CostedKernel): KernelWork | null {
  if (block !== null) return {macs: blockCost(block.spec, block.size).macs.total};
  return Object.hasOwn(RULES, call.name) ? RULES[call.name]!(call) : null;
}

function movedElements({inputShapes, outputShapes, repeated = []}: CostedKernel, {reads = {}}: KernelWork): number {
  const read = Object.entries(inputShapes).map(([name, shape]) =>
    repeated.includes(name) ? 0 : (reads[name] ?? elements(shape)),
  );
  const written = outputShapes.map(elements);
  return [...read, ...written].reduce((sum, count) => sum + count, 0);
}
