/** A result as a line of text. */
import type {CaseResult} from './result.ts';

const COLUMNS = [
  {title: 'case', width: 30},
  {title: 'stock form', width: 12},
  {title: 'stock ms', width: 22},
  {title: 'fused ms', width: 22},
  {title: 'speed-up', width: 9},
  {title: 'GMAC/s', width: 12},
  {title: 'of peak', width: 12},
  {title: 'worst error', width: 12},
  {title: '', width: 0},
];

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(COLUMNS[i]!.width))
    .join(' ')
    .trimEnd();

export const HEADING = line(COLUMNS.map(({title}) => title));

/** Returns medians with their spread (p10 to p90), and stock → fused where a column has both. */
export function caseLine(result: CaseResult, simd: string): string {
  const {stock, fused, speedup, gmacsPerS, shareOfPeak, peak, blocks} = result;
  const error = result.maxAbsError.toPrecision(2);
  if (stock === null || fused === null || speedup === null || gmacsPerS === null || shareOfPeak === null)
    return line([
      result.case,
      result.stockForm,
      'WRONG: not timed',
      '',
      '',
      '',
      '',
      error,
      `tolerance ${result.tolerance.toPrecision(2)}`,
    ]);
  const time = ({medianMs, p10Ms, p90Ms}: NonNullable<CaseResult['stock']>): string =>
    `${medianMs.toFixed(2)} (${p10Ms.toFixed(2)}-${p90Ms.toFixed(2)})`;
  const percent = (share: number): string => `${(100 * share).toFixed(0)}%`;
  const inBlocks = blocks
    ? `, ${blocks.count} blocks ${blocks.ms.toFixed(1)} ms at ${percent(blocks.shareOfPeak)}`
    : '';
  return line([
    result.case,
    result.stockForm,
    time(stock),
    time(fused),
    `${speedup.toFixed(2)}×`,
    `${gmacsPerS.stock.toFixed(1)} → ${gmacsPerS.fused.toFixed(1)}`,
    `${percent(shareOfPeak.stock)} → ${percent(shareOfPeak.fused)}`,
    error,
    `n ${stock.runs}, ${simd}, peak ${peak.gmacsPerS.toFixed(1)}${inBlocks}`,
  ]);
}
