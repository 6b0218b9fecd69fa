/**
 * Activations, by the names that Keras and tfjs-layers give them and as layers of their own. Where the two differ, it is tfjs-layers
 * that is followed: what tf.loadLayersModel computes is what its users know. Of Keras 3 it loads nothing: there it is Keras.
 */
import {attr, FLOAT} from '../graph/nodeAttrs.ts';
import {binary, type LayerCall, type LayerWriter, node, onlyInput, scalar, transpose, unary} from './call.ts';
import type {Draft} from './drafts.ts';
import {unsupportedLayer} from './errors.ts';
import {axesOf, intsOf, isRecord, numberOf, titleOf} from './layer.ts';

type ActivationWriter = (call: LayerCall, x: Draft) => Draft;

const op =
  (name: string): ActivationWriter =>
  (call, x) =>
    unary(call, name, x);

const ACTIVATIONS: Readonly<Record<string, ActivationWriter>> = {
  linear: (_, x) => x,
  relu: op('Relu'),
  relu6: op('Relu6'),
  elu: op('Elu'),
  selu: op('Selu'),
  sigmoid: op('Sigmoid'),
  tanh: op('Tanh'),
  softplus: op('Softplus'),
  softmax: op('Softmax'),
  log_softmax: op('LogSoftmax'),
  softsign: (call, x) =>
    binary(call, 'RealDiv', x, binary(call, 'AddV2', unary(call, 'Abs', x), scalar(call, 'one', 1))),
  hard_sigmoid: hardSigmoid,
  hard_silu: (call, x) => binary(call, 'Mul', x, hardSigmoidOfKeras3(call, x)),
  swish,
  silu: swish,
  mish: (call, x) => binary(call, 'Mul', x, unary(call, 'Tanh', unary(call, 'Softplus', x))),
  gelu,
  gelu_new: geluByTanh,
};

/** What the other names of activations stand for. */
const ALIASES: Readonly<Record<string, string>> = {
  hardSigmoid: 'hard_sigmoid',
  logSoftmax: 'log_softmax',
  geluNew: 'gelu_new',
  hard_swish: 'hard_silu',
};

/** Adds the activation that the layer's config names; none where it names none. */
export function activate(call: LayerCall, x: Draft): Draft {
  const {layer} = call;
  const given = nameIn(layer.config['activation'] ?? 'linear');
  const name = Object.hasOwn(ALIASES, given) ? ALIASES[given]! : given;
  const write = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (write === undefined)
    throw unsupportedLayer(titleOf(layer), `activation must be one of ${Object.keys(ACTIVATIONS).join(', ')}`, given);
  return write(call, x);
}

/** An activation is its name, or an object: a function of this name, or a layer of this class. */
function nameIn(activation: unknown): string {
  if (!isRecord(activation)) return String(activation);
  const {class_name: name, config} = activation;
  return String(name === 'function' ? config : name);
}

function hardSigmoid(call: LayerCall, x: Draft): Draft {
  if (call.isOfKeras3) return hardSigmoidOfKeras3(call, x);
  const line = binary(call, 'AddV2', binary(call, 'Mul', x, scalar(call, 'slope', 0.2)), scalar(call, 'half', 0.5));
  return binary(call, 'Maximum', binary(call, 'Minimum', line, scalar(call, 'one', 1)), scalar(call, 'zero', 0));
}

function hardSigmoidOfKeras3(call: LayerCall, x: Draft): Draft {
  const clamped = unary(call, 'Relu6', binary(call, 'AddV2', x, scalar(call, 'three', 3)));
  return binary(call, 'Mul', clamped, scalar(call, 'sixth', 1 / 6));
}

function swish(call: LayerCall, x: Draft): Draft {
  return binary(call, 'Mul', x, unary(call, 'Sigmoid', x));
}

function gelu(call: LayerCall, x: Draft): Draft {
  const scaled = binary(call, 'Mul', x, scalar(call, 'root_half', Math.SQRT1_2));
  const onePlus = binary(call, 'AddV2', unary(call, 'Erf', scaled), scalar(call, 'one', 1));
  return binary(call, 'Mul', binary(call, 'Mul', x, scalar(call, 'half', 0.5)), onePlus);
}

