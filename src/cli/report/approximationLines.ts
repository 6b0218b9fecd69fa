/** Which parts of blocks are computed with other constants than the model's own, as lines of a terminal. */
import type {FusedBlock} from '../../rewrite/report.ts';
import {approximationGroups} from '../../report/findings.ts';
import {countedLines} from './countedLines.ts';

/** Returns a line for each kind of part, of at most `width` columns; none where all constants are the model's own. */
export function approximationLines(blocks: readonly Pick<FusedBlock, 'approximations'>[], width: number): string[] {
  return countedLines(approximationGroups(blocks), width);
}
