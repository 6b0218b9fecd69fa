/** Of elementwise arithmetic. */
import type {Tensor} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../../../src/run/allTfjs.ts';
import {type Case, flags, index, loops, tensor} from './case.ts';

const unary = (names: string, of: (x: Tensor) => Tensor): Case[] =>
  names.split(' ').map((kernel) => ({kernel, run: () => of(tensor(2, 3)), ops: loops(2, 3), moved: 6 + 6}));

/** A row for each of two, and a column for each of three: both are read once. */
const binary = (kernel: string, of: (a: Tensor, b: Tensor) => Tensor): Case => ({
  ...{kernel, run: () => of(tensor(2, 1), tensor(1, 3)), ops: loops(2, 3), moved: 2 + 3 + 6},
});

const logical = (kernel: string, of: (a: Tensor, b: Tensor) => Tensor): Case => ({
  ...{kernel, run: () => of(flags(2, 1), flags(1, 3)), ops: loops(2, 3), moved: 2 + 3 + 6},
});

export const ELEMENTWISE: Case[] = [
  ...unary('Abs', tf.abs),
  ...unary('Neg', tf.neg),
  ...unary('Sign', tf.sign),
  ...unary('Square', tf.square),
  ...unary('Sqrt', tf.sqrt),
  ...unary('Rsqrt', tf.rsqrt),
  ...unary('Reciprocal', tf.reciprocal),
  ...unary('Exp', tf.exp),
  ...unary('Expm1', tf.expm1),
  ...unary('Log', tf.log),
  ...unary('Log1p', tf.log1p),
  ...unary('Erf', tf.erf),
  ...unary('Sin', tf.sin),
  ...unary('Cos', tf.cos),
  ...unary('Tan', tf.tan),
  ...unary('Asin', tf.asin),
  ...unary('Acos', tf.acos),
  ...unary('Atan', tf.atan),
  ...unary('Sinh', tf.sinh),
  ...unary('Cosh', tf.cosh),
  ...unary('Tanh', tf.tanh),
  ...unary('Asinh', tf.asinh),
  ...unary('Acosh', tf.acosh),
  ...unary('Atanh', tf.atanh),
  ...unary('Floor', tf.floor),
  ...unary('Ceil', tf.ceil),
  ...unary('Round', tf.round),
  ...unary('ClipByValue', (x) => tf.clipByValue(x, 0, 1)),
  ...unary('IsNan', tf.isNaN),
  ...unary('IsInf', tf.isInf),
  ...unary('IsFinite', tf.isFinite),
  ...unary('Relu', tf.relu),
  ...unary('Relu6', tf.relu6),
  ...unary('LeakyRelu', (x) => tf.leakyRelu(x, 0.1)),
  ...unary('Elu', tf.elu),
  ...unary('Selu', tf.selu),
  ...unary('Sigmoid', tf.sigmoid),
  ...unary('Softplus', tf.softplus),
  ...unary('Step', (x) => tf.step(x)),
  ...unary('LogicalNot', (x) => tf.logicalNot(tf.cast(x, 'bool'))),
  binary('Add', tf.add),
  binary('Sub', tf.sub),
  binary('Multiply', tf.mul),
  binary('RealDiv', tf.div),
  binary('FloorDiv', tf.floorDiv),
  binary('Mod', tf.mod),
  binary('Maximum', tf.maximum),
  binary('Minimum', tf.minimum),
  binary('SquaredDifference', tf.squaredDifference),
  binary('Pow', tf.pow),
  binary('Atan2', tf.atan2),
  logical('Equal', tf.equal),
  logical('NotEqual', tf.notEqual),
  binary('Greater', tf.greater),
  binary('GreaterEqual', tf.greaterEqual),
  binary('Less', tf.less),
  binary('LessEqual', tf.lessEqual),
  logical('LogicalAnd', tf.logicalAnd),
  logical('LogicalOr', tf.logicalOr),
  {
    // The one that does not broadcast.
    ...{kernel: 'BitwiseAnd', run: () => tf.bitwiseAnd(index(1, 2, 3), index(4, 5, 6))},
    ...{ops: loops(3), moved: 3 + 3 + 3},
  },
  {
    ...{kernel: 'Prelu', run: () => tf.prelu(tf.neg(tensor(2, 3)), tensor(3)), ops: loops(2, 3), moved: 6 + 3 + 6},
  },
  {
    kernel: 'AddN',
    run: () => tf.addN([tensor(2, 3), tensor(2, 3), tensor(2, 3), tensor(2, 3)]),
    ...{ops: loops(2, 3, 4 - 1), moved: 4 * 6 + 6},
  },
];
