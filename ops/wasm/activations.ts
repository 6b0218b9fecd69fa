/** How the wasm kernels compute each activation: the kind of loop, and the coefficients of the smooth ones. */
import type {Activation} from '../block.ts';
import {ActivationKind} from './assembly/fields.ts';

/**
 * R(x) ≈ gate(x) − ½, an odd function: c·P(c²)/Q(c²) with c = x kept within ±limit, beyond which the gate is 0 or 1.
 * Coefficients from the constant on.
 */
interface Gate {
  readonly limit: number;
  readonly p: readonly [number, number, number, number, number];
  readonly q: readonly [number, number, number, number, number, number];
}

// Our own fits: least squares at 6000 Chebyshev points, reweighted towards the least maximum of |x·error|. In float32 the
// gate's error times x stays below 3e-7·max(1, |x|); test/ops/activations.test.ts holds them to it.

/** (1 + erf(x/√2))/2. */
const GELU: Gate = {
  limit: 5.2,
  p: [0.398941186, 0.0541125005, 0.00583970235, 0.000366348394, 6.76219816e-6],
  q: [1, 0.302292632, 0.0400420162, 0.00299439184, 0.000132441548, 5.70019027e-7],
};

/** (1 + tanh(√(2/π)(x + 0.044715 x³)))/2. */
const GELU_TANH: Gate = {
  limit: 4.8,
  p: [0.398941489, 0.0364472654, 0.00366282376, 0.000163359623, 4.59346681e-6],
  q: [1, 0.258843488, 0.0269744871, 0.00141721936, 7.31733916e-5, 4.51028424e-7],
};

/** 1/(1 + e^−x). */
const SIGMOID: Gate = {
  limit: 17,
  p: [0.249999996, 0.00861656944, 6.26602768e-5, 1.23617311e-7, 4.98805502e-11],
  q: [1, 0.117799599, 0.00173394399, 6.58000901e-6, 6.34005328e-9, 7.27768612e-13],
};

interface Method {
  readonly kind: ActivationKind;
  readonly gate?: Gate;
}

export const ACTIVATION_METHODS: Readonly<Record<Activation, Method>> = {
  linear: {kind: ActivationKind.LINEAR},
  relu: {kind: ActivationKind.RELU},
  relu6: {kind: ActivationKind.RELU6},
  silu: {kind: ActivationKind.GATED, gate: SIGMOID},
  gelu: {kind: ActivationKind.GATED, gate: GELU},
  'gelu-tanh': {kind: ActivationKind.GATED, gate: GELU_TANH},
  'hard-swish': {kind: ActivationKind.HARD_SWISH},
  sigmoid: {kind: ActivationKind.GATE, gate: SIGMOID},
  elu: {kind: ActivationKind.ELU},
};

/** Returns the coefficients as assembly/activation.ts reads them: the limit, then P and Q, highest power first; none for the others. */
export function gateCoefficients(activation: Activation): number[] {
  const {gate} = ACTIVATION_METHODS[activation];
  return gate === undefined ? [] : [gate.limit, ...[...gate.p].reverse(), ...[...gate.q].reverse()];
}
