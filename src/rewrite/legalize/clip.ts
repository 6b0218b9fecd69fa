/** ClipByValue by bounds that are no single numbers: tfjs reads the first number of each. */
import {inputName} from '../../graph/graph.ts';
import {FLOAT} from './activation.ts';
import type {Rule} from './rule.ts';

/** Spells such a ClipByValue by Maximum and Minimum. */
export const legalizeClip: Rule = (node, {sizes}, draft) => {
  const [x, low, high] = node.inputs;
  if (node.op !== 'ClipByValue' || !x || !low || !high) return null;
  const shapes = [low, high].map((bound) => sizes(bound) ?? []);
  if (shapes.every((shape) => shape.every((size) => size === 1))) return null;
  draft.add('Minimum', [draft.add('Maximum', [inputName(x), inputName(low)], FLOAT), inputName(high)], FLOAT);
  return {wrong: `bounds of shape ${shapes.map((shape) => `[${shape.join()}]`).join(' and ')}`};
};
