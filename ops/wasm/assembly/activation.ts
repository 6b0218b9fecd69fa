/** The activations, four values at a time, over a stretch of memory that is still in L1. */
import {mulAdd, splat, VECTOR} from './simd';

/** Indices into ACTIVATIONS of `ops/block.ts`, in its order. */
export const enum Activation {
  LINEAR,
  RELU,
  RELU6,
  SILU,
  GELU,
  GELU_TANH,
  HARD_SWISH,
  SIGMOID,
  ELU,
}

/** Writes act(from) to `to`, which may be the same place. bytes: a multiple of 16. */
export function activate(activation: Activation, from: usize, to: usize, bytes: usize): void {
  const end = from + bytes;
  switch (activation) {
    case Activation.LINEAR:
      if (from != to) memory.copy(to, from, bytes);
      break;
    case Activation.RELU:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, relu(v128.load(from)));
      break;
    case Activation.RELU6:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, atMost6(relu(v128.load(from))));
      break;
    case Activation.SILU:
      for (; from < end; from += VECTOR, to += VECTOR) {
        const x = v128.load(from);
        v128.store(to, timesSigmoid(x, x));
      }
      break;
    case Activation.GELU:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, gelu(v128.load(from)));
      break;
    case Activation.GELU_TANH:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, geluTanh(v128.load(from)));
      break;
    case Activation.HARD_SWISH:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, hardSwish(v128.load(from)));
      break;
    case Activation.SIGMOID:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, timesSigmoid(splat(1), v128.load(from)));
      break;
    case Activation.ELU:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, elu(v128.load(from)));
      break;
    default:
      unreachable();
  }
}

// pmax(a, b) is `a < b ? b : a`: with NaN as a it stays NaN.

// @ts-ignore: decorator
@inline
function relu(x: v128): v128 {
  return f32x4.pmax(x, splat(0));
}

// @ts-ignore: decorator
@inline
function atMost6(x: v128): v128 {
  return f32x4.pmin(x, splat(6));
}

// @ts-ignore: decorator
@inline
function hardSwish(x: v128): v128 {
  return f32x4.mul(f32x4.mul(x, splat(1.0 / 6.0)), atMost6(relu(f32x4.add(x, splat(3)))));
}

/** value · 1/(1 + e^−x). */
// @ts-ignore: decorator
@inline
function timesSigmoid(value: v128, x: v128): v128 {
  return f32x4.div(value, f32x4.add(splat(1), exp(f32x4.neg(x))));
}

/** ½x(1 + tanh u) = x·sigmoid(2u), u = √(2/π)(x + 0.044715 x³). */
// @ts-ignore: decorator
@inline
function geluTanh(x: v128): v128 {
  const twice: f32 = 1.5957691216057308;
  const inner = mulAdd(f32x4.mul(x, x), splat(twice * 0.044715), splat(twice));
  return timesSigmoid(x, f32x4.mul(x, inner));
}

// @ts-ignore: decorator
@inline
function elu(x: v128): v128 {
  const negative = f32x4.sub(exp(f32x4.pmin(x, splat(0))), splat(1));
  return v128.bitselect(negative, x, f32x4.lt(x, splat(0)));
}

/**
 * e^x to 2 ulp: 2^n·e^r with |r| ≤ ln2/2, ln 2 in two parts, e^r by its series to r⁷.
 * The exponent is kept within what a float32 holds: e^x is 0 at −∞ and far below, and infinite from 89 on.
 */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(x, splat(-104)), splat(89));
  const n = f32x4.nearest(f32x4.mul(clamped, splat(1.4426950408889634)));
  let r = f32x4.sub(clamped, f32x4.mul(n, splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, splat(-2.12194440e-4)));
  let p = mulAdd(r, splat(1.0 / 5040.0), splat(1.0 / 720.0));
  p = mulAdd(p, r, splat(1.0 / 120.0));
  p = mulAdd(p, r, splat(1.0 / 24.0));
  p = mulAdd(p, r, splat(1.0 / 6.0));
  p = mulAdd(p, r, splat(0.5));
  p = mulAdd(p, r, splat(1));
  p = mulAdd(p, r, splat(1));
  // 2^n in two factors, since n reaches −150 and 128, beyond one float32's exponent.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerOf2(half)), powerOf2(i32x4.sub(whole, half)));
}

// @ts-ignore: decorator
@inline
function powerOf2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * ½x(1 + erf(x/√2)), erf(t) as t·P(t²)/Q(t²) on |t| ≤ 4, where it is ±1 in float32 beyond.
 * Source of the coefficients: the rational minimax of Eigen's float erf.
 */
// @ts-ignore: decorator
@inline
function gelu(x: v128): v128 {
  const scaled = f32x4.mul(x, splat(0.7071067811865476));
  const t = f32x4.pmin(f32x4.pmax(scaled, splat(-4)), splat(4));
  const s = f32x4.mul(t, t);
  let p = mulAdd(s, splat(-2.72614225801306e-10), splat(2.77068142495902e-8));
  p = mulAdd(p, s, splat(-2.10102402082508e-6));
  p = mulAdd(p, s, splat(-5.69250639462346e-5));
  p = mulAdd(p, s, splat(-7.34990630326855e-4));
  p = mulAdd(p, s, splat(-2.95459980854025e-3));
  p = mulAdd(p, s, splat(-1.60960333262415e-2));
  let q = mulAdd(s, splat(-1.45660718464996e-5), splat(-2.13374055278905e-4));
  q = mulAdd(q, s, splat(-1.68282697438203e-3));
  q = mulAdd(q, s, splat(-7.37332916720468e-3));
  q = mulAdd(q, s, splat(-1.42647390514189e-2));
  const half = f32x4.mul(x, splat(0.5));
  return mulAdd(half, f32x4.div(f32x4.mul(t, p), q), half);
}
