/** What elementwise ops compute, in the algebra. A new spelling of an elementwise part is one line in the table. */
import {boolAttr, floatAttr, stringAttr} from '../graph/attrs.ts';
import type {GraphNode} from '../graph/graph.ts';
import {type Algebra, everywhere, type PerChannel, perChannel, type Sum} from './algebra.ts';
import {maximum, minimum, relu6} from './clamps.ts';
import {LEAKY_ALPHA} from './fusedOps.ts';

/** Null where what the op computes is in no part, and where a broken model gives it too few operands. */
export type SumRule = (m: Algebra, operands: readonly Sum[], node: GraphNode) => Sum | null;

const unary =
  (f: (m: Algebra, x: Sum) => Sum | null): SumRule =>
  (m, [x]) =>
    x ? f(m, x) : null;
const binary =
  (f: (m: Algebra, a: Sum, b: Sum) => Sum | null): SumRule =>
  (m, [a, b]) =>
    a && b ? f(m, a, b) : null;

const plus: SumRule = (m, operands) => m.plus(...operands);
const same = unary((_, x) => x);
const divide = binary((m, a, b) => (b.length === 0 ? null : m.times(a, m.reciprocal(b))));
const reciprocal = unary((m, x) => (x.length === 0 ? null : m.reciprocal(x)));
const erf = (m: Algebra, x: Sum): Sum => m.apply('erf', x);
const relu = (m: Algebra, x: Sum): Sum => maximum(m, x, []);

/** `x` above zero, `slopes · x` below. */
function prelu(m: Algebra, x: Sum, slopes: Sum): Sum | null {
  const below = m.times(slopes, m.apply('relu', m.scaled(x, -1)));
  return m.constantOf(slopes) === null || below === null ? null : m.minus(m.apply('relu', x), below);
}

export const ELEMENTWISE: Readonly<Record<string, SumRule>> = {
  Identity: same,
  StopGradient: same,
  Snapshot: same,
  PreventGradient: same,
  Add: plus,
  AddV2: plus,
  AddN: plus,
  BiasAdd: (m, operands, node) => (isChannelsLast(node) ? m.plus(...operands) : null),
  Sub: binary((m, a, b) => m.minus(a, b)),
  Neg: unary((m, x) => m.scaled(x, -1)),
  Mul: binary((m, a, b) => m.times(a, b)),
  RealDiv: divide,
  Div: divide,
  Reciprocal: reciprocal,
  Inv: reciprocal,
  Square: unary((m, x) => m.power(x, 2)),
  SquaredDifference: binary((m, a, b) => m.power(m.minus(a, b), 2)),
  Pow: binary((m, x, exponent) => power(m, x, m.constantOf(exponent))),
  Rsqrt: unary(rsqrt),
  Sqrt: unary((m, x) => m.power(rsqrt(m, x), -1)),
  Exp: unary((m, x) => m.apply('exp', x)),
  Erf: unary(erf),
  Erfc: unary((m, x) => m.minus(m.constant(1), erf(m, x))),
  Tanh: unary((m, x) => m.apply('tanh', x)),
  Sigmoid: unary((m, x) => m.apply('sigmoid', x)),
  Abs: unary((m, x) => m.apply('abs', x)),
  Relu: unary(relu),
  Relu6: unary(relu6),
  Prelu: binary(prelu),
  LeakyRelu: (m, [x], {def}) => (x ? prelu(m, x, m.constant(floatAttr(def, 'alpha', LEAKY_ALPHA))) : null),
  Elu: unary((m, x) => m.apply('elu', x)),
  Maximum: binary(maximum),
  Minimum: binary(minimum),
  ClipByValue: (m, [x, low, high]) => (x && low && high ? minimum(m, maximum(m, x, low), high) : null),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
};

/** Of a constant, as the variance of a batch norm that was not folded, a number each. */
function rsqrt(m: Algebra, x: Sum): Sum {
  const constant = m.constantOf(x);
  if (constant === null || !everywhere(constant, (v) => v > 0)) return m.apply('rsqrt', x);
  return m.constant(perChannel((v) => 1 / Math.sqrt(v), constant, 0));
}

/** The exponents that spellings use: whole ones, and those of a root. */
function power(m: Algebra, x: Sum, exponent: PerChannel | null): Sum | null {
  if (exponent === -0.5) return rsqrt(m, x);
  if (exponent === 0.5) return m.power(rsqrt(m, x), -1);
  return typeof exponent === 'number' && Number.isInteger(exponent) ? m.power(x, exponent) : null;
}

function isChannelsLast({def}: GraphNode): boolean {
  const format = stringAttr(def, 'data_format');
  return format === '' || format === 'NHWC';
}

function batchNorm(m: Algebra, [x, scale, offset, mean, variance]: readonly Sum[], node: GraphNode): Sum | null {
  if (!isChannelsLast(node) || boolAttr(node.def, 'is_training', true)) return null;
  if (!x || !scale || !offset || !mean || !variance) return null;
  const epsilon = floatAttr(node.def, 'epsilon', 1e-4);
  const gain = m.constantOf(scale);
  const spread = m.constantOf(variance);
  if (gain === null || spread === null) return null;
  const factor = perChannel((g, v) => g / Math.sqrt(v + epsilon), gain, spread);
  return m.plus(m.scaled(m.minus(x, mean), factor), offset);
}
