/** A model's waterlines as text: kernels by their share of the time, as bars; blocks; and how far all is from the machine. */
import {describeBlock} from '../../../ops/block.ts';
import {getOrMake} from '../../../ops/getOrMake.ts';
import {beatsBound} from '../../analysis/beatsBound.ts';
import {duration, percent, threeDigits, withUnit} from '../../analysis/charts/units.ts';
import type {EfficiencyGap} from '../../analysis/efficiencyGap.ts';
import type {Machine} from '../../analysis/machine/machine.ts';
import type {ModelWaterline} from '../../analysis/modelWaterline.ts';
import type {Waterline, WaterlineBlock, WaterlineKernel} from '../../analysis/waterline.ts';
import {sumOfKnown} from '../../run/statistics.ts';
import type {Accuracies, Accuracy} from '../accuracies.ts';
import type {HostEngine} from '../host/host.ts';
import {engineText} from './engineText.ts';
import {sideTitles} from '../../report/sideTitles.ts';
import {type Column, INDENT, indented, table} from './table.ts';

/** Returns what the machine can do, and how that is known. */
export function describeMachine(machine: Machine, host: HostEngine): string {
  return `${engineText(host)}\n${indented(describeRates(machine))}`;
}

/** Returns the machine's peak and bandwidths, a line each, with what they are known by. */
export function describeRates(machine: Machine): string {
  const {opsPerS, spread, loop, bytesPerS, source} = machine;
  const peak = `${withUnit(opsPerS, 'op/s')} (${loop === null ? source.opsPerS : `${loop}, ${spreadText(spread)}`})`;
  const levels = bytesPerS.map((level) => {
    const known = level.spread === null ? source.bytesPerS : spreadText(level.spread);
    return `${withUnit(level.bytesPerS, 'B/s')} from ${level.level} (${known})`;
  });
  const bandwidth = `bandwidth: ${levels.join(`,\n${' '.repeat('bandwidth: '.length)}`)}`;
  return [`peak: ${peak}`, bandwidth, ...(isNoisy(machine) ? [NOISY] : [])].join('\n');
}

/** Rates that spread more are of a machine that did other things. */
const NOISY_SPREAD = 0.5;
const NOISY = 'noisy: measured again on a machine that does nothing else, these may be higher';

function isNoisy({spread, bytesPerS}: Machine): boolean {
  return [spread, ...bytesPerS.map((level) => level.spread)].some((each) => each !== null && each > NOISY_SPREAD);
}

const spreadText = (spread: number | null): string => `spread ${percent(spread ?? 0)}`;

/**
 * Returns a readable report of both sides, without a line break at its end. Bars give way where lines would be longer than
 * `columns`, as many as the terminal has.
 */
export function describeWaterline(
  model: ModelWaterline,
  machine: Machine,
  {columns = Infinity}: {columns?: number | undefined} = {},
): string {
  const {name, stock, fused, report} = model;
  const {stock: stockTitle} = sideTitles({...model, blocksFused: report.blocks.length});
  return [
    `${name}${model.partial ? ' (PARTIAL: it failed half-way)' : ''}`,
    indented(
      [
        sideText(stockTitle, stock, {machine, columns: columns - INDENT}),
        sideText(`fused${blocksNote(model)}`, fused, {machine, columns: columns - INDENT}),
        ...blocksText(model),
        gapText(model),
      ].join('\n\n'),
    ),
  ].join('\n');
}

function blocksNote({report, blocksBefore}: ModelWaterline): string {
  if (report.blocks.length > 0) return '';
  return blocksBefore === 0
    ? ', with no block to fuse'
    : `, its ${blocksBefore} blocks as before: both sides are the same model`;
}

/** All kernels of one name. */
interface Kind {
  readonly name: string;
  readonly calls: number;
  /** Units: milliseconds; null where it was not timed. */
  readonly actualMs: number | null;
  readonly attainableMs: number;
  readonly idealMs: number;
  readonly memoryBound: number;
  readonly moves: boolean;
}

/** A row of the table: a kind, or all of them. */
interface Row extends Kind {
  readonly share: number;
}

