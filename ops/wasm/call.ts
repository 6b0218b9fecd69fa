/** One call of the module: the records in scratch that describe it to its threads (record.ts), written and run. */
import {getOrMake} from '../getOrMake.ts';
import {Field} from './assembly/fields.ts';
import type {KernelExports} from './module.ts';
import type {WasmPlan} from './plan.ts';
import {type CallRecord, recordOf, type ScheduledBlock} from './record.ts';
import {type Schedule, scheduleOf} from './schedule.ts';
import type {PlannedBlock} from './tiles.ts';

/** What is the same in every call of a block on images of one size. */
export interface PreparedCall {
  readonly block: ScheduledBlock;
  readonly record: CallRecord;
}

export function prepareCall(block: ScheduledBlock): PreparedCall {
  return {block, record: recordOf(block)};
}

/** By plan, batch and threads: a graph makes the same few calls over and over. */
const prepared = new WeakMap<WasmPlan, Map<string, PreparedCall>>();

/** Returns what calls of a block on so many threads have in common, made once. */
export function preparedCall(block: PlannedBlock, threads: number): PreparedCall {
  const ofPlan = getOrMake(prepared, block.plan, () => new Map<string, PreparedCall>());
  return getOrMake(ofPlan, `${block.size.batch}×${threads}`, () =>
    prepareCall({...block, schedule: scheduleOf(block, threads)}),
  );
}

/** Where the tensors of a call lie, and as much scratch as its record says. Units: addresses in bytes. */
export interface Places {
  readonly x: number;
  readonly y: number;
  readonly params: number;
  readonly scratch: number;
}

/** Computes the steps of a call on this thread alone. */
export function runSteps(kernels: KernelExports, {sweeps}: Schedule, record: number): 'done' {
  for (const [i, {first, end}] of sweeps.entries()) {
    for (let step = first; step < end; step++) {
      kernels.computeStep(record, step);
      kernels.storeStep(record);
    }
    kernels.endSweep(record, i);
  }
  return 'done';
}

/** The scratch buffers, of which every thread has its own. */
const OWN_BUFFERS = [
  Field.IMAGE,
  Field.SPATIAL_OUT,
  Field.SPATIAL_PANELS,
  Field.HIDDEN_OUT,
  Field.HIDDEN_PANELS,
  Field.ACCUMULATOR,
];

/** Writes a record for each thread, at the start of its scratch. Returns their addresses. */
export function writeCall(buffer: ArrayBufferLike, {block, record}: PreparedCall, places: Places): number[] {
  const {plan, schedule} = block;
  const {x, y, params, scratch} = places;
  const words = new Uint32Array(buffer, scratch);
  words.set(record.words);
  words[Field.X] = x;
  words[Field.Y] = y;
  for (const at of record.inParams) words[at]! += params;
  for (const at of record.inScratch) words[at]! += scratch;
  const own = schedule.sharedParts ? OWN_BUFFERS : [...OWN_BUFFERS, Field.PART_SUMS];
  return Array.from({length: schedule.threads}, (_, thread) => {
    const offset = thread * plan.scratchBytes;
    if (thread > 0) {
      words.copyWithin(offset / 4, 0, Field.COUNT);
      for (const field of own) words[offset / 4 + field]! += offset;
    }
    return scratch + offset;
  });
}
