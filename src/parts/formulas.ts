/** The formulas of elementwise parts, each written once; a graph's spelling is compared with them in the algebra. */
import type {Activation} from '../../ops/block.ts';
import {
  add,
  type Algebra,
  type Atom,
  everywhere,
  type FunctionName,
  isRoundingOf,
  isZero,
  multiply,
  type PerChannel,
  perChannel,
  soleAtom,
  type Sum,
} from './algebra.ts';
import {compareFormulas} from './approximation.ts';
import type {Part} from './parts.ts';

interface ActivationFormula {
  /** The one function that it has of a sum of x. It selects the formulas to compare; the factor of x is read from its sum. */
  readonly by: FunctionName;
  readonly of: (m: Algebra, x: Sum) => Sum | null;
}

/** A new activation is one line here (and its name in ops/block.ts). */
const ACTIVATIONS: Readonly<Record<Exclude<Activation, 'linear' | 'prelu'>, ActivationFormula>> = {
  relu: {by: 'relu', of: (m, x) => m.apply('relu', x)},
  relu6: {by: 'relu6', of: (m, x) => m.apply('relu6', x)},
  elu: {by: 'elu', of: (m, x) => m.apply('elu', x)},
  sigmoid: {by: 'sigmoid', of: (m, x) => m.apply('sigmoid', x)},
  silu: {by: 'sigmoid', of: (m, x) => m.times(x, m.apply('sigmoid', x))},
  gelu: {by: 'erf', of: (m, x) => halfGate(m, x, m.apply('erf', m.scaled(x, Math.SQRT1_2)))},
  'gelu-tanh': {
    by: 'tanh',
    of: (m, x) => {
      const cubed = m.scaled(m.power(x, 3)!, 0.044715);
      return halfGate(m, x, m.apply('tanh', m.scaled(m.plus(x, cubed), Math.sqrt(2 / Math.PI))));
    },
  },
  'hard-sigmoid': {by: 'relu6', of: (m, x) => m.scaled(m.apply('relu6', m.plus(x, m.constant(3))), 1 / 6)},
  'hard-swish': {
    by: 'relu6',
    of: (m, x) => m.times(m.scaled(x, 1 / 6), m.apply('relu6', m.plus(x, m.constant(3)))),
  },
};

/** `0.5 · x · (1 + gate)`. */
function halfGate(m: Algebra, x: Sum, gate: Sum): Sum | null {
  return m.times(m.scaled(x, 0.5), m.plus(m.constant(1), gate));
}

/** Returns the variance over channels, `E[x²] − E[x]²`, which is what the mean of `(x − E[x])²` comes to as well. */
export function variance(m: Algebra): Sum {
  const mean = m.mean(m.x);
  return m.minus(m.mean(m.power(m.x, 2)!), m.power(mean, 2)!);
}

/**
 * Returns the parts that a sum is, first to last; null where it is none; or as text why it is none though it looks like one. The
 * model's own constants are kept, by affines beside the part.
 */
export function partsOf(sum: Sum, m: Algebra): Part[] | string | null {
  return affine(sum, m) ?? layerNorm(sum, m) ?? responseNorm(sum, m) ?? activation(sum, m) ?? prelu(sum, m);
}

function affine(sum: Sum, m: Algebra): Part[] | null {
  const scale = m.coefficient(sum, m.x);
  const shift = m.coefficient(sum);
  return isSumOf(sum, [scale, shift]) && !isZero(scale) ? [{kind: 'affine', scale, shift}] : null;
}

/**
 * `scale · (x − mean) · rsqrt(variance + epsilon) + shift`. What E[x²] is multiplied with, where a mean is a sum times a rounded
 * 1/C, goes into epsilon and the scale.
 */