const BAR_WIDTH = 20;
/** With its share behind it a shorter one is no narrower than its title. */
const MIN_BAR_WIDTH = 4;

function sideText(title: string, side: Waterline, {machine, columns}: {machine: Machine; columns: number}): string {
  const {kernels, total, failure} = side;
  const kinds = kindsOf(kernels);
  const isTimed = kinds.every(({actualMs}) => actualMs !== null);
  const weigh = ({actualMs, attainableMs}: Kind): number => (isTimed ? actualMs! : attainableMs);
  const whole = kinds.reduce((sum, kind) => sum + weigh(kind), 0);
  const rows: Row[] = kinds
    .map((kind) => ({...kind, share: whole === 0 ? 0 : weigh(kind) / whole}))
    .sort((a, b) => b.share - a.share);
  const all: Row = {...sumOf('all', kernels), actualMs: total.actualMs, share: NaN};
  return [
    `${title}: ${timeText(side)}`,
    indented(
      withBarsThatFit(
        (width) => table([...rows, all], columnsOf(isTimed ? 'of the time' : 'of attainable', width)),
        columns - INDENT,
      ),
    ),
    ...notes(side, machine).map(indented),
    ...(failure === null ? [] : [indented(`PARTIAL: it failed here: ${failure}`)]),
  ].join('\n');
}

function timeText({wallMs, total, clock}: Waterline): string {
  const run = wallMs === null ? 'no whole run' : `${duration(wallMs)} a run`;
  if (clock === 'none') return `${run}; nothing here tells the times of single kernels`;
  const sum = total.actualMs === null ? '' : `, ${duration(total.actualMs)} summed over its kernels`;
  return `${run}${sum}${clock === 'gpu' ? ' by the GPU' : ''}`;
}

function withBarsThatFit(draw: (barWidth: number) => string, columns: number): string {
  const widest = Math.max(
    ...draw(BAR_WIDTH)
      .split('\n')
      .map(({length}) => length),
  );
  return draw(Math.max(MIN_BAR_WIDTH, BAR_WIDTH - Math.max(0, widest - columns)));
}

function columnsOf(shareTitle: string, barWidth: number): Column<Row>[] {
  return [
    {title: 'kernel', text: ({name}) => name},
    {title: 'calls', text: ({calls}) => String(calls), align: 'right'},
    {title: 'ms', text: ({actualMs}) => msText(actualMs), align: 'right'},
    {
      title: shareTitle,
      text: (row) => (Number.isNaN(row.share) ? '' : `${bar(row.share, barWidth)} ${share(row.share)}`),
    },
    {title: 'attainable ms', text: ({attainableMs}) => msText(attainableMs), align: 'right'},
    {title: 'of peak', text: efficiencyText, align: 'right'},
    {title: 'bound by', text: boundText},
  ];
}

/** Returns a share of 1 as a bar, in eighths of a character. */
export function bar(share: number, width: number = BAR_WIDTH): string {
  const eighths = Math.round(8 * width * share);
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]!;
  return ('█'.repeat(Math.floor(eighths / 8)) + rest).padEnd(width);
}

function msText(ms: number | null): string {
  if (ms === null || ms === 0) return '';
  return ms < 0.001 ? '<0.001' : ms.toFixed(3);
}

const share = (of: number): string => `${(100 * of).toFixed(1)}%`;

function efficiencyText({idealMs, actualMs}: {idealMs: number; actualMs: number | null}): string {
  return actualMs === null || actualMs === 0 || idealMs === 0 ? '' : share(idealMs / actualMs);
}

function boundText({memoryBound, calls, moves}: Kind): string {
  if (!moves) return 'nothing';
  if (memoryBound === 0) return 'arithmetic';
  return memoryBound === calls ? 'memory' : `memory, ${memoryBound} of ${calls}`;
}

function kindsOf(kernels: readonly WaterlineKernel[]): Kind[] {
  const byName = new Map<string, WaterlineKernel[]>();
  for (const kernel of kernels) getOrMake(byName, kernel.name, () => []).push(kernel);
  return Array.from(byName, ([name, calls]) => sumOf(name, calls));
}

