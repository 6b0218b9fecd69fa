/** Sums of the algebra as numbers: what a formula makes of the channels of an image of one pixel. */
import {type Atom, channel, type FunctionName, type Sum} from './algebra.ts';

const FUNCTIONS: Readonly<Record<FunctionName, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  relu6: (x) => Math.min(Math.max(0, x), 6),
  elu: (x) => (x < 0 ? Math.expm1(x) : x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  // To 4e-4: formulas are compared that both have it.
  erf: (x) => Math.tanh((2 / Math.sqrt(Math.PI)) * x * (1 + 0.0894 * x * x)),
  exp: Math.exp,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  abs: Math.abs,
};

/** Returns a sum's value in every channel of x. */
export function evaluate(sum: Sum, x: Float64Array): Float64Array {
  const values = new Map<Atom, Float64Array>();
  const ofSum = (terms: Sum): Float64Array => {
    const total = new Float64Array(x.length);
    for (const {coefficient, powers} of terms) {
      const factors = [...powers].map(([atom, power]) => [ofAtom(atom), power] as const);
      for (let c = 0; c < total.length; c++) {
        let product = channel(coefficient, c);
        for (const [value, power] of factors) product *= value[c]! ** power;
        total[c]! += product;
      }
    }
    return total;
  };
  const ofAtom = (atom: Atom): Float64Array => {
    const known = values.get(atom) ?? compute(atom);
    values.set(atom, known);
    return known;
  };
  const compute = ({kind, of}: Atom): Float64Array => {
    if (kind === 'x' || of === null) return x;
    const inner = ofSum(of);
    if (kind === 'pixel-sum') return inner;
    if (kind !== 'mean') return inner.map(FUNCTIONS[kind]);
    return inner.fill(inner.reduce((a, b) => a + b, 0) / inner.length);
  };
  return ofSum(sum);
}
