/**
 * How long a block takes on a machine, stock and fused, by what was measured of the machine: its peak, at which a block's relative
 * cost (ops/wasm/relativeCosts.ts) becomes a time.
 */
import type {BlockRun} from '../../../ops/blockKernel.ts';
import type {ImageSize} from '../../../ops/cost.ts';
import {BlockFusionError} from '../../../ops/errors.ts';
import {NO_SIMD} from '../../../ops/wasm/detect.ts';
import {estimateBlock} from '../../../ops/wasm/estimate.ts';
import {both, type Pair} from '../../run/pair.ts';
import type {Machine} from '../machine/machine.ts';

/** A Machine is one. */
export type PredictionMachine = Pick<Machine, 'backend' | 'simd' | 'opsPerS'>;

/** Plain data, for JSON. */
export interface BlockPrediction {
  /** Of one thread; the stock form is the one that is estimated to be the fastest. Units: milliseconds. */
  readonly ms: Pair<number> | null;
  /** Why there is none. */
  readonly reason: string | null;
}

/** Returns how long a block takes on the machine, or why that is not predicted. Throws: `invalid-input` for a size that is none. */
export function predictBlock(block: BlockRun, machine: PredictionMachine): BlockPrediction {
  const {spec, size} = block;
  const {backend, simd, opsPerS} = machine;
  checkSize(size);
  if (backend !== 'wasm') return {ms: null, reason: unpredicted(backend)};
  const estimate = simd === null ? NO_SIMD : estimateBlock({spec, size}, {simd});
  if (typeof estimate === 'string') return {ms: null, reason: estimate};
  // 2 operations a MAC.
  return {ms: both(estimate, (macs) => (2e3 * macs) / opsPerS), reason: null};
}

function unpredicted(backend: string): string {
  return backend === 'webgpu'
    ? "the WebGPU planner's cost model ranks the plans of a block on a reference GPU: it predicts no times on others"
    : `there is no fused kernel for backend ${backend}`;
}

function checkSize(size: ImageSize): void {
  const sizes = [size.batch, size.height, size.width];
  if (sizes.every((each) => Number.isSafeInteger(each) && each > 0)) return;
  throw new BlockFusionError('invalid-input', {
    where: 'predictBlock',
    must: 'size must be {batch, height, width}, whole numbers of at least 1',
    got: size,
    fix: "give the size of the block's input",
  });
}
