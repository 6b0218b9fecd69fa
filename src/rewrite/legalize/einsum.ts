/**
 * Einsum of a matrix product, as a matrix product: wasm has no Einsum, and MatMul is the faster everywhere. Sizes that only a
 * run can tell are left to Reshape's −1, or taken from a Shape node where there is more than one.
 */
import {stringAttr} from '../../graph/attrs.ts';
import {inputName, type Value} from '../../graph/graph.ts';
import type {Draft} from '../edits.ts';
import {FLOAT} from './activation.ts';
import {reshaped, transposed, weightBehind} from './constants.ts';
import type {Context, Rule} from './rule.ts';

/** One operand, an axis a label. */
interface Operand {
  readonly value: Value;
  readonly labels: string;
}

/** left · right, and the labels by the part that they play. */
interface Product {
  readonly left: Operand;
  readonly right: Operand;
  readonly output: string;
  /** In both operands and in the output. */
  readonly batch: string;
  /** In both operands alone. */
  readonly contracted: string;
  /** In the output and the left operand. */
  readonly rows: string;
  /** In the output and the right operand. */
  readonly columns: string;
}

/** Spells an Einsum of two operands that is a matrix product, batched or not. */
export const legalizeEinsum: Rule = (node, context, draft) => {
  const [left, right] = node.inputs;
  if (node.op !== 'Einsum' || left === undefined || right === undefined || node.inputs.length !== 2) return null;
  const equation = stringAttr(node.def, 'equation').replaceAll(' ', '');
  const product = readProduct(equation, left, right);
  if (product === null) return null;
  const y = product.batch === '' ? spellProduct(product, context, draft) : spellBatched(product, draft);
  if (y === null) return null;
  turn(y, {from: product.batch + product.rows + product.columns, to: product.output}, draft);
  return `equation ${equation}`;
};

/** The operand whose free axes come first in the output is the left one, so that most products need no turning at the end. */
function readProduct(equation: string, first: Value, second: Value): Product | null {
  const match = /^([a-z]+),([a-z]+)->([a-z]*)$/i.exec(equation);
  if (match === null) return null;
  const [, firstLabels, secondLabels, output] = match as unknown as [string, string, string, string];
  if ([firstLabels, secondLabels, output].some((labels) => new Set(labels).size !== labels.length)) return null;
  const a = {value: first, labels: firstLabels};
  const b = {value: second, labels: secondLabels};
  const free = pick(output, (label) => firstLabels.includes(label) !== secondLabels.includes(label));
  const [left, right] = free !== '' && secondLabels.includes(free[0]!) ? [b, a] : [a, b];
  const inLeft = (label: string): boolean => left.labels.includes(label);
  const inRight = (label: string): boolean => right.labels.includes(label);
  const isSummedAlone = (label: string): boolean => !output.includes(label) && inLeft(label) !== inRight(label);
  const contracted = pick(left.labels, (label) => inRight(label) && !output.includes(label));
  const isProduct = contracted !== '' && pick(left.labels + right.labels, isSummedAlone) === '';
  if (!isProduct || pick(output, (label) => !inLeft(label) && !inRight(label)) !== '') return null;
  return {
    ...{left, right, output, contracted},
    batch: pick(output, (label) => inLeft(label) && inRight(label)),
    rows: pick(output, (label) => !inRight(label)),
    columns: pick(output, (label) => !inLeft(label)),
  };
}

function pick(labels: string, test: (label: string) => boolean): string {
  return labels.split('').filter(test).join('');
}

