/** The fused blocks among the kernels that a profile lists: which spec each ran, at what size, and what that takes. */
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {type BlockSpec, blockGeometry} from '../../ops/block.ts';
import {blockCost, type ImageSize} from '../../ops/cost.ts';
import {paramsLayout} from '../../ops/params.ts';
import {planBlock} from '../../ops/wasm/plan.ts';

/** A kernel that ran, as tf.profile lists it. */
export interface ProfiledKernel {
  readonly name: string;
  readonly inputShapes: readonly (readonly number[] | null)[];
  readonly outputShapes: readonly (readonly number[])[];
  /** The bytes of all tensors when it had run. */
  readonly totalBytesSnapshot: number;
}

/** A block that ran. */
export interface BlockRun {
  readonly spec: BlockSpec;
  readonly size: ImageSize;
}

/** Returns the block that a kernel ran, or null. A profile knows no attrs: of `specs`, the first that fits all shapes. */
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

/**
 * Returns the most bytes that are held at a time: all tensors, and the scratch of a block while it runs, which tfjs does not
 * count.
 */
export function peakBytes(
  kernels: readonly ProfiledKernel[],
  {specs, backend}: {specs: readonly BlockSpec[]; backend: string},
): number {
  return kernels.reduce((most, kernel) => {
    const run = blockRun(kernel, specs);
    return Math.max(most, kernel.totalBytesSnapshot + (run === null ? 0 : scratchBytes(run, backend)));
  }, 0);
}

function scratchBytes({spec, size}: BlockRun, backend: string): number {
  if (backend !== 'wasm') return 0;
  const plan = planBlock(spec, size, blockGeometry(spec, size.height, size.width));
  return typeof plan === 'string' ? 0 : plan.scratchBytes;
}
