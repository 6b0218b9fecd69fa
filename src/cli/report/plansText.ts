/** Plans of a model's blocks as text: each kind of block once, with what it runs as and the bytes that it moves. */
import type {PlannedKind} from '../../compare/plans.ts';
import {indented, wrapped} from './table.ts';

/** Columns of a terminal that most have. */
const WIDTH = 100;
/** What the reports put before a plan. */
const INDENT = 6;

/** Returns a kind's plan in a few lines; `stock ops: …` where it has none. */
export function planText({size, words, dispatches, bytes, scratchBytes}: PlannedKind): string {
  const {batch, height, width} = size;
  const between = dispatches > 1 ? ` (${mib(scratchBytes)} in tensors between its passes)` : '';
  const at = `at ${height}×${width}${batch === 1 ? '' : `, batch ${batch}`}`;
  const lines = [wrapped(`${at}: ${words}`, WIDTH - INDENT)];
  if (bytes.fused > 0)
    lines.push(`moves ${mib(bytes.fused)}${between}; one kernel a layer would move ${mib(bytes.stock)}`);
  return indented(lines.join('\n'));
}

/** Returns bytes in MiB. */
export function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
