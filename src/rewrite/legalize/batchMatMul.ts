/** Matrix products of stacks of unlike sizes: tfjs counts through the shorter stack again and again, whichever axis is repeated. */
import {type GraphNode, inputName, type Value} from '../../graph/graph.ts';
import type {Draft} from '../edits.ts';
import {FLOAT} from './activation.ts';
import type {Context, Rule} from './rule.ts';

const OPS: readonly string[] = ['BatchMatMul', 'BatchMatMulV2'];

/** Repeats a stack that tfjs would go through wrongly. */
export const legalizeBatchMatMul: Rule = (node, context, draft) => {
  const stacks = stacksOf(node, context);
  if (stacks === null || stacks.every(({isRight}) => isRight)) return null;
  const inputs = stacks.map((stack) => (stack.isRight ? inputName(stack.value) : repeated(stack, draft)));
  if (inputs.includes(null)) return null;
  draft.add(node.op, inputs as string[], node.def.attr);
  return {wrong: misreadStacks(node, context)!};
};

/** Returns what is said of stacks that tfjs goes through wrongly; null where it does not. */
export function misreadStacks(node: GraphNode, context: Pick<Context, 'sizes'>): string | null {
  const stacks = stacksOf(node, context);
  if (stacks === null || stacks.every(({isRight}) => isRight)) return null;
  return `stacks of ${stacks.map(({sizes}) => `[${sizes.join()}]`).join(' and ')} matrices`;
}

interface Stack {
  readonly value: Value;
  /** Of the axes in front of rows and columns, −1 where one is open. */
  readonly sizes: readonly number[];
  /** Of the result. */
  readonly whole: readonly number[];
  readonly isRight: boolean;
}

function stacksOf({op, inputs}: GraphNode, {sizes}: Pick<Context, 'sizes'>): readonly Stack[] | null {
  const [a, b] = inputs;
  const shapes = [a, b].map((value) => (value === undefined ? null : sizes(value)));
  if (!OPS.includes(op) || shapes.some((shape) => shape === null || shape.length < 2)) return null;
  const [left, right] = shapes.map((shape) => shape!.slice(0, -2)) as [number[], number[]];
  const rank = Math.max(left.length, right.length);
  const sizeAt = (stack: readonly number[], axis: number): number => stack[axis - rank + stack.length] ?? 1;
  const whole = Array.from({length: rank}, (_, axis) =>
    sizeAt(left, axis) === 1 ? sizeAt(right, axis) : sizeAt(left, axis),
  );
  return [left, right].map((stack, i) => ({
    ...{value: inputs[i]!, sizes: stack, whole},
    isRight: isLastOf(stack, whole),
  }));
}

/** Whether a stack, counted through again and again, gives each of the whole its matrix: one for all, or the last axes entire. */
function isLastOf(stack: readonly number[], whole: readonly number[]): boolean {
  const first = stack.findIndex((size) => size !== 1);
  return first < 0 || stack.slice(first).every((size, i, {length}) => size !== 1 || whole.at(i - length) === 1);
}

/** Adds a Tile; null where it is not known how often an axis is repeated. */
function repeated({value, sizes, whole}: Stack, draft: Draft): string | null {
  const times = sizes.map((size, axis) => (size === 1 ? whole.at(axis - sizes.length)! : 1));
  if (times.includes(-1)) return null;
  const multiples = draft.ints('times', [...times, 1, 1]);
  return draft.add('Tile', [inputName(value), multiples], {...FLOAT, Tmultiples: {type: 'DT_INT32'}});
}
