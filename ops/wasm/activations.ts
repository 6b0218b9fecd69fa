/** How the wasm kernels compute each activation: the kind of loop, and the coefficients of the smooth ones. */
import type {Activation} from '../block.ts';
import {type Gate, GELU, GELU_TANH, SIGMOID} from '../gates.ts';
import {ActivationKind} from './assembly/fields.ts';

interface Method {
  readonly kind: ActivationKind;
  readonly bounds?: readonly [low: number, high: number];
  readonly gate?: Gate;
}

export const ACTIVATION_METHODS: Readonly<Record<Activation, Method>> = {
  linear: {kind: ActivationKind.CLAMP, bounds: [-Infinity, Infinity]},
  relu: {kind: ActivationKind.CLAMP, bounds: [0, Infinity]},
  relu6: {kind: ActivationKind.CLAMP, bounds: [0, 6]},
  silu: {kind: ActivationKind.GATED, gate: SIGMOID},
  gelu: {kind: ActivationKind.GATED, gate: GELU},
  'gelu-tanh': {kind: ActivationKind.GATED, gate: GELU_TANH},
  'hard-swish': {kind: ActivationKind.HARD_SWISH},
  sigmoid: {kind: ActivationKind.GATE, gate: SIGMOID},
  elu: {kind: ActivationKind.ELU},
  'hard-sigmoid': {kind: ActivationKind.HARD_SIGMOID},
  prelu: {kind: ActivationKind.PRELU},
};

/**
 * Returns the coefficients as assembly/activation.ts reads them: bounds, or a gate's limit, then P and Q, highest power first; none
 * for the others.
 */
export function activationCoefficients(activation: Activation): readonly number[] {
  const {bounds = [], gate} = ACTIVATION_METHODS[activation];
  return gate === undefined ? bounds : [gate.limit, ...[...gate.p].reverse(), ...[...gate.q].reverse()];
}