function sumOf(name: string, kernels: readonly WaterlineKernel[]): Kind {
  const sum = (figure: (kernel: WaterlineKernel) => number): number =>
    kernels.reduce((all, each) => all + figure(each), 0);
  return {
    name,
    calls: kernels.length,
    actualMs: sumOfKnown(kernels.map(({actualMs}) => actualMs)),
    attainableMs: sum(({attainableMs}) => attainableMs),
    idealMs: sum(({idealMs}) => idealMs),
    memoryBound: kernels.filter(({memoryBound}) => memoryBound).length,
    moves: kernels.some(({bytes}) => bytes > 0),
  };
}

/** What a reader of the table must know. */
function notes({kernels, uncounted}: Waterline, machine: Machine): string[] {
  const unknown = uncounted.map(({name, calls, actualMs}) => {
    const time = actualMs === null ? '' : `, ${duration(actualMs)}`;
    return `${name} × ${calls}${time}`;
  });
  const moving = kernels.filter(({bytes}) => bytes > 0);
  const timeless = moving.filter(({actualMs}) => actualMs === 0).length;
  const early = moving.filter((kernel) => beatsBound(kernel, machine)).length;
  return [
    ...(unknown.length === 0 ? [] : [`no rule for the cost of ${unknown.join('; ')}: not in the table`]),
    ...(timeless === 0 ? [] : [`${timeless} of the kernels took less than the clock can tell`]),
    ...(early === 0 ? [] : [`${early} of the kernels took less than is attainable: ${earlyReason(machine)}`]),
  ];
}

function earlyReason({source}: Machine): string {
  return Object.values(source).includes('given')
    ? 'the rates given are too low, or of memory alone where a cache had the data'
    : 'a nearer cache had some of what they read, or something slowed the measurement of the machine';
}

/** Blocks of one kind. */
interface BlockKind {
  readonly kind: string;
  readonly count: number;
  readonly stockMs: number | null;
  readonly fusedMs: number | null;
  readonly predictedMs: number | null;
  readonly attainableMs: number;
  readonly idealMs: number;
  /** What they cannot do without, and what their tiles read and write, again and again what several need. Units: bytes. */
  readonly bytes: number;
  readonly tileBytes: number;
}

function blocksText({report, stock, fused}: ModelWaterline): string[] {
  const kinds = new Map<string, string[]>();
  for (const {name, spec} of report.blocks) getOrMake(kinds, describeBlock(spec), () => []).push(name);
  const rows = Array.from(kinds, ([kind, names]): BlockKind => {
    const [before, after] = [stock, fused].map(({blocks}) => blocks.filter(({name}) => names.includes(name)));
    const sum = (figure: (block: WaterlineBlock) => number): number =>
      after!.reduce((all, each) => all + figure(each), 0);
    return {
      ...{kind, count: names.length, stockMs: timeOf(before!), fusedMs: timeOf(after!)},
      predictedMs: sumOfKnown(after!.map(({predictedMs}) => predictedMs)),
      ...{attainableMs: sum(({attainableMs}) => attainableMs), idealMs: sum(({idealMs}) => idealMs)},
      ...{bytes: sum(({bytes}) => bytes), tileBytes: tileBytes(fused, names)},
    };
  });
  if (rows.length === 0) return [];
  const legend = hasPredictions(rows) ? [BLOCKS_LEGEND, PREDICTED_LEGEND] : [BLOCKS_LEGEND];
  return [[blocksTable(rows), ...legend].join('\n')];
}

/** Under the table of blocks. */
const BLOCKS_LEGEND =
  'moves: what a block cannot do without, each tensor once; by tiles: halos and weights for every tile, through the caches';

const PREDICTED_LEGEND = "predicted: the fused blocks' cost in MACs of the matrix kernel, at this machine's peak";

function hasPredictions(rows: readonly BlockKind[]): boolean {
  return rows.some(({predictedMs}) => predictedMs !== null);
}

