/** The figures of a comparison, a line each with both sides: accuracy, times, kernels, dispatches, memory. */
import type {Comparison} from '../compare/compareModels.ts';
import type {Engine} from '../run/engine.ts';
import {both, type Pair} from '../run/pair.ts';
import type {Timing} from '../run/statistics.ts';
import {mib} from './plansText.ts';

/** A comparison, and whether it ran on a GPU. */
export type ComparedHere = Comparison & Pick<Engine, 'adapter'>;

/** A figure of both sides, empty where it is not known. */
export interface Figure extends Pair<string> {
  readonly what: string;
  readonly note: string;
}

/** Returns the figures that are known: times only where both sides agree. */
export function comparisonFigures(comparison: ComparedHere): Figure[] {
  const {kernels, dispatches, peakBytes, movedBytes} = comparison;
  return [
    ...accuracyLines(comparison),
    ...timeLines(comparison),
    ...gpuLines(comparison),
    ...blockLines(comparison),
    {what: 'kernels a run', ...both(kernels, String), note: ''},
    ...(dispatches === null ? [] : [{what: 'dispatches a run', ...both(dispatches, String), note: ''}]),
    {what: 'memory of a run', ...both(peakBytes, mib), note: 'tensors and scratch'},
    {what: 'moved by a run', ...both(movedBytes, mib), note: 'by all kernels'},
  ];
}

function accuracyLines({accuracy}: ComparedHere): Figure[] {
  if (accuracy === null) return [];
  const {images, correct} = accuracy;
  const share = (right: number): string => `${((100 * right) / images).toFixed(2)}%`;
  return [
    {what: 'accuracy', ...both(correct, share), note: `${correct.stock} and ${correct.fused} of ${images} images`},
  ];
}

function timeLines({stock, fused, speedup, loadMs, adapter}: ComparedHere): Figure[] {
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
function blockLines({fusedBlocks}: ComparedHere): Figure[] {
  if (fusedBlocks === null) return [];
  const {stockMs, ms: fusedMs} = fusedBlocks;
  const times = both({stock: stockMs, fused: fusedMs}, (each) => (each === null ? '' : ms(each)));
  return [{what: 'blocks', ...times, note: 'kernels alone, of the nodes that were fused'}];
}

function gpuLines({gpu, adapter, passed}: ComparedHere): Figure[] {
  if (adapter === null || !passed) return [];
  if (gpu === null) return [{what: 'GPU time of a run', stock: '', fused: '', note: 'this adapter has no timestamps'}];
  const speedup = gpu.stock.medianMs / gpu.fused.medianMs;
  return [
    {what: 'GPU time of a run', ...both(gpu, median), note: `${speedup.toFixed(2)}× as fast, summed over dispatches`},
    {what: 'p10 to p90', ...both(gpu, spread), note: ''},
  ];
}

const digits = (value: number): string => (value < 100 ? value.toPrecision(3) : value.toFixed(0));
/** Returns a time in three digits. Units: milliseconds. */
export const ms = (value: number): string => `${digits(value)} ms`;
const median = ({medianMs}: Timing): string => ms(medianMs);
const spread = ({p10Ms, p90Ms}: Timing): string => `${digits(p10Ms)}–${digits(p90Ms)} ms`;
