/** A block's time on WebGPU by the planner's cost model: on its reference GPU, of which nothing was measured. */
import type {BlockSpec} from '../../../ops/block.ts';
import type {ImageSize} from '../../../ops/cost.ts';
import {REFERENCE_GPU} from '../../../ops/webgpu/planner/costModel.ts';
import {DEFAULT_TRAITS} from '../../../ops/webgpu/planner/device.ts';
import {planBlock} from '../../../ops/webgpu/planner/plan.ts';
import {secondsOf} from '../../../ops/webgpu/planner/explanation.ts';
import type {MachineRates} from './bounds.ts';
import type {BlockPrediction} from './predictBlock.ts';
import {stockWork} from './stockWork.ts';

/** A slot is a vector FMA: 4 lanes, 2 operations each. */
const OPS_PER_SLOT = 8;

/** Returns the reference GPU, as far as a waterline goes by it. */
export function referenceGPU(): MachineRates & {readonly machine: string} {
  const {units, slotsPerSecond, memoryBytesPerSecond} = REFERENCE_GPU;
  return {
    machine: "the WebGPU planner's reference GPU",
    opsPerS: units * slotsPerSecond * OPS_PER_SLOT,
    bytesPerS: [{level: 'memory', bytes: null, bytesPerS: memoryBytesPerSecond}],
  };
}

/** Layers of a block, each a kernel at least. */
const LAYERS = 3;

/**
 * Returns how long a block takes on the reference GPU, or why no plan fits the default limits. The stock side is what it takes at
 * least: each layer a pass of our own, and a dispatch for every other kernel. So a fused block is never the slower one.
 */
export function predictOnReferenceGPU(
  spec: BlockSpec,
  size: ImageSize,
): Pick<BlockPrediction, 'fusedMs' | 'stockMs'> | string {
  const plans = planBlock({spec, size, precision: 'float32'}, DEFAULT_TRAITS);
  if (typeof plans === 'string') return plans;
  const times = plans.map(({passes}) => secondsOf(passes));
  const layered = plans.findIndex(({passes}) => passes.length === LAYERS);
  const kernels = Math.min(...Array.from(stockWork(spec, size).values(), ({kernel = 0}) => kernel));
  const others = (kernels - LAYERS) * REFERENCE_GPU.dispatchSeconds;
  return {fusedMs: 1e3 * times[0]!, stockMs: 1e3 * (times.at(layered)! + others)};
}
