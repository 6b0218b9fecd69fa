/** A comparison as text: the blocks, the worst difference, and only then the times. */
import {describeBlock} from '../../../ops/block.ts';
import type {Comparison} from '../../compare/compareModels.ts';
import type {Engine} from '../../run/engine.ts';
import {both, type Pair} from '../../run/pair.ts';
import type {Timing} from '../../run/statistics.ts';
import {modelName} from '../modelArgument.ts';
import {engineText} from './engineText.ts';
import {mib, planText} from './plansText.ts';
import {indented, table} from './table.ts';

/** A comparison with what it ran on; `browser` is a version, null in Node. */
export interface ModelComparison extends Comparison, Engine {
  readonly model: string;
  readonly backend: Engine['backend'];
  readonly browser: string | null;
}

/** Returns a readable report, without a line break at its end. */
export function describeComparison(comparison: ModelComparison): string {
  const {model, report} = comparison;
  const left = report.left.map(({name, reason}) => `left alone: ${name}: ${reason}`);
  const fused = report.blocks.length > 0 ? blockKinds(comparison) : [nothingFused(comparison)];
  const body = [
    ...fused,
    ...left,
    '',
    differenceOf(comparison),
    ...stockSide(comparison),
    '',
    timesOf(comparison),
  ].join('\n');
  return `${modelName(model)} on ${engineText({engine: comparison, browser: comparison.browser})}\n${indented(body)}`;
}

/** Each kind of block once, with how many there are and what they run as: names are long, and inspect has them. */
function blockKinds({report: {blocks}, plans}: ModelComparison): string[] {
  const counts = new Map<string, number>();
  for (const {spec} of blocks) {
    const kind = describeBlock(spec);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const lines = [...counts].flatMap(([kind, count]) => [
    `${count} × ${kind}`,
    ...plans.filter(({block}) => block === kind).map(planText),
  ]);
  return [`${blocks.length} block${blocks.length === 1 ? '' : 's'} fused:`, indented(lines.join('\n'))];
}

function nothingFused({blocksBefore}: ModelComparison): string {
  if (blocksBefore === 0) return 'no block to fuse: inspect says why';
  return `its ${blocksBefore} blocks are fused already: both sides are the same model`;
}

function differenceOf({maxAbsError, maxAbsOutput, tolerance, passed}: ModelComparison): string {
  const verdict = passed ? 'passed' : 'FAILED, so nothing was timed';
  const outputs = maxAbsOutput.toPrecision(2);
  return `worst difference ${short(maxAbsError)} of outputs up to ${outputs} (tolerance ${short(tolerance)}): ${verdict}`;
}

function stockSide({stockForm}: ModelComparison): string[] {
  return stockForm === 'original'
    ? []
    : ['stock side: the legalized model, in which what stock tfjs cannot run is spelled so that it can'];
}

interface Line extends Pair<string> {
  readonly what: string;
  readonly note: string;
}

function timesOf(comparison: ModelComparison): string {
  const {kernels, dispatches, peakBytes, movedBytes, stockForm} = comparison;
  const lines: Line[] = [
    ...accuracyLines(comparison),
    ...timeLines(comparison),
    ...gpuLines(comparison),
    ...blockLines(comparison),
    {what: 'kernels a run', ...both(kernels, String), note: ''},
    ...(dispatches === null ? [] : [{what: 'dispatches a run', ...both(dispatches, String), note: ''}]),
    {what: 'memory of a run', ...both(peakBytes, mib), note: 'tensors and scratch'},
    {what: 'moved by a run', ...both(movedBytes, mib), note: "every kernel's inputs and outputs"},
  ];
  return table(lines, [
    {title: '', text: ({what}) => what},
    {title: `stock (${stockForm})`, text: (line) => line.stock, align: 'right'},
    {title: 'fused', text: (line) => line.fused, align: 'right'},
    {title: '', text: ({note}) => note},
  ]);
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
    {what: 'loading', ...both(loadMs, ms), note: 'fused: the rewrite included'},
  ];
}

/** What the blocks take of a run. */
function blockLines({fusedBlocks}: ModelComparison): Line[] {
  if (fusedBlocks === null) return [];
  const {stockMs, ms: fusedMs} = fusedBlocks;
  const times = both({stock: stockMs, fused: fusedMs}, (each) => (each === null ? '' : ms(each)));
  return [{what: 'blocks', ...times, note: "kernels alone; stock: this model's nodes that they replace"}];
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

const short = (value: number): string => (value === 0 ? '0' : value.toExponential(1));
const digits = (value: number): string => (value < 100 ? value.toPrecision(3) : value.toFixed(0));
const ms = (value: number): string => `${digits(value)} ms`;
const median = ({medianMs}: Timing): string => ms(medianMs);
const spread = ({p10Ms, p90Ms}: Timing): string => `${digits(p10Ms)} to ${digits(p90Ms)} ms`;
