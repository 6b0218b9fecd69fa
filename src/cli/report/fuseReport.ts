/** What `fuse` wrote, as text: each kind of block once, with the worst difference that its verification found. */
import {describeBlock} from '../../../ops/block.ts';
import type {FusedBlock, FusionReport} from '../../rewrite/report.ts';
import {modelName} from '../modelArgument.ts';
import {type Alike, alike, countedLines, same} from './alike.ts';
import {mib, shortNumber} from './plansText.ts';
import {INDENT, indented, shortened, terminalColumns} from './table.ts';

export interface Fusion {
  readonly model: string;
  readonly outdir: string;
  /** Of all files written. */
  readonly bytes: number;
  readonly report: FusionReport;
}

/** Returns a readable report, without a line break at its end. `columns`: of the terminal. */
export function describeFusion(
  {model, outdir, bytes, report: {blocks, left}}: Fusion,
  {columns = terminalColumns()}: {columns?: number} = {},
): string {
  const matched = blocks.length + left.length;
  const width = columns - INDENT;
  return [
    matched === 0
      ? `${modelName(model)}: no block to fuse, or all fused already: inspect says which`
      : `${modelName(model)}: ${blocks.length} of ${matched} blocks fused and verified`,
    ...countedLines(fusedKinds(blocks), width).map(indented),
    ...leftLines({left}, width).map(indented),
    `${outdir}: ${mib(bytes)}`,
  ].join('\n');
}

function fusedKinds(blocks: readonly FusedBlock[]): Alike<FusedBlock>[] {
  return same(blocks, ({spec}) => describeBlock(spec)).map(({text, rows}) => ({
    text: `${text}: worst error ${shortNumber(Math.max(...rows.map(({maxError = 0}) => maxError)))}`,
    rows,
  }));
}

/** Why blocks were left alone; those that missed their tolerance by name. */
function leftLines({left}: Pick<FusionReport, 'left'>, width: number): string[] {
  return alike(left, ({reason}) => reason).flatMap((group) => [
    ...countedLines([{...group, text: `left alone: ${group.text}`}], width),
    ...group.rows
      .filter(({maxError}) => maxError !== undefined)
      .map(({name}) => indented(shortened(name, width - INDENT))),
  ]);
}
