/** Which parts of blocks are computed with other constants than the model's own, for reports. */
import type {FusedBlock} from '../../rewrite/report.ts';
import {alike, countedLines} from './alike.ts';
import {shortNumber} from './plansText.ts';

/** Returns a line for each kind of part, of at most `width` columns; none where all constants are the model's own. */
export function approximationLines(blocks: readonly Pick<FusedBlock, 'approximations'>[], width: number): string[] {
  const parts = blocks.flatMap(({approximations = []}) => approximations);
  const groups = alike(
    parts,
    ({part, error}) => `${part} with constants near the model's: off by ${shortNumber(error)} of its largest output`,
  );
  return countedLines(groups, width);
}
