/** What fusing found in a model, in groups that say the same once: for the command line and the page. */
import {describeBlock} from '../../ops/block.ts';
import type {Miss} from '../blocks/rule.ts';
import type {PlannedKind} from '../compare/plans.ts';
import type {Approximation} from '../parts/approximation.ts';
import type {FusedBlock, LeftBlock, Legalized, Misread} from '../rewrite/report.ts';
import {type Alike, alike, same} from './alike.ts';
import {familiesOfRule} from './blockFamily.ts';
import {shortNumber} from './plansText.ts';

/** Returns the parts of blocks that are computed with other constants than the model's own. */
export function approximationGroups(blocks: readonly Pick<FusedBlock, 'approximations'>[]): Alike<Approximation>[] {
  return alike(
    blocks.flatMap(({approximations = []}) => approximations),
    ({part, error}) => `${part} with constants near the model's: off by ${shortNumber(error)} of its largest output`,
  );
}

/** Returns the blocks that were left alone, by their reasons. */
export function leftGroups(left: readonly LeftBlock[]): Alike<LeftBlock>[] {
  return alike(left, ({reason}) => reason);
}

/** Returns the near misses, by the family that they look like and what stands in the way. */
export function missGroups(misses: readonly Miss[]): Alike<Miss>[] {
  return alike(misses, ({rule, reason}) => `${familiesOfRule(rule)}: ${reason}`);
}

/** Returns the ops that stock tfjs cannot run or computes wrongly, by how they are spelled instead. */
export function legalizedGroups(legalized: readonly Legalized[]): Alike<Legalized>[] {
  return alike(legalized, ({from, to}) => `${from} → ${to}`);
}

/** Returns the ops that tfjs computes wrongly with and without fusion, by what is wrong. */
export function misreadGroups(misread: readonly Misread[]): Alike<Misread>[] {
  return alike(misread, ({op, reason}) => `${op}: ${reason}`);
}

/** Returns the kinds of fused blocks of which there is no plan, as on a backend without fused kernels. */
export function unplannedKinds(blocks: readonly FusedBlock[], plans: readonly PlannedKind[]): Alike<FusedBlock>[] {
  const planned = new Set(plans.map(({block}) => block));
  return same(blocks, ({spec}) => describeBlock(spec)).filter(({text}) => !planned.has(text));
}
