/** The results as a table. */
import {type Column, table} from '../src/cli/table.ts';
import type {Pair} from '../src/compare/pair.ts';
import type {Timing} from '../src/compare/statistics.ts';
import type {CaseResult} from './result.ts';

const COLUMNS: readonly Column<CaseResult>[] = [
  {title: 'case', text: (result) => result.case},
  {title: 'stock form', text: ({stockForm}) => stockForm},
  {title: 'stock ms', text: ({stock}) => time(stock), align: 'right'},
  {title: 'fused ms', text: ({fused}) => time(fused), align: 'right'},
  {title: 'speed-up', text: ({speedup}) => (speedup === null ? 'WRONG' : `${speedup.toFixed(2)}×`), align: 'right'},
  {title: 'GMAC/s', text: ({gmacsPerS}) => pair(gmacsPerS, (rate) => rate.toFixed(1)), align: 'right'},
  {title: 'of peak', text: ({shareOfPeak}) => pair(shareOfPeak, percent), align: 'right'},
  {title: 'worst error', text: ({maxAbsError, tolerance}) => `${short(maxAbsError)} of ${short(tolerance)}`},
];

const NETWORK_COLUMNS: readonly Column<CaseResult>[] = [
  {title: 'network', text: (result) => result.case},
  {title: 'loading ms', text: ({loadMs}) => pair(loadMs, (ms) => ms.toFixed(0)), align: 'right'},
  {title: 'kernels', text: ({kernels}) => pair(kernels, String), align: 'right'},
  {title: 'tensors and scratch MiB', text: ({peakBytes}) => pair(peakBytes, mib), align: 'right'},
  {title: 'fused blocks', text: ({blocks}) => String(blocks?.count ?? 0), align: 'right'},
  {title: 'their ms', text: ({blocks}) => blocks?.ms?.toFixed(1) ?? '', align: 'right'},
  {title: 'of peak', text: ({blocks}) => (blocks?.shareOfPeak ? percent(blocks.shareOfPeak) : ''), align: 'right'},
];

/** Returns medians with their spread (p10 to p90), and stock → fused where a column has both; nothing where nothing was run. */
export function describeResults(results: readonly CaseResult[]): string {
  if (results.length === 0) return '';
  const networks = results.filter(({kernels}) => kernels !== undefined);
  const tables = [table(results, COLUMNS), ...(networks.length === 0 ? [] : [table(networks, NETWORK_COLUMNS)])];
  return tables.join('\n\n');
}

function time(timing: Timing | null): string {
  if (timing === null) return '';
  const {medianMs, p10Ms, p90Ms} = timing;
  return `${digits(medianMs)} (${digits(p10Ms)} to ${digits(p90Ms)})`;
}

function pair(values: Pair<number> | null | undefined, text: (value: number) => string): string {
  return values ? `${text(values.stock)} → ${text(values.fused)}` : '';
}

const digits = (ms: number): string => ms.toFixed(ms < 1 ? 4 : 2);
const percent = (share: number): string => `${(100 * share).toFixed(0)}%`;
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
const short = (value: number): string => value.toPrecision(2);
