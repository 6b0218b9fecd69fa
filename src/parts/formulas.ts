/** The formulas of elementwise parts, each written once; a graph's spelling is compared with them in the algebra. */
import type {Activation} from '../../ops/block.ts';
import {type Algebra, everywhere, type PerChannel, soleAtom, type Sum} from './algebra.ts';
import type {Part} from './parts.ts';

/** A new activation is one line here (and its name in ops/block.ts). */
const ACTIVATION_FORMULAS: Readonly<Record<Exclude<Activation, 'linear'>, (m: Algebra) => Sum | null>> = {
  relu: (m) => m.apply('relu', m.x),
  relu6: (m) => m.apply('relu6', m.x),
  elu: (m) => m.apply('elu', m.x),
  sigmoid: (m) => m.apply('sigmoid', m.x),
  silu: (m) => m.times(m.x, m.apply('sigmoid', m.x)),
  gelu: (m) => halfGate(m, m.apply('erf', m.scaled(m.x, Math.SQRT1_2))),
  'gelu-tanh': (m) => {
    const cubed = m.scaled(m.power(m.x, 3)!, 0.044715);
    return halfGate(m, m.apply('tanh', m.scaled(m.plus(m.x, cubed), Math.sqrt(2 / Math.PI))));
  },
  'hard-swish': (m) => m.times(m.scaled(m.x, 1 / 6), m.apply('relu6', m.plus(m.x, m.constant(3)))),
};

/** `0.5 · x · (1 + gate)`. */
function halfGate(m: Algebra, gate: Sum): Sum | null {
  return m.times(m.scaled(m.x, 0.5), m.plus(m.constant(1), gate));
}

/** Returns the variance over channels, `E[x²] − E[x]²`, which is what the mean of `(x − E[x])²` comes to as well. */
export function variance(m: Algebra): Sum {
  const mean = m.mean(m.x);
  return m.minus(m.mean(m.power(m.x, 2)!), m.power(mean, 2)!);
}

/** Returns the parts that a sum is, first to last; null where it is none. */
export function partsOf(sum: Sum, m: Algebra): Part[] | null {
  return affine(sum, m) ?? layerNorm(sum, m) ?? activation(sum, m);
}

function affine(sum: Sum, m: Algebra): Part[] | null {
  const scale = m.coefficient(sum, m.x);
  const shift = m.coefficient(sum);
  return isSumOf(sum, [scale, shift]) && !isZero(scale) ? [{kind: 'affine', scale, shift}] : null;
}

/** `scale · (x − mean) · rsqrt(variance + epsilon) + shift`. */
function layerNorm(sum: Sum, m: Algebra): Part[] | null {
  const deviations = sum.flatMap((term) => [...term.powers.keys()]).find((atom) => atom.kind === 'rsqrt');
  if (!deviations?.of) return null;
  const epsilon = m.coefficient(deviations.of);
  if (typeof epsilon !== 'number' || epsilon < 0) return null;
  if (!m.same(deviations.of, m.plus(variance(m), m.constant(epsilon)))) return null;

  const inverse = m.apply('rsqrt', deviations.of);
  const scale = m.coefficient(sum, m.x, inverse);
  const ofMean = m.coefficient(sum, m.mean(m.x), inverse);
  const shift = m.coefficient(sum);
  if (!isSumOf(sum, [scale, ofMean, shift]) || !m.close(scale, negated(ofMean))) return null;
  return [
    {kind: 'layer-norm', epsilon},
    {kind: 'affine', scale, shift},
  ];
}

function activation(sum: Sum, m: Algebra): Part[] | null {
  for (const [name, formula] of Object.entries(ACTIVATION_FORMULAS)) {
    const target = formula(m);
    const first = target?.[0];
    if (!target || !first) continue;
    const factor = m.coefficient(sum, ...atomsOf(first));
    const scale = typeof factor === 'number' ? factor / (first.coefficient as number) : 0;
    if (scale === 0 || !m.same(sum, m.scaled(target, scale))) continue;
    const part: Part = {kind: 'activation', activation: name as Activation};
    return m.close(scale, 1) ? [part] : [part, {kind: 'affine', scale, shift: 0}];
  }
  return null;
}

/** Whether the coefficients that are not zero are all that a sum has. */
function isSumOf(sum: Sum, coefficients: readonly PerChannel[]): boolean {
  return sum.length > 0 && sum.length === coefficients.filter((c) => !isZero(c)).length;
}

function isZero(of: PerChannel): boolean {
  return everywhere(of, (v) => v === 0);
}

function negated(of: PerChannel): PerChannel {
  return typeof of === 'number' ? -of : of.map((v) => -v);
}

/** The atoms of a term, each as a sum, as often as its power says. */
function atomsOf({powers}: Sum[number]): Sum[] {
  return [...powers].flatMap(([atom, power]) =>
    Array.from({length: power}, (): Sum => [{coefficient: 1, powers: new Map([[atom, 1]])}]),
  );
}

/** Returns what `max(0, sum)` is: a variance is never below zero. */
export function clippedAtZero(sum: Sum, m: Algebra): Sum {
  return m.same(sum, variance(m)) ? sum : m.apply('relu', sum);
}

/** Returns what `min(6, sum)` is; null for anything but a ReLU. */
export function clippedAtSix(sum: Sum, m: Algebra): Sum | null {
  const [term, ...others] = sum;
  const atom = term && soleAtom(term);
  return others.length === 0 && term?.coefficient === 1 && atom?.kind === 'relu' ? m.apply('relu6', atom.of!) : null;
}