function spellProduct(product: Product, {graph, sizes: sizesOf}: Context, draft: Draft): string | null {
  const {left, right, rows, columns, contracted} = product;
  const sizes = (labels: string): number[] =>
    labels.split('').map((label) => Math.max(...[left, right].map((operand) => sizeIn(operand, label))));
  const sizeIn = ({value, labels}: Operand, label: string): number => sizesOf(value)?.[labels.indexOf(label)] ?? -1;
  const depth = sizes(contracted).reduce((product, d) => (product < 0 || d < 0 ? -1 : product * d), 1);
  const isMatrix = (free: string): boolean => free.length === 1 && contracted.length === 1;
  if (depth < 0 && !(isMatrix(rows) && isMatrix(columns))) return null;

  const matrix = (operand: Operand, free: string, axes: [string, string], shape: number[]): Matrix => {
    const stored = weightBehind(operand.value, graph);
    const target = axes.join('');
    if (stored === null) {
      const turned = turn(inputName(operand.value), {from: operand.labels, to: target}, draft);
      return {turned, name: isMatrix(free) ? turned : reshape(turned, draft.ints('matrix', shape), draft)};
    }
    if (target === operand.labels && isMatrix(free)) return {turned: '', name: inputName(operand.value)};
    const order = target.split('').map((label) => operand.labels.indexOf(label));
    const known = axes.map((labels) => sizes(labels).reduce((product, d) => product * d, 1));
    const {spec, bytes} = reshaped(transposed(stored, order), known);
    return {turned: '', name: draft.weight('matrix', spec, bytes)};
  };
  const a = matrix(left, rows, [rows, contracted], [-1, depth]);
  const b = matrix(right, columns, [contracted, columns], [depth, -1]);
  const y = draft.add('MatMul', [a.name, b.name], {...FLOAT, transpose_a: {b: false}, transpose_b: {b: false}});
  if (rows.length === 1 && columns.length === 1) return y;

  const target = sizes(rows + columns);
  if (target.filter((d) => d < 0).length <= 1) return reshape(y, draft.ints('shape', target), draft);
  const pieces = [
    axisSizes({sizes: sizes(rows), turned: a.turned, start: 0}, draft),
    axisSizes({sizes: sizes(columns), turned: b.turned, start: contracted.length}, draft),
  ];
  const attr = {N: {i: '2'}, T: {type: 'DT_INT32'}, Tidx: {type: 'DT_INT32'}};
  return reshape(y, draft.add('ConcatV2', [...pieces, draft.ints('axis', 0)], attr), draft);
}

/** An operand as a matrix, and as it was before it was reshaped to one; '' for a constant, whose sizes are known. */
interface Matrix {
  readonly name: string;
  readonly turned: string;
}

/** A vector of sizes: a constant where all are known, else cut from the Shape of the value that has them. */
function axisSizes({sizes, turned, start}: {sizes: number[]; turned: string; start: number}, draft: Draft): string {
  if (!sizes.includes(-1)) return draft.ints('sizes', sizes);
  const shape = draft.add('Shape', [turned], {...FLOAT, out_type: {type: 'DT_INT32'}});
  return draft.add('Slice', [shape, draft.ints('begin', [start]), draft.ints('size', [sizes.length])], {
    T: {type: 'DT_INT32'},
  });
}

/** tfjs multiplies stacks of matrices of any rank: one axis of rows, columns and depth, the rest in front. */
function spellBatched({left, right, batch, rows, columns, contracted}: Product, draft: Draft): string | null {
  if ([rows, columns, contracted].some((labels) => labels.length !== 1)) return null;
  const isRightTurned = right.labels === batch + columns + contracted;
  const a = turn(inputName(left.value), {from: left.labels, to: batch + rows + contracted}, draft);
  const b = isRightTurned
    ? inputName(right.value)
    : turn(inputName(right.value), {from: right.labels, to: batch + contracted + columns}, draft);
  return draft.add('BatchMatMulV2', [a, b], {...FLOAT, adj_x: {b: false}, adj_y: {b: isRightTurned}});
}

/** Brings axes into another order, by a Transpose where it is another. */
function turn(x: string, {from, to}: {from: string; to: string}, draft: Draft): string {
  if (from === to) return x;
  const order = to.split('').map((label) => from.indexOf(label));
  return draft.add('Transpose', [x, draft.ints('order', order)], {...FLOAT, Tperm: {type: 'DT_INT32'}});
}

function reshape(x: string, shape: string, draft: Draft): string {
  return draft.add('Reshape', [x, shape], {...FLOAT, Tshape: {type: 'DT_INT32'}});
}
