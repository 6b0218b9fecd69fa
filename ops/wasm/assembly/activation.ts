/** The activations, of values that are still in the L1 cache. */
import {ActivationField, ActivationKind} from './fields';
import {clamp, mulAdd, ROW, splat, VECTOR} from './simd';

/**
 * Writes act(from) to `to`, which may be the same address.
 * Shapes: from and to `[pixels][8]`; gate, the coefficients: low and high of CLAMP, the 12 of `gated` for GATE and GATED, the slopes `[8]`
 * of the panel's channels for PRELU. Units: bytes, a multiple of 32.
 */
export function activate(kind: i32, gate: usize, from: usize, to: usize, bytes: usize): void {
  const end = from + bytes;
  switch (kind) {
    case ActivationKind.CLAMP: {
      const low = v128.load_splat<f32>(gate), high = v128.load_splat<f32>(gate, 4);
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, clamp(v128.load(from), low, high));
      break;
    }
    case ActivationKind.HARD_SWISH:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, hardSwish(v128.load(from)));
      break;
    case ActivationKind.ELU:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, elu(v128.load(from)));
      break;
    case ActivationKind.HARD_SIGMOID:
      for (; from < end; from += VECTOR, to += VECTOR) v128.store(to, hardSigmoid(v128.load(from)));
      break;
    case ActivationKind.PRELU: {
      const slopes0 = v128.load(gate), slopes1 = v128.load(gate, 16);
      for (; from < end; from += ROW, to += ROW) {
        v128.store(to, prelu(v128.load(from), slopes0));
        v128.store(to, prelu(v128.load(from, 16), slopes1), 16);
      }
      break;
    }
    default:
      for (; from < end; from += 2 * VECTOR, to += 2 * VECTOR) gated(gate, from, to, kind == ActivationKind.GATED);
  }
}

/** The kind of an activation of the record (ActivationField). */
// @ts-ignore: decorator
@inline
export function kindOf(activation: usize): i32 {
  return load<i32>(activation + (<usize>ActivationField.KIND << 2));
}

/** Activates panels in place, whose first channel is `channel`. Shapes: at `[panels][pixels][8]`. */
export function activatePanels(activation: usize, channel: i32, at: usize, panels: i32, panelBytes: usize): void {
  const kind = kindOf(activation);
  if (isLinear(activation)) return;
  if (kind != ActivationKind.PRELU) {
    activate(kind, coefficients(activation), at, at, <usize>panels * panelBytes);
    return;
  }
  for (let panel = 0; panel < panels; panel++, at += panelBytes) {
    activate(kind, slopesOf(activation, channel + 8 * panel), at, at, panelBytes);
  }
}

/** What `activate` takes of an activation for the 8 channels from `channel` on. */
export function gateOf(activation: usize, channel: i32): usize {
  return kindOf(activation) == ActivationKind.PRELU ? slopesOf(activation, channel) : coefficients(activation);
}

// @ts-ignore: decorator
@inline
function coefficients(activation: usize): usize {
  return activation + (<usize>ActivationField.COEFFICIENTS << 2);
}

/** The slopes of a PReLU from a channel on. */
export function slopesOf(activation: usize, channel: i32): usize {
  return load<usize>(activation + (<usize>ActivationField.SLOPES << 2)) + (<usize>channel << 2);
}

/** Whether an activation does nothing. */
export function isLinear(activation: usize): bool {
  return kindOf(activation) == ActivationKind.CLAMP && lowest(activation) == -Infinity && highest(activation) == Infinity;
}

/** The least value of an activation that only clamps; −∞ for others. */
export function lowest(activation: usize): f32 {
  return kindOf(activation) == ActivationKind.CLAMP ? load<f32>(coefficients(activation)) : -Infinity;
}

/** The greatest, or ∞. */
export function highest(activation: usize): f32 {
  return kindOf(activation) == ActivationKind.CLAMP ? load<f32>(coefficients(activation), 4) : Infinity;
}

