/** What is predicted of a block on a backend, and for which machine. */
import type {BlockRun} from '../../ops/blockKernel.ts';
import {blockCost} from '../../ops/cost.ts';
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {both, type Pair} from '../pair.ts';
import {predictBlock, recordedMachine} from './predictBlock.ts';
import type {RatedMachine} from './ratedMachine.ts';
import {boundsOf, type MachineRates} from './bounds.ts';
import {predictOnReferenceGPU, referenceGPU} from './referenceGPU.ts';

/** A machine as far as it differs from the one on which rates were recorded. */
export interface PredictionMachine extends Partial<Pick<RatedMachine, 'machine' | 'opsPerS' | 'bytesPerS'>> {
  /** Of the fused kernels on wasm; plain SIMD by default. */
  readonly simd?: SimdLevel | undefined;
}

/** Plain data, for JSON. */
export interface PredictedBlock {
  /** What it is predicted for, in words. */
  readonly machine: string;
  /** Null where the backend has no plan for the block. Units: milliseconds. */
  readonly ms: Pair<number> | null;
  /** Why there is none. */
  readonly reason: string | null;
  /** Whether moving the bytes takes longer than computing, at the machine's peaks: by one kernel a layer, and fused. */
  readonly memoryBound: Pair<boolean>;
}

/**
 * Returns what is predicted of a block: on wasm by the rates of its parts, on webgpu by the planner's cost model for its reference
 * GPU, whatever `machine` says. Null on backends without a kernel of ours.
 */
export function predictOn(
  backend: string,
  {spec, size}: BlockRun,
  machine: PredictionMachine = {},
): PredictedBlock | null {
  const {macs, layeredBytes, fusedBytes} = blockCost(spec, size);
  const memoryBound = (rates: MachineRates): Pair<boolean> =>
    both({stock: layeredBytes, fused: fusedBytes}, (bytes) => {
      const {idealMs, movingMs} = boundsOf({ops: 2 * macs.total, bytes}, rates);
      return movingMs > idealMs;
    });
  switch (backend) {
    case 'wasm': {
      const {simd, ...others} = machine;
      const rated = {...recordedMachine(simd), ...others};
      return {machine: rated.machine, ...timesOf(predictBlock(spec, size, rated)), memoryBound: memoryBound(rated)};
    }
    case 'webgpu': {
      const gpu = referenceGPU();
      return {machine: gpu.machine, ...timesOf(predictOnReferenceGPU(spec, size)), memoryBound: memoryBound(gpu)};
    }
    default:
      return null;
  }
}

function timesOf(
  prediction: {readonly stockMs: number; readonly fusedMs: number} | string,
): Pick<PredictedBlock, 'ms' | 'reason'> {
  if (typeof prediction === 'string') return {ms: null, reason: prediction};
  return {ms: {stock: prediction.stockMs, fused: prediction.fusedMs}, reason: null};
}
