/**
 * The smooth activations' gates as rational functions, for kernels of every backend: GELU, SiLU and the sigmoid are x times a
 * gate between 0 and 1, or the gate itself.
 */

/**
 * R(x) ≈ gate(x) − ½, an odd function: c·P(c²)/Q(c²) with c = x kept within ±limit, beyond which the gate is 0 or 1.
 * Coefficients from the constant on.
 */
export interface Gate {
  readonly limit: number;
  readonly p: readonly [number, number, number, number, number];
  readonly q: readonly [number, number, number, number, number, number];
}

// Our own fits: least squares at 6000 Chebyshev points, reweighted towards the least maximum of |x·error|. In float32 the
// gate's error times x stays below 3e-7·max(1, |x|); test/ops/activations.test.ts holds them to it.

/** (1 + erf(x/√2))/2. */
export const GELU: Gate = {
  limit: 5.2,
  p: [0.398941186, 0.0541125005, 0.00583970235, 0.000366348394, 6.76219816e-6],
  q: [1, 0.302292632, 0.0400420162, 0.00299439184, 0.000132441548, 5.70019027e-7],
};

/** (1 + tanh(√(2/π)(x + 0.044715 x³)))/2. */
export const GELU_TANH: Gate = {
  limit: 4.8,
  p: [0.398941489, 0.0364472654, 0.00366282376, 0.000163359623, 4.59346681e-6],
  q: [1, 0.258843488, 0.0269744871, 0.00141721936, 7.31733916e-5, 4.51028424e-7],
};

/** 1/(1 + e^−x). */
export const SIGMOID: Gate = {
  limit: 17,
  p: [0.249999996, 0.00861656944, 6.26602768e-5, 1.23617311e-7, 4.98805502e-11],
  q: [1, 0.117799599, 0.00173394399, 6.58000901e-6, 6.34005328e-9, 7.27768612e-13],
};