function layerNorm(sum: Sum, m: Algebra): Part[] | string | null {
  const root = functionIn(sum, 'rsqrt');
  if (!root?.of) return null;
  const spread = m.coefficient(root.of, m.mean(m.power(m.x, 2)!));
  const offset = m.coefficient(root.of);
  if (typeof spread !== 'number' || typeof offset !== 'number' || spread <= 0 || offset < 0) return null;
  if (!m.alike(root.of, m.plus(variance(m), m.constant(offset)))) return null;

  const inverse = m.apply('rsqrt', root.of);
  const scale = m.coefficient(sum, m.times(m.x, inverse)!);
  const ofMean = negated(m.coefficient(sum, m.times(m.mean(m.x), inverse)!));
  const shift = m.coefficient(sum);
  if (!isSumOf(sum, [scale, ofMean, shift]) || !m.close(scale, ofMean)) return null;

  const unit = unlessOne(spread);
  const epsilon = offset / unit;
  const factor = unit === 1 ? scale : perChannel((s) => s / Math.sqrt(unit), scale, 0);
  const plain = m.plus(variance(m), m.constant(epsilon));
  const isPlain = unit === 1 && m.same(root.of, plain) && isRoundingOf(scale, ofMean);
  const ours = (): Sum => {
    const normed = m.times(m.minus(m.x, m.mean(m.x)), m.apply('rsqrt', plain))!;
    return m.plus(m.scaled(normed, factor), m.constant(shift));
  };
  const compared = isPlain ? null : compareFormulas({part: 'LayerNorm', own: sum, ours: ours()}, m);
  if (typeof compared === 'string') return compared;
  return [
    {kind: 'layer-norm', epsilon, ...(compared && {approximation: compared})},
    {kind: 'affine', scale: factor, shift},
  ];
}

/**
 * `one · (x + x · scale · n / (mean(n) + epsilon)) + shift`, n being the root of the energy over height and width. What the energy
 * and the mean are multiplied with goes into the epsilons and the scale.
 */
function responseNorm(sum: Sum, m: Algebra): Part[] | null {
  const inner = functionIn(sum, 'reciprocal')?.of;
  const root = inner && functionWithin(inner, 'rsqrt');
  if (!inner || !root?.of) return null;
  const energy = m.pixelSum(m.power(m.x, 2)!);
  const norm = m.power(m.apply('rsqrt', root.of), -1)!;
  const [ofEnergy, normOffset] = [m.coefficient(root.of, energy), m.coefficient(root.of)];
  const [ofMean, offset] = [m.coefficient(inner, m.mean(norm)), m.coefficient(inner)];
  if (![ofEnergy, ofMean].every(isPositive) || ![normOffset, offset].every(isNotNegative)) return null;
  if (!isSumOf(root.of, [ofEnergy, normOffset]) || !isSumOf(inner, [ofMean, offset])) return null;

  const ratio = m.times(norm, m.apply('reciprocal', inner))!;
  const [ofRatio, one, shift] = [m.coefficient(sum, m.times(m.x, ratio)!), m.coefficient(sum, m.x), m.coefficient(sum)];
  if (!everywhere(one, (v) => v !== 0) || !isSumOf(sum, [ofRatio, one, shift]) || isZero(ofRatio)) return null;
  const [unitEnergy, unitMean] = [unlessOne(ofEnergy as number), unlessOne(ofMean as number)];
  const scale = perChannel((r, o) => r / o / unitMean, ofRatio, one);
  const epsilon = (offset as number) / (unitMean * Math.sqrt(unitEnergy));
  return [
    {kind: 'response-norm', scale, epsilon, normEpsilon: (normOffset as number) / unitEnergy},
    {kind: 'affine', scale: one, shift},
  ];
}

/** The function of a mean in a sum. */
function functionWithin(sum: Sum, kind: FunctionName): Atom | undefined {
  const means = sum.flatMap(({powers}) => [...powers.keys()]).filter((atom) => atom.kind === 'mean');
  return means.map(({of}) => functionIn(of!, kind)).find((atom) => atom !== undefined);
}

function isPositive(value: PerChannel): boolean {
  return typeof value === 'number' && value > 0;
}

