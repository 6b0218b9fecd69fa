/** PReLU whose slopes are one number for several channels or pixels: stock wasm repeats slopes over the last axes alone. */
import {inputName} from '../../graph/graph.ts';
import {spellPrelu} from './activation.ts';
import type {Rule} from './rule.ts';

/** Spells such a Prelu elementwise. */
export const legalizePrelu: Rule = (node, {sizes}, draft) => {
  const [x, slopes] = node.inputs;
  if (node.op !== 'Prelu' || !x || !slopes || arePreluSlopes(sizes(slopes), sizes(x) ?? [])) return null;
  spellPrelu(draft, inputName(x), inputName(slopes));
  return {wrong: `slopes of shape [${sizes(slopes)!.join()}]`};
};

/**
 * Returns whether stock wasm reads slopes right: as one number, or of exactly the last axes of what it computes. `of` has the sizes of
 * that, as many of the last as are known.
 */
export function arePreluSlopes(slopes: readonly number[] | null, of: readonly number[]): boolean {
  const first = slopes?.findIndex((size) => size !== 1) ?? -1;
  if (slopes === null || first < 0) return true;
  return slopes.slice(first).every((size, i, {length}) => size !== 1 || of.at(i - length) === 1);
}
