/** Minimum, Maximum and their like, in the algebra: whatever clamps a value from both sides comes to one ReLU6 of it. */
import {type Algebra, isZero, type PerChannel, soleAtom, type Sum} from './algebra.ts';
import {variance} from './formulas.ts';

/** `max(a, b)`. A variance is never below zero. */
export function maximum(m: Algebra, a: Sum, b: Sum): Sum {
  for (const [sum, other] of [
    [a, b],
    [b, a],
  ] as const)
    if (other.length === 0 && m.alike(sum, variance(m))) return sum;
  return m.scaled(minimum(m, m.scaled(a, -1), m.scaled(b, -1)), -1);
}

/** `min(a, b)`. */
export function minimum(m: Algebra, a: Sum, b: Sum): Sum {
  const [sum, limit] = m.constantOf(b) !== null ? [a, b] : [b, a];
  const at = m.constantOf(limit);
  if (typeof at === 'number' && upperBound(m, sum) <= at) return sum;
  return clamped(m, sum, at) ?? m.minus(limit, m.apply('relu', m.minus(limit, sum)));
}

/** The greatest value of `c · relu6(u) + d`, or of `c · relu(u) + d` with a negative c; ∞ for any other. */
function upperBound(m: Algebra, sum: Sum): number {
  const term = sum.find(({powers}) => powers.size > 0);
  const kind = term && soleAtom(term)?.kind;
  const offset = m.coefficient(sum);
  if (typeof offset !== 'number' || typeof term?.coefficient !== 'number') return Infinity;
  if (sum.length > (isZero(offset) ? 1 : 2) || (kind !== 'relu' && kind !== 'relu6')) return Infinity;
  if (term.coefficient < 0) return offset;
  return kind === 'relu6' ? offset + 6 * term.coefficient : Infinity;
}

/** `min(max(0, sum), 6)`, written with a positive first coefficient of what is not constant. */
export function relu6(m: Algebra, sum: Sum): Sum {
  const first = sum.find(({powers}) => powers.size > 0);
  if (typeof first?.coefficient !== 'number' || first.coefficient > 0) return m.apply('relu6', sum);
  const six = m.constant(6);
  return m.minus(six, m.apply('relu6', m.minus(six, sum)));
}

/** The minimum of `c · relu(u) + d` and a number that lies above d; null for any other. */
function clamped(m: Algebra, sum: Sum, limit: PerChannel | null): Sum | null {
  const term = sum.find(({powers}) => powers.size > 0);
  const atom = term && soleAtom(term);
  const offset = m.coefficient(sum);
  if (typeof limit !== 'number' || typeof offset !== 'number' || typeof term?.coefficient !== 'number') return null;
  const height = limit - offset;
  const isClamp = atom?.kind === 'relu' && sum.length === (isZero(offset) ? 1 : 2) && term.coefficient > 0;
  if (!isClamp || height <= 0) return null;
  const steep = relu6(m, m.scaled(atom.of!, (6 * term.coefficient) / height));
  return m.plus(m.scaled(steep, height / 6), m.constant(offset));
}
