/** The activations in float64: the definition that every kernel is held to. */
import type {Activation} from '../block.ts';

/** Returns act(x); `slope` is the channel's, of a PReLU. */
export function activate(activation: Activation, x: number, slope = NaN): number {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return Math.max(0, x);
    case 'relu6':
      return Math.min(Math.max(0, x), 6);
    case 'silu':
      return x * sigmoid(x);
    case 'gelu':
      return 0.5 * x * erfc(-x * Math.SQRT1_2);
    case 'gelu-tanh':
      return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    case 'hard-swish':
      return (x * Math.min(Math.max(0, x + 3), 6)) / 6;
    case 'sigmoid':
      return sigmoid(x);
    case 'elu':
      return x >= 0 || Number.isNaN(x) ? x : Math.expm1(x);
    case 'hard-sigmoid':
      return Math.min(Math.max(0, x + 3), 6) / 6;
    case 'prelu':
      return x < 0 ? slope * x : x;
    default:
      return activation satisfies never;
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/**
 * Complementary error function, to about 1e-15 of its value where it is not tiny.
 * Source: Abramowitz and Stegun, 7.1.6 (series, |x| < 2.5) and 7.1.14 (continued fraction beyond).
 */
function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a < 2.5) return 1 - Math.sign(x) * erfSeries(a);
  const tail = erfcFraction(a);
  return x > 0 ? tail : 2 - tail;
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function erfcFraction(x: number): number {
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
}
