/** The fused blocks among the kernels of a profile: their specs, sizes, MACs, and the bytes that they hold and move. */
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {type BlockSpec, blockGeometry} from '../../ops/block.ts';
import type {BlockRun, PlanReport} from '../../ops/blockKernel.ts';
import {blockCost} from '../../ops/cost.ts';
import {FLOAT_BYTES, paramsLayout} from '../../ops/params.ts';
import {elements} from '../../ops/shape.ts';
import {type BlockPlace, planReport} from './plans.ts';
import {RENAMING_KERNELS} from '../run/renamingKernels.ts';

/** A kernel that ran, as tf.profile lists it. */
export interface ProfiledKernel {
  readonly name: string;
  readonly inputShapes: readonly (readonly number[] | null)[];
  readonly outputShapes: readonly (readonly number[])[];
  /** The bytes of all tensors when it had run. */
  readonly totalBytesSnapshot: number;
}

/** Returns the block that a kernel ran, or null. A profile has no attrs: of `specs`, the first that fits all shapes. */
export function blockRun({name, ...kernel}: ProfiledKernel, specs: readonly BlockSpec[]): BlockRun | null {
  const [x, params] = kernel.inputShapes;
  if (name !== FUSED_RESIDUAL_BLOCK || x?.length !== 4 || !params) return null;
  const [batch, height, width, channels] = x as [number, number, number, number];
  const [, ...output] = kernel.outputShapes[0] ?? [];
  const fits = (spec: BlockSpec): boolean => {
    if (spec.inChannels !== channels || paramsLayout(spec).length !== params[0]) return false;
    const {outHeight, outWidth} = blockGeometry(spec, height, width);
    return output.join() === [outHeight, outWidth, spec.outChannels].join();
  };
  const spec = specs.find(fits);
  return spec === undefined ? null : {spec, size: {batch, height, width}};
}

/** Returns the MACs of all blocks. */
export function blockMacs(runs: readonly BlockRun[]): number {
  return runs.reduce((sum, {spec, size}) => sum + blockCost(spec, size).macs.total, 0);
}

/** By what a profile's blocks are recognised, and where they ran. */
interface KnownBlocks {
  readonly specs: readonly BlockSpec[];
  readonly place: BlockPlace;
}

/**
 * Returns the most bytes that are held at a time: all tensors, and the scratch of a block while it runs, which tfjs does not
 * count.
 */
export async function peakBytes(kernels: readonly ProfiledKernel[], known: KnownBlocks): Promise<number> {
  const held = kernels.map(async (kernel) => {
    const scratch = (await blockReport(kernel, known))?.scratchBytes ?? 0;
    return kernel.totalBytesSnapshot + scratch;
  });
  return Math.max(0, ...(await Promise.all(held)));
}

/**
 * Returns the bytes that the kernels move: each reads its inputs and writes its outputs once, 4 bytes an element; a fused block
 * moves what its plan does.
 */
export async function movedBytes(kernels: readonly ProfiledKernel[], known: KnownBlocks): Promise<number> {
  const moving = kernels.filter(({name}) => !RENAMING_KERNELS.has(name));
  const moved = moving.map(async (kernel) => (await blockReport(kernel, known))?.bytes ?? tensorBytes(kernel));
  return (await Promise.all(moved)).reduce((sum, bytes) => sum + bytes, 0);
}

function tensorBytes({inputShapes, outputShapes}: ProfiledKernel): number {
  const shapes = [...inputShapes, ...outputShapes].filter((shape) => shape !== null);
  return FLOAT_BYTES * shapes.reduce((sum, shape) => sum + elements(shape), 0);
}

async function blockReport(kernel: ProfiledKernel, {specs, place}: KnownBlocks): Promise<PlanReport | null> {
  const run = blockRun(kernel, specs);
  return run === null ? null : planReport(run, place);
}
