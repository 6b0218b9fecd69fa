/** Groups as lines of a terminal. */
import type {Alike} from '../../report/alike.ts';
import {listed} from './table.ts';

/** Returns "16 × text", in lines of at most `width` columns; the counts stand below one another. */
export function countedLines<Row>(groups: readonly Alike<Row>[], width: number): string[] {
  const digits = Math.max(...groups.map(({rows}) => String(rows.length).length));
  return groups.map(({text, rows}) => listed(`${String(rows.length).padStart(digits)} ×`, text, width));
}
