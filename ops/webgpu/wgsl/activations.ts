/**
 * The activations, four channels at a time. Each returns NaN for NaN: `min`, `max` and `clamp` need not, so bounds are kept by
 * `select`, whose comparisons are false for NaN.
 */
import type {Activation} from '../../block.ts';
import {type Gate, GELU, GELU_TANH, SIGMOID} from '../../gates.ts';
import type {Activated} from '../planner/variant.ts';

/** Returns the expression of a vector's activated `value`, of `lane`, an expression, of the layer's output. */
export function activated(layer: Activated, value: string, lane: string): string {
  const {slopes} = layer;
  return activatedBy(layer, value, slopes === undefined ? undefined : slopesAt(slopes, lane));
}

/** Returns the same from the expression of a PReLU's slopes. */
export function activatedBy({activation}: Activated, value: string, slope?: string): string {
  return `${activationName(activation)}(${value}${slope === undefined ? '' : `, ${slope}`})`;
}

/** Returns the expression of the slopes of a lane. */
export function slopesAt(slopes: number, lane: string): string {
  return `vec4<f32>(params[${slopes}u + ${lane}])`;
}

function activationName(activation: Activation): string {
  return `act_${activation.replace('-', '_')}`;
}

/** Returns the functions of these activations, each once. */
export function activationTexts(activations: readonly Activation[]): string {
  return [...new Set(activations)].map((activation) => functionText(activation)).join('\n\n');
}

function functionText(activation: Activation): string {
  const slope = activation === 'prelu' ? ', slope: vec4<f32>' : '';
  return `fn ${activationName(activation)}(x: vec4<f32>${slope}) -> vec4<f32> {\n${statements(activation)}\n}`;
}

const relu = (x: string): string => `select(${x}, vec4<f32>(), ${x} < vec4<f32>())`;
const atMost6 = (x: string): string => `select(${x}, vec4<f32>(6.0), ${x} > vec4<f32>(6.0))`;

function statements(activation: Activation): string {
  switch (activation) {
    case 'linear':
      return '  return x;';
    case 'relu':
      return `  return ${relu('x')};`;
    case 'relu6':
      return `  let positive = ${relu('x')};\n  return ${atMost6('positive')};`;
    case 'silu':
      return `${gateText(SIGMOID)}\n  return x * gate;`;
    case 'gelu':
      return `${gateText(GELU)}\n  return x * gate;`;
    case 'gelu-tanh':
      return `${gateText(GELU_TANH)}\n  return x * gate;`;
    case 'sigmoid':
      return `${gateText(SIGMOID)}\n  return gate;`;
    case 'hard-swish':
      return `  let shifted = x + 3.0;
  let positive = ${relu('shifted')};
  return x * (1.0 / 6.0) * ${atMost6('positive')};`;
    case 'elu':
      return `${EXPM1}\n  return select(x, expm1, x < vec4<f32>());`;
    case 'hard-sigmoid':
      return `  let shifted = x + 3.0;
  let positive = ${relu('shifted')};
  return (1.0 / 6.0) * ${atMost6('positive')};`;
    case 'prelu':
      return '  return select(x, x * slope, x < vec4<f32>());';
    default:
      return activation satisfies never;
  }
}

/** ½ + c·P(c²)/Q(c²), c = x kept within ±limit (ops/gates.ts). */
function gateText({limit, p, q}: Gate): string {
  return `  let above = select(x, vec4<f32>(-${limit}), x < vec4<f32>(-${limit}));
  let c = select(above, vec4<f32>(${limit}), above > vec4<f32>(${limit}));
  let s = c * c;
  let gate = 0.5 + c * ${polynomial(p)} / ${polynomial(q)};`;
}

/** Horner's rule in s; coefficients from the constant on. */
function polynomial(coefficients: readonly number[]): string {
  const [last, ...rest] = [...coefficients].reverse();
  const vector = (value: number): string => `vec4<f32>(${value})`;
  return rest.reduce((sum, coefficient) => `fma(${sum}, s, ${vector(coefficient)})`, vector(last!));
}

/** exp(x) − 1 loses all digits near 0: there its series to x⁶, the next term of which is below 2⁻²⁴·|x| at |x| = ¼. */
const EXPM1 = `  let near = x * fma(x, fma(x, fma(x, fma(x, fma(x, vec4<f32>(1.0 / 720.0), vec4<f32>(1.0 / 120.0)), vec4<f32>(1.0 / 24.0)), vec4<f32>(1.0 / 6.0)), vec4<f32>(0.5)), vec4<f32>(1.0));
  let expm1 = select(exp(x) - 1.0, near, x > vec4<f32>(-0.25));`;
