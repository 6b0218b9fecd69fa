/** Layers of several inputs. */
import {attr, FLOAT, INT32} from '../graph/nodeAttrs.ts';
import {binary, expandDims, ints, type LayerCall, type LayerWriter, node, scalar, shapeText} from './call.ts';
import type {Draft} from './drafts.ts';
import {brokenModel} from './errors.ts';
import {axesOf, titleOf} from './layer.ts';
import {OPERATION} from './topology.ts';

function severalInputs({layer, inputs}: LayerCall): readonly Draft[] {
  if (inputs.length < 2) throw brokenModel(titleOf(layer), 'must have two inputs or more', inputs.length);
  return inputs;
}

/** One op after the other; inputs of fewer axes get theirs after the batch. */
const merge =
  (op: string): LayerWriter =>
  (call) => {
    const inputs = severalInputs(call);
    const rank = Math.max(...inputs.map(({shape}) => shape.length));
    const alike = inputs.map((input) => {
      let x = input;
      while (x.shape.length < rank) x = expandDims(call, x, 1);
      return x;
    });
    return alike.reduce((sum, x) => binary(call, op, sum, x));
  };

const sum = merge('AddV2');

const average: LayerWriter = (call) => binary(call, 'Mul', sum(call), scalar(call, 'share', 1 / call.inputs.length));

const concatenate: LayerWriter = (call) => {
  const {layer} = call;
  const inputs = severalInputs(call);
  const [first, ...rest] = inputs.map(({shape}) => shape) as [readonly number[], ...(readonly number[])[]];
  const axis = axesOf(layer, first.length, -1)[0]!;
  const fits = (shape: readonly number[]): boolean =>
    shape.length === first.length &&
    shape.every((size, i) => i === axis || size === first[i] || size < 0 || first[i]! < 0);
  const misfit = rest.find((shape) => !fits(shape));
  if (misfit !== undefined)
    throw brokenModel(titleOf(layer), `its inputs must be of shapes as ${shapeText(first)}`, shapeText(misfit));
  const sizes = [first, ...rest].map((shape) => shape[axis]!);
  const joined = sizes.includes(-1) ? -1 : sizes.reduce((a, b) => a + b);
  return node(call, 'ConcatV2', {
    inputs: [...inputs, ints(call, 'ConcatV2/axis', [axis], [])],
    shape: first.map((size, i) => (i === axis ? joined : size)),
    attrs: {N: attr.int(inputs.length), T: FLOAT, Tidx: INT32},
  });
};

/** Keras 3's own arithmetic: axes are counted from the last, as in NumPy. */
const operation =
  (op: string): LayerWriter =>
  (call) => {
    const [a, b, ...more] = severalInputs(call) as [Draft, Draft, ...Draft[]];
    if (more.length > 0) throw brokenModel(titleOf(call.layer), 'must have two inputs', call.inputs.length);
    return binary(call, op, a, b);
  };

export const MERGE_LAYERS: Readonly<Record<string, LayerWriter>> = {
  Add: sum,
  Subtract: merge('Sub'),
  Multiply: merge('Mul'),
  Average: average,
  Maximum: merge('Maximum'),
  Minimum: merge('Minimum'),
  Concatenate: concatenate,
  [`${OPERATION}Add`]: operation('AddV2'),
  [`${OPERATION}Subtract`]: operation('Sub'),
  [`${OPERATION}Multiply`]: operation('Mul'),
};
