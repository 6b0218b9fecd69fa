/** A kind of block as lines of a terminal. */
import type {PlannedKind} from '../../compare/plans.ts';
import {planText} from '../../report/plansText.ts';
import {listed} from './table.ts';

/** Returns a kind's block, and below it its plan (`stock ops: …` where it has none), in lines of at most `width` columns. */
export function kindText(kind: PlannedKind, width: number): string {
  const mark = `${kind.count} ×`;
  const margin = ' '.repeat(mark.length);
  return `${listed(mark, kind.block, width)}\n${listed(margin, planText(kind), width)}`;
}