function geluByTanh(call: LayerCall, x: Draft): Draft {
  const cube = binary(call, 'Mul', unary(call, 'Square', x), x);
  const sum = binary(call, 'AddV2', x, binary(call, 'Mul', cube, scalar(call, 'cubic', 0.044715)));
  const tanh = unary(call, 'Tanh', binary(call, 'Mul', sum, scalar(call, 'scale', Math.sqrt(2 / Math.PI))));
  const onePlus = binary(call, 'AddV2', tanh, scalar(call, 'one', 1));
  return binary(call, 'Mul', binary(call, 'Mul', x, scalar(call, 'half', 0.5)), onePlus);
}

const activation: LayerWriter = (call) => activate(call, onlyInput(call));

/** tfjs-layers reads max_value alone; what it leaves out would go unnoticed. */
const relu: LayerWriter = (call) => {
  const {layer} = call;
  for (const key of ['negative_slope', 'threshold'])
    if (numberOf(layer, key, 0) !== 0)
      throw unsupportedLayer(titleOf(layer), `${key} must be 0, as tf.loadLayersModel takes it`, layer.config[key]);
  const x = onlyInput(call);
  const max = layer.config['max_value'] ?? null;
  if (max === 6) return unary(call, 'Relu6', x);
  const positive = unary(call, 'Relu', x);
  return max === null
    ? positive
    : binary(call, 'Minimum', positive, scalar(call, 'max_value', numberOf(layer, 'max_value')));
};

const leakyRelu: LayerWriter = (call) => {
  const {layer} = call;
  // Keras 3 calls it negative_slope.
  const alpha = numberOf(layer, layer.config['negative_slope'] === undefined ? 'alpha' : 'negative_slope', 0.3);
  return unary(call, 'LeakyRelu', onlyInput(call), {alpha: attr.float(alpha)});
};

const prelu: LayerWriter = (call) => {
  const x = onlyInput(call);
  const shared = intsOf(call.layer, 'shared_axes', []);
  const shape = x.shape.map((size, axis) => (shared.includes(axis) ? 1 : size)).slice(1);
  return node(call, 'Prelu', {inputs: [x, call.weight('alpha', shape)], shape: x.shape});
};

const elu: LayerWriter = (call) => {
  const alpha = numberOf(call.layer, 'alpha', 1);
  if (alpha !== 1) throw unsupportedLayer(titleOf(call.layer), 'alpha must be 1', alpha);
  return unary(call, 'Elu', onlyInput(call));
};

const thresholdedRelu: LayerWriter = (call) => {
  const x = onlyInput(call);
  const above = binary(call, 'Greater', x, scalar(call, 'theta', numberOf(call.layer, 'theta', 1)));
  const mask = node(call, 'Cast', {
    inputs: [above],
    shape: x.shape,
    attrs: {SrcT: attr.type('DT_BOOL'), DstT: FLOAT, Truncate: attr.bool(false)},
  });
  return binary(call, 'Mul', x, mask);
};

/** The op takes the last axis alone. */
const softmax: LayerWriter = (call) => {
  const x = onlyInput(call);
  const rank = x.shape.length;
  const [axis, ...more] = axesOf(call.layer, rank, 1) as [number, ...number[]];
  if (more.length > 0) throw unsupportedLayer(titleOf(call.layer), 'axis must be one', [axis, ...more]);
  if (axis === rank - 1) return unary(call, 'Softmax', x);
  const order = x.shape.map((_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return transpose(call, unary(call, 'Softmax', transpose(call, x, order)), order);
};

export const ACTIVATION_LAYERS: Readonly<Record<string, LayerWriter>> = {
  Activation: activation,
  ReLU: relu,
  LeakyReLU: leakyRelu,
  PReLU: prelu,
  ELU: elu,
  ThresholdedReLU: thresholdedRelu,
  Softmax: softmax,
};