// @ts-ignore: decorator
@inline
function hardSwish(x: v128): v128 {
  return f32x4.mul(f32x4.mul(x, splat(1.0 / 6.0)), clamp(f32x4.add(x, splat(3)), splat(0), splat(6)));
}

// @ts-ignore: decorator
@inline
function hardSigmoid(x: v128): v128 {
  return f32x4.mul(clamp(f32x4.add(x, splat(3)), splat(0), splat(6)), splat(1.0 / 6.0));
}

// @ts-ignore: decorator
@inline
function prelu(x: v128, slopes: v128): v128 {
  return v128.bitselect(f32x4.mul(x, slopes), x, f32x4.lt(x, splat(0)));
}

/**
 * Two vectors of ½ + R(x), times x where `timesX`: R(x) = c·P(c²)/Q(c²), c = x kept within ±limit.
 * Shapes: gate `[limit, P's 5 coefficients, Q's 6]`, highest power first.
 *
 * The coefficients are loaded, not constants: an engine makes a vector constant anew at each use, in several instructions.
 */
// @ts-ignore: decorator
@inline
function gated(gate: usize, from: usize, to: usize, timesX: bool): void {
  const x0 = v128.load(from), x1 = v128.load(from, 16);
  let k = v128.load_splat<f32>(gate);
  const least = f32x4.neg(k);
  const c0 = f32x4.pmin(f32x4.pmax(x0, least), k), c1 = f32x4.pmin(f32x4.pmax(x1, least), k);
  const s0 = f32x4.mul(c0, c0), s1 = f32x4.mul(c1, c1);

  k = v128.load_splat<f32>(gate, 4);
  let p0 = k, p1 = k;
  k = v128.load_splat<f32>(gate, 8);
  p0 = mulAdd(p0, s0, k), p1 = mulAdd(p1, s1, k);
  k = v128.load_splat<f32>(gate, 12);
  p0 = mulAdd(p0, s0, k), p1 = mulAdd(p1, s1, k);
  k = v128.load_splat<f32>(gate, 16);
  p0 = mulAdd(p0, s0, k), p1 = mulAdd(p1, s1, k);
  k = v128.load_splat<f32>(gate, 20);
  p0 = mulAdd(p0, s0, k), p1 = mulAdd(p1, s1, k);

  k = v128.load_splat<f32>(gate, 24);
  let q0 = k, q1 = k;
  k = v128.load_splat<f32>(gate, 28);
  q0 = mulAdd(q0, s0, k), q1 = mulAdd(q1, s1, k);
  k = v128.load_splat<f32>(gate, 32);
  q0 = mulAdd(q0, s0, k), q1 = mulAdd(q1, s1, k);
  k = v128.load_splat<f32>(gate, 36);
  q0 = mulAdd(q0, s0, k), q1 = mulAdd(q1, s1, k);
  k = v128.load_splat<f32>(gate, 40);
  q0 = mulAdd(q0, s0, k), q1 = mulAdd(q1, s1, k);
  k = v128.load_splat<f32>(gate, 44);
  q0 = mulAdd(q0, s0, k), q1 = mulAdd(q1, s1, k);

  const half = splat(0.5);
  let y0 = f32x4.add(half, f32x4.div(f32x4.mul(c0, p0), q0));
  let y1 = f32x4.add(half, f32x4.div(f32x4.mul(c1, p1), q1));
  if (timesX) {
    y0 = f32x4.mul(x0, y0);
    y1 = f32x4.mul(x1, y1);
  }
  v128.store(to, y0);
  v128.store(to, y1, 16);
}

// @ts-ignore: decorator
@inline
function elu(x: v128): v128 {
  const negative = f32x4.sub(exp(f32x4.pmin(x, splat(0))), splat(1));
  return v128.bitselect(negative, x, f32x4.lt(x, splat(0)));
}

/** e^x for x ≤ 0, to 2 ulp: 2^n·e^r with |r| ≤ ln2/2, ln 2 in two parts, e^r by its series to r⁷; 0 far below. */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  const clamped = f32x4.pmax(x, splat(-87));
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
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}