function isNotNegative(value: PerChannel): boolean {
  return typeof value === 'number' && value >= 0;
}

/** `scale · act(factor · x)`. */
function activation(sum: Sum, m: Algebra): Part[] | string | null {
  for (const [name, {by, of}] of ACTIVATION_ENTRIES) {
    const inner = functionIn(sum, by);
    if (!inner?.of) continue;
    const plain = of(m, m.x)!;
    const [ownFactor, plainFactor] = [inner, functionIn(plain, by)!].map((atom) => m.coefficient(atom.of!, m.x));
    if (typeof ownFactor !== 'number' || typeof plainFactor !== 'number' || ownFactor === 0) continue;
    const factor = unlessOne(ownFactor / plainFactor);
    const shaped = of(m, m.scaled(m.x, factor))!;
    const scale = unlessOne(ratioOf(sum, shaped, m));
    const ours = m.scaled(shaped, scale);
    if (scale === 0 || !m.alike(sum, ours)) continue;

    const compared = compareFormulas({part: name, own: sum, ours}, m);
    if (typeof compared === 'string') return compared;
    return [
      ...scaling(factor),
      {kind: 'activation', activation: name, ...(compared && {approximation: compared})},
      ...scaling(scale),
    ];
  }
  return null;
}

/** What is `above · x` above zero and `below · x` below: by any sum of x and ReLUs of its multiples. */
function prelu(sum: Sum, m: Algebra): Part[] | null {
  let above: PerChannel = 0;
  let below: PerChannel = 0;
  for (const term of sum) {
    const atom = soleAtom(term);
    const inner = atom?.kind === 'relu' ? atom.of! : atom?.kind === 'x' ? m.x : [];
    const factor = m.coefficient(inner, m.x);
    if (inner.length !== 1 || isZero(factor)) return null;
    const slope = multiply(term.coefficient, factor);
    const isLine = atom!.kind === 'x';
    above = add(
      above,
      perChannel((s, f) => (isLine || f > 0 ? s : 0), slope, factor),
    );
    below = add(
      below,
      perChannel((s, f) => (isLine || f < 0 ? s : 0), slope, factor),
    );
  }
  if (sum.length === 0 || !everywhere(above, (v) => v !== 0)) return null;
  const slopes = perChannel((b, a) => b / a, below, above);
  const part: Part = isZero(slopes)
    ? {kind: 'activation', activation: 'relu'}
    : {kind: 'activation', activation: 'prelu', slopes};
  return [part, ...(isRoundingOf(above, 1) ? [] : [{kind: 'affine', scale: above, shift: 0} as const])];
}

const ACTIVATION_ENTRIES = Object.entries(ACTIVATIONS) as [keyof typeof ACTIVATIONS, ActivationFormula][];

/** The first atom of a sum that is this function. */
function functionIn(sum: Sum, kind: FunctionName): Atom | undefined {
  for (const {powers} of sum) for (const atom of powers.keys()) if (atom.kind === kind) return atom;
  return undefined;
}

/** What a sum is multiplied with beside a formula, by the formula's first term; 0 where that differs from channel to channel. */
function ratioOf(sum: Sum, formula: Sum, m: Algebra): number {
  const coefficient = m.coefficient(sum, formula);
  return typeof coefficient === 'number' ? coefficient / (formula[0]!.coefficient as number) : 0;
}

/** A factor that differs from 1 by rounding alone is 1. */
function unlessOne(factor: number): number {
  return isRoundingOf(factor, 1) ? 1 : factor;
}

function scaling(scale: number): Part[] {
  return scale === 1 ? [] : [{kind: 'affine', scale, shift: 0}];
}

/** Whether the coefficients that are not zero are all that a sum has. */
function isSumOf(sum: Sum, coefficients: readonly PerChannel[]): boolean {
  return sum.length > 0 && sum.length === coefficients.filter((c) => !isZero(c)).length;
}

function negated(of: PerChannel): PerChannel {
  return typeof of === 'number' ? -of : of.map((v) => -v);
}
