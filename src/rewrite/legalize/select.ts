/** Select, of TensorFlow 1, by a vector: it says of each row of what is chosen from, and tfjs broadcasts it over the last axis. */
import {inputName} from '../../graph/graph.ts';
import type {Rule} from './rule.ts';

/** Gives the vector an axis for each of what is chosen from. */
export const legalizeSelect: Rule = (node, {sizes}, draft) => {
  const [condition, x, y] = node.inputs;
  if (node.op !== 'Select' || !condition || !x || !y) return null;
  const rank = (sizes(x) ?? sizes(y))?.length ?? 0;
  if (sizes(condition)?.length !== 1 || rank < 2) return null;
  const shape = draft.ints('rows', [-1, ...Array.from({length: rank - 1}, () => 1)]);
  const attr = {T: {type: 'DT_BOOL'}, Tshape: {type: 'DT_INT32'}};
  const rows = draft.add('Reshape', [inputName(condition), shape], attr);
  draft.add(node.op, [rows, inputName(x), inputName(y)], node.def.attr);
  return {wrong: 'a condition for each row'};
};
