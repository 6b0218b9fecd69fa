/** How the steps of a call (assembly/step.ts) are shared out among threads. Pure: numbers in, numbers out. */
import {isGlobal} from '../block.ts';
import {blockCost} from '../cost.ts';
import type {PlannedBlock} from './tiles.ts';

export interface Schedule {
  /** Threads that work on the call, the calling one among them. */
  readonly threads: number;
  /** One after the other, over all images; a block with a global part has two. */
  readonly sweeps: readonly Sweep[];
  /** Whether the parts of a tile may come to several threads, so that all their sums are kept until the last is there. */
  readonly sharedParts: boolean;
  /** What the sums of shared parts take, beside each thread's own scratch. Units: bytes. */
  readonly sharedBytes: number;
  /** What the thread with the most of the call takes of it, beside one thread alone: 1 of one, ½ of two that share it evenly. */
  readonly share: number;
}

/** Steps that do not need each other. */
export interface Sweep {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  /** Steps that a thread takes from the queue at a time and computes one after the other. */
  readonly taskSteps: number;
}

/** Below this a thread's share is over before a worker is awake. Units: MACs. */
const MIN_MACS_A_THREAD = 500_000;

/** Tasks a thread that are tried: more of them end closer together, each starts anew. */
const MAX_TASKS_A_THREAD = 8;

/** What a task spends before its first step, in steps: waking up, a spatial conv that another thread has computed too. */
const TASK_START = 0.1;

/** Returns how at most `threads` threads share a call; the bits of its result are the same for any number. */
export function scheduleOf(
  block: PlannedBlock,
  threads: number,
  {minMacs = MIN_MACS_A_THREAD}: {readonly minMacs?: number} = {},
): Schedule {
  const {spec, size, geometry, plan} = block;
  const tiles = Math.ceil(geometry.outHeight / plan.tileHeight) * Math.ceil(geometry.outWidth / plan.tileWidth);
  const [steps, later] = [plan.parts, plan.outputParts].map((parts) => size.batch * tiles * parts) as [number, number];
  const second: Sweep[] = isGlobal(spec) ? [{first: steps, end: steps + later, taskSteps: later}] : [];
  const worth = Math.max(1, Math.floor(blockCost(spec, size).macs.total / minMacs));
  const most = Math.min(threads, worth, Math.max(steps, second.length * later));
  const one = {threads: 1, sharedParts: false, sharedBytes: 0, share: 1};
  if (most === 1) return {...one, sweeps: [{first: 0, end: steps, taskSteps: steps}, ...second]};

  // Where whole images are enough to go round, no two threads share one.
  const perImage = tiles * plan.parts;
  const whole = plan.parts > 1 && size.batch >= most;
  const unit = whole ? perImage : 1;
  const {size: task, end} = bestTask(steps / unit, most, whole ? TASK_START : TASK_START + haloSteps(block));
  const taskSteps = unit * task;
  const sharedParts = plan.parts > 1 && !whole && !isGlobal(spec);
  const sweeps = [{first: 0, end: steps, taskSteps}];
  const share = Math.min(1, (unit * end) / steps);
  const shares = {sharedParts, sharedBytes: sharedParts ? steps * plan.sumsBytes : 0};
  if (!isGlobal(spec)) return {threads: Math.min(most, Math.ceil(steps / taskSteps)), sweeps, ...shares, share};

  const last = bestTask(later, most, TASK_START);
  return {
    threads: Math.min(most, Math.max(Math.ceil(steps / taskSteps), Math.ceil(later / last.size))),
    sweeps: [...sweeps, {first: steps, end: steps + later, taskSteps: last.size}],
    ...shares,
    // Both sweeps about as long.
    share: (share + Math.min(1, last.end / later)) / 2,
  };
}

/** Returns the size of task that ends first, and when, where each costs `start` beside its steps; the smallest of several. */
function bestTask(steps: number, threads: number, start: number): {size: number; end: number} {
  let best = {size: steps, end: Infinity};
  for (let tasks = 1; tasks <= MAX_TASKS_A_THREAD; tasks++) {
    const size = Math.ceil(steps / (threads * tasks));
    const rounds = Math.ceil(Math.ceil(steps / size) / threads);
    const end = rounds * (size + start);
    if (end <= best.end) best = {size, end};
  }
  return best;
}

/** What a task that starts in the middle of an image expands anew, in steps: rows that the step above has in its ring. */
function haloSteps({spec, plan}: PlannedBlock): number {
  if (!plan.keepRows) return 0;
  const rows = spec.kernelSize[0] - spec.stride;
  const expandShare = spec.inChannels / (spec.inChannels + spec.outChannels);
  return (expandShare * Math.max(0, rows)) / (plan.tileHeight * spec.stride);
}
