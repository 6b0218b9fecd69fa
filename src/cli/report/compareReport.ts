/** A comparison as text: the blocks, the worst difference, and only then the times. */
import {describeBlock} from '../../../ops/block.ts';
import type {PlannedKind} from '../../compare/plans.ts';
import type {FusedBlock} from '../../rewrite/report.ts';
import type {Comparison} from '../../compare/compareModels.ts';
import type {Engine} from '../../run/engine.ts';
import {both, type Pair} from '../../run/pair.ts';
import type {Timing} from '../../run/statistics.ts';
import {modelName} from '../modelArgument.ts';
import {verdict} from './agreementText.ts';
import {alike, count, countedLines, same} from './alike.ts';
import {approximationLines} from './approximationLines.ts';
import {engineText} from './engineText.ts';
import {KINDS_LEGEND, kindText, mib} from './plansText.ts';
import {LAYERS_MODEL, sideTitles} from './sideTitles.ts';
import {type Column, INDENT, indented, table, terminalColumns, wrapped} from './table.ts';

/** A comparison with what it ran on; `browser` is a version, null in Node. */
export interface ModelComparison extends Comparison, Engine {
  readonly model: string;
  /** Whether it is stored as a LayersModel, and was converted here. */
  readonly layersModel: boolean;
  readonly backend: Engine['backend'];
  readonly browser: string | null;
}

/** Returns a readable report, without a line break at its end. `columns`: of the terminal. */
export function describeComparison(
  comparison: ModelComparison,
  {columns = terminalColumns()}: {columns?: number} = {},
): string {
  const {model, browser} = comparison;
  const width = columns - INDENT;
  const paragraph = (text: string): string => wrapped(text, width);
  const body = [
    ...blocksText(comparison, width),
    '',
    ...verdict(comparison).map(paragraph),
    ...stockSide(comparison).map(paragraph),
    '',
    figuresOf(comparison, width),
  ].join('\n');
  const heading = wrapped(`${modelName(model)} on ${engineText({engine: comparison, browser})}`, columns);
  return `${heading}\n${indented(body)}`;
}

/** Each kind of block once, and why others were left alone: inspect has the names. */
function blocksText({report: {blocks, left}, blocksBefore, plans}: ModelComparison, width: number): string[] {
  const kinds = kindLines(blocks, plans, width - INDENT);
  const legend = plans.length === 0 ? '' : `; ${KINDS_LEGEND}`;
  const fused =
    kinds.length === 0
      ? [wrapped(nothingFused(blocksBefore), width)]
      : [`${count(blocks.length, 'block')} fused${legend}:`, ...kinds.map(indented)];
  const reasons = countedLines(
    alike(left, ({reason}) => reason),
    width - INDENT,
  );
  const alone = reasons.length === 0 ? [] : [`${count(left.length, 'block')} left alone:`, ...reasons.map(indented)];
  return [...fused, ...approximationLines(blocks, width - INDENT).map(indented), ...alone];
}

/** Kinds with what they run as, and those of which that is not known. */
function kindLines(blocks: readonly FusedBlock[], plans: readonly PlannedKind[], width: number): string[] {
  const planned = new Set(plans.map(({block}) => block));
  const unplanned = same(blocks, ({spec}) => describeBlock(spec)).filter(({text}) => !planned.has(text));
  return [...plans.map((kind) => kindText(kind, width)), ...countedLines(unplanned, width)];
}

function nothingFused(blocksBefore: number): string {
  if (blocksBefore === 0) return 'no block to fuse: inspect says why';
  return `its ${blocksBefore} blocks are fused already: both columns are the model as stored, loaded by tfjs and by tfjs-block-fusion`;
}

function stockSide({stockForm, layersModel}: ModelComparison): string[] {
  return [...(layersModel ? [LAYERS_MODEL] : []), ...(stockForm === 'original' ? [] : [LEGALIZED])];
}

const LEGALIZED =
  'stock side: the legalized model, in which what stock tfjs cannot run or computes wrongly is spelled so that it runs right';

interface Line extends Pair<string> {
  readonly what: string;
  readonly note: string;
}

function figuresOf(comparison: ModelComparison, width: number): string {
  const {kernels, dispatches, peakBytes, movedBytes} = comparison;
  const lines: Line[] = [
    ...accuracyLines(comparison),
    ...timeLines(comparison),
    ...gpuLines(comparison),
    ...blockLines(comparison),
    {what: 'kernels a run', ...both(kernels, String), note: ''},
    ...(dispatches === null ? [] : [{what: 'dispatches a run', ...both(dispatches, String), note: ''}]),
    {what: 'memory of a run', ...both(peakBytes, mib), note: 'tensors and scratch'},
    {what: 'moved by a run', ...both(movedBytes, mib), note: 'by all kernels'},
  ];
  const titles = sideTitles(comparison);
  const columns: Column<Line>[] = [
    {title: '', text: ({what}) => what},
    {title: titles.stock, text: (line) => line.stock, align: 'right'},
    {title: titles.fused, text: (line) => line.fused, align: 'right'},
    {title: '', text: ({note}) => note, narrow: 'wrap'},
  ];
  return table(lines, columns, {width});
}

function accuracyLines({accuracy}: ModelComparison): Line[] {
  if (accuracy === null) return [];
  const {images, correct} = accuracy;
  const share = (right: number): string => `${((100 * right) / images).toFixed(2)}%`;
  return [
    {what: 'accuracy', ...both(correct, share), note: `${correct.stock} and ${correct.fused} of ${images} images`},
  ];
}

function timeLines({stock, fused, speedup, loadMs, adapter}: ModelComparison): Line[] {
  if (stock === null || fused === null || speedup === null || loadMs === null) return [];
  const times = {stock, fused};
  const end = adapter === null ? '' : ', to the end of its read-back';
  return [
    {what: 'median of a run', ...both(times, median), note: `${speedup.toFixed(2)}× as fast${end}`},
    {what: 'p10 to p90', ...both(times, spread), note: `${stock.runs} samples each`},
    {what: 'loading', ...both(loadMs, ms), note: 'with the rewrite'},
  ];
}

/** What the blocks take of a run. */
function blockLines({fusedBlocks}: ModelComparison): Line[] {
  if (fusedBlocks === null) return [];
  const {stockMs, ms: fusedMs} = fusedBlocks;
  const times = both({stock: stockMs, fused: fusedMs}, (each) => (each === null ? '' : ms(each)));
  return [{what: 'blocks', ...times, note: 'kernels alone, of the nodes that were fused'}];
}

function gpuLines({gpu, adapter, passed}: ModelComparison): Line[] {
  if (adapter === null || !passed) return [];
  if (gpu === null) return [{what: 'GPU time of a run', stock: '', fused: '', note: 'this adapter has no timestamps'}];
  const speedup = gpu.stock.medianMs / gpu.fused.medianMs;
  return [
    {what: 'GPU time of a run', ...both(gpu, median), note: `${speedup.toFixed(2)}× as fast, summed over dispatches`},
    {what: 'p10 to p90', ...both(gpu, spread), note: ''},
  ];
}

const digits = (value: number): string => (value < 100 ? value.toPrecision(3) : value.toFixed(0));
const ms = (value: number): string => `${digits(value)} ms`;
const median = ({medianMs}: Timing): string => ms(medianMs);
const spread = ({p10Ms, p90Ms}: Timing): string => `${digits(p10Ms)}–${digits(p90Ms)} ms`;