function blocksTable(rows: readonly BlockKind[]): string {
  const predicted: Column<BlockKind> = {title: 'predicted', text: (row) => msText(row.predictedMs), align: 'right'};
  return table(rows, [
    {title: 'blocks', text: ({count}) => String(count), align: 'right'},
    {title: 'stock ms', text: ({stockMs}) => msText(stockMs), align: 'right'},
    {title: 'fused ms', text: ({fusedMs}) => msText(fusedMs), align: 'right'},
    ...(hasPredictions(rows) ? [predicted] : []),
    {title: 'attainable ms', text: ({attainableMs}) => msText(attainableMs), align: 'right'},
    {title: 'moves', text: ({bytes}) => withUnit(bytes, 'B'), align: 'right'},
    {title: 'by tiles', text: (row) => (row.tileBytes === 0 ? '' : withUnit(row.tileBytes, 'B')), align: 'right'},
    {title: 'of peak', text: ({idealMs, fusedMs}) => efficiencyText({idealMs, actualMs: fusedMs}), align: 'right'},
    // Last, since it is long.
    {title: 'block', text: ({kind}) => kind},
  ]);
}

function tileBytes({kernels}: Waterline, names: readonly string[]): number {
  const ofBlocks = kernels.filter(({node}) => node !== null && names.includes(node));
  return ofBlocks.reduce((sum, {plan}) => sum + (plan?.cacheBytes ?? 0), 0);
}

function timeOf(blocks: readonly WaterlineBlock[]): number | null {
  return sumOfKnown(blocks.map(({actualMs}) => actualMs));
}

function gapText({ops, gap, stock, fused}: ModelWaterline): string {
  const isPart = stock.failure !== null && fused.failure !== null;
  const macs = `${threeDigits(ops / 2e6)} MMAC${isPart ? ' in the part that ran' : ''}`;
  const sides = Object.entries(gap).flatMap(([side, each]: [string, EfficiencyGap | null]) =>
    each === null
      ? []
      : [`${side} ${duration(each.actualMs)}: ${percent(each.efficiency)} efficient, gap ${duration(each.gapMs)}`],
  );
  const ideal = gap.stock ?? gap.fused;
  return ideal === null ? macs : [`${macs}, at the peak ${duration(ideal.idealMs)}`, ...sides].join('\n');
}

/** Returns the efficiency gaps of several models as a table, with what is known of their accuracies. */
export function describeGaps(models: readonly ModelWaterline[], accuracies: Accuracies | null): string {
  const gapColumn = (
    title: string,
    text: (gap: EfficiencyGap) => string,
    side: 'stock' | 'fused',
  ): Column<ModelWaterline> => ({
    title,
    text: ({gap}) => (gap[side] === null ? '' : text(gap[side])),
    align: 'right',
  });
  return table(models, [
    {title: 'model', text: ({name, partial}) => (partial ? `${name} (PARTIAL)` : name)},
    ...accuracyColumns(accuracies).filter(({text}) => models.some((model) => text(model) !== '')),
    {title: 'MMAC', text: ({ops}) => threeDigits(ops / 2e6), align: 'right'},
    {title: 'ideal ms', text: ({gap}) => msText((gap.stock ?? gap.fused)?.idealMs ?? null), align: 'right'},
    gapColumn('stock ms', ({actualMs}) => msText(actualMs), 'stock'),
    gapColumn('efficient', ({efficiency}) => percent(efficiency), 'stock'),
    gapColumn('fused ms', ({actualMs}) => msText(actualMs), 'fused'),
    gapColumn('efficient', ({efficiency}) => percent(efficiency), 'fused'),
  ]);
}

function accuracyColumns(accuracies: Accuracies | null): Column<ModelWaterline>[] {
  const column = (title: string, text: (known: Accuracy) => string): Column<ModelWaterline> => ({
    title,
    text: ({name}) => {
      const known = accuracies?.get(name);
      return known === undefined ? '' : text(known);
    },
  });
  return [
    column('family', ({family = ''}) => family),
    {...column('accuracy', ({accuracy}) => share(accuracy)), align: 'right'},
    column('interval', ({interval}) => interval?.map(share).join(' to ') ?? ''),
  ];
}
