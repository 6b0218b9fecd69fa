/** A call of the wasm kernel in a guarded memory: its tensors and scratch placed, and its records written. */
import {prepareCall, writeCall} from '../../ops/wasm/call.ts';
import {type Schedule, scheduleOf} from '../../ops/wasm/schedule.ts';
import type {PlannedBlock} from '../../ops/wasm/tiles.ts';
import type {GuardedMemory} from './guardedMemory.ts';

export interface CallInputs {
  readonly x: Float32Array;
  readonly params: Float32Array;
  /** How many threads may share it, however small it is. */
  readonly threads: number;
  /** Which of both ends with the memory. */
  readonly last?: 'x' | 'params';
}

/** Units: addresses in bytes. */
export interface PlacedCall {
  readonly schedule: Schedule;
  /** One for each thread. */
  readonly records: readonly number[];
  readonly x: number;
  readonly params: number;
  readonly y: number;
  /** Floats of y. */
  readonly length: number;
}

/** Places a call in place of all that stands in the memory. */
export function placeCall(
  guarded: GuardedMemory,
  block: PlannedBlock,
  {x, params, threads, last = 'x'}: CallInputs,
): PlacedCall {
  const {spec, size, geometry} = block;
  const schedule = scheduleOf(block, threads, {minMacs: 1});
  const call = prepareCall({...block, schedule});
  const length = size.batch * geometry.outHeight * geometry.outWidth * spec.outChannels;
  guarded.reset();
  const y = guarded.add(length);
  const scratch = guarded.add(call.record.scratchBytes / 4);
  const values = {x, params};
  const first = last === 'x' ? 'params' : 'x';
  const addresses = {[first]: guarded.add(values[first].length, values[first])} as Record<'x' | 'params', number>;
  addresses[last] = guarded.addLast(values[last].length, values[last]);
  const records = writeCall(guarded.memory.buffer, call, {...addresses, y, scratch});
  return {schedule, records, ...addresses, y, length};
}
