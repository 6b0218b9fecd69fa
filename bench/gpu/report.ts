/** What bench:gpu prints of a block: a table or JSON lines. */
import {FAMILIES, familyOf} from '../../ops/webgpu/planner/families.ts';
import {type Column, table} from '../../src/cli/report/table.ts';
import type {BlockCase} from '../speed/cases.ts';
import type {GPU} from './gpus.ts';
import {MIN_COVERED_MACS, type ProgramTime} from './times.ts';

/** One way to run a block on a GPU: fused, or a stock form. */
export interface TimedSide {
  readonly name: string;
  readonly times: readonly ProgramTime[];
  readonly us: number;
}

/** A block on a GPU. */
export interface Row {
  readonly block: BlockCase;
  readonly gpu: GPU;
  /** The fastest plan where dispatches take no time beside their work, and the one that is chosen. */
  readonly fused: TimedSide;
  readonly chosen: TimedSide;
  /** Stock's forms, the fastest by the model first. */
  readonly stock: readonly TimedSide[];
}

/**
 * Returns a table with the lines of each GPU: fused, where another plan is chosen that too, and the fastest stock form: sums, and
 * figures of the longest pass.
 */
export function blockTable(rows: readonly Row[]): string {
  const lines = rows.flatMap(({gpu, fused, chosen, stock: [best]}) => {
    const sides = isSame(fused, chosen) ? [fused, best!] : [fused, chosen, best!];
    return sides.map((side) => ({gpu, side, best: best!}));
  });
  return table(lines, [
    {title: 'GPU', text: ({gpu}) => gpu.name},
    {title: 'side', text: ({side}) => side.name},
    number('passes', ({side}) => String(side.times.length)),
    number('registers', ({side}) => String(longest(side).registers)),
    number('spills', ({side}) => String(spillsOf(side))),
    number('waves held', ({side}) => longest(side).resident.toPrecision(2)),
    number('in flight', ({side}) => longest(side).wavesInFlight.toPrecision(2)),
    number('MAC/issue', ({side}) => percent(longest(side).macsPerIssue)),
    number('µs', ({side}) => micros(side.us)),
    number('of stock', ({side, best}) => (side === best ? '' : (side.us / best.us).toFixed(2))),
    number('with dispatches', ({gpu, side}) => micros(withDispatches(gpu, side))),
    number('of stock', ({gpu, side, best}) =>
      side === best ? '' : (withDispatches(gpu, side) / withDispatches(gpu, best)).toFixed(2),
    ),
  ]);
}

/** Returns a table with a line for each dispatch, fused and of the fastest stock form; dispatches that are the same share one. */
export function passTable(rows: readonly Row[]): string {
  const lines = rows.flatMap(({gpu, fused, chosen, stock: [best]}) =>
    (isSame(fused, chosen) ? [fused, best!] : [fused, chosen, best!]).flatMap(({times}) =>
      merged(times).map((each) => ({gpu, ...each})),
    ),
  );
  return table(lines, [
    {title: 'shader', text: ({time}) => time.program.name},
    {title: 'GPU', text: ({gpu}) => gpu.name},
    number('times', ({count}) => String(count)),
    number('threads/wave', ({time}) => `${time.threads}/${time.wave}`),
    number('registers', ({time}) => String(time.registers)),
    number('spills', ({time}) => String(time.spills)),
    number('shared bytes', ({time}) => String(time.workgroupBytes)),
    number('waves held', ({time}) => time.resident.toPrecision(2)),
    number('in flight', ({time}) => time.wavesInFlight.toPrecision(2)),
    number('MAC/issue', ({time}) => percent(time.macsPerIssue)),
    number('of its MACs', ({time}) => (time.macs < MIN_COVERED_MACS ? '' : percent(time.coverage))),
    number('µs', ({time, count}) => micros(count * time.us)),
    {title: 'by', text: ({time}) => time.timeBound},
  ]);
}

/** Returns one line of JSON. Units: µs. */
export function jsonLine({block, gpu, fused, chosen, stock}: Row): string {
  const [best] = stock as [TimedSide];
  const [chosenUs, stockUs] = [withDispatches(gpu, chosen), withDispatches(gpu, best)];
  const times = [fused, best].flatMap((side) => side.times);
  return `${JSON.stringify({
    ...{case: block.name, family: gpu.name, card: gpu.card, batch: block.size.batch},
    ...{fusedUs: fused.us, stockUs: best.us, ratio: best.us / fused.us, stockForm: best.name},
    withDispatches: {fusedUs: chosenUs, stockUs, ratio: stockUs / chosenUs, passes: chosen.times.length},
    ...{spills: spillsOf(fused), stockSpills: spillsOf(best)},
    ...{macPerIssue: longest(fused).macsPerIssue, stockMacPerIssue: longest(best).macsPerIssue},
    doubtful: times.filter(({isDoubtful}) => isDoubtful).map(({program}) => program.name),
    forms: Object.fromEntries(stock.map(({name, us}) => [name, us])),
    passes: merged(fused.times).map(passJson),
    stockPasses: merged(best.times).map(passJson),
  })}\n`;
}

function passJson({time: {program, ...figures}, count}: Merged): object {
  return {shader: program.name, dispatch: program.dispatch, count, ...figures};
}

interface Merged {
  readonly time: ProgramTime;
  readonly count: number;
}

/** A stock form dispatches the same program once a group. */
function merged(times: readonly ProgramTime[]): Merged[] {
  const found = new Map<string, {time: ProgramTime; count: number}>();
  for (const time of times) {
    const {wgsl, dispatch} = time.program;
    const key = `${wgsl} ${dispatch.join(' ')} ${time.us}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, {time, count: 1});
    else known.count++;
  }
  return [...found.values()];
}

function isSame(a: TimedSide, b: TimedSide): boolean {
  return a.times.length === b.times.length;
}

/** Returns how long a side takes with what each dispatch takes beside its work. Units: µs. */
function withDispatches({vendor}: GPU, {us, times}: TimedSide): number {
  return us + 1e6 * FAMILIES[familyOf(vendor)].gpu.dispatchSeconds * times.length;
}

function longest({times}: TimedSide): ProgramTime {
  return times.reduce((best, time) => (time.us > best.us ? time : best));
}

function spillsOf({times}: TimedSide): number {
  return merged(times).reduce((sum, {time}) => sum + time.spills, 0);
}

function number<R>(title: string, text: (row: R) => string): Column<R> {
  return {title, text, align: 'right'};
}

/** Returns a share in words. */
export function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

function micros(us: number): string {
  return us < 10 ? us.toPrecision(2) : us.toFixed(0);
}
