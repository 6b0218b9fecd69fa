/** What is predicted of a block on a backend, and for which machine. */
import type {BlockRun} from '../../../ops/blockKernel.ts';
import {blockCost, type ImageSize} from '../../../ops/cost.ts';
import {BlockFusionError} from '../../../ops/errors.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import {both, type Pair} from '../../run/pair.ts';
import {predictBlock, recordedMachine} from './predictBlock.ts';
import type {RatedMachine} from './ratedMachine.ts';
import {boundsOf, type MachineRates} from './bounds.ts';
import {predictOnReferenceGPU, referenceGPU} from './referenceGPU.ts';

/** A machine as far as it differs from the one on which rates were recorded. */
export interface PredictionMachine extends Partial<Pick<RatedMachine, 'machine' | 'opsPerS' | 'bytesPerS'>> {
  /** Of the fused kernels on wasm; plain SIMD by default, and where it is not known. */
  readonly simd?: SimdLevel | null | undefined;
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
 * GPU, whatever `machine` says. Null on backends without a kernel of ours. A Machine, as measured or given, is a machine here.
 * Throws: `invalid-input` for a size that is none.
 */
export function predictOn(
  backend: string,
  {spec, size}: BlockRun,
  machine: PredictionMachine = {},
): PredictedBlock | null {
  checkSize(size);
  const {macs, layeredBytes, fusedBytes} = blockCost(spec, size);
  const memoryBound = (rates: MachineRates): Pair<boolean> =>
    both({stock: layeredBytes, fused: fusedBytes}, (bytes) => {
      const {idealMs, movingMs} = boundsOf({ops: 2 * macs.total, bytes}, rates);
      return movingMs > idealMs;
    });
  switch (backend) {
    case 'wasm': {
      const rated = ratedMachine(machine);
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

/** The recorded machine, as far as the other one says nothing else. */
function ratedMachine({simd, machine, opsPerS, bytesPerS}: PredictionMachine): RatedMachine {
  const recorded = recordedMachine(simd ?? undefined);
  const isOther = opsPerS !== undefined || bytesPerS !== undefined;
  return {
    ...recorded,
    machine: machine ?? (isOther ? 'a machine as given' : recorded.machine),
    opsPerS: opsPerS ?? recorded.opsPerS,
    bytesPerS: bytesPerS ?? recorded.bytesPerS,
  };
}

function checkSize(size: ImageSize): void {
  const sizes = [size.batch, size.height, size.width];
  if (sizes.every((each) => Number.isSafeInteger(each) && each > 0)) return;
  throw new BlockFusionError('invalid-input', {
    where: 'predictOn',
    must: 'size must be {batch, height, width}, whole numbers of at least 1',
    got: size,
    fix: "give the size of the block's input",
  });
}

function timesOf(
  prediction: {readonly stockMs: number; readonly fusedMs: number} | string,
): Pick<PredictedBlock, 'ms' | 'reason'> {
  if (typeof prediction === 'string') return {ms: null, reason: prediction};
  return {ms: {stock: prediction.stockMs, fused: prediction.fusedMs}, reason: null};
}
