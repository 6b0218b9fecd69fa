/** BatchNormalization with its statistics as constants, LayerNormalization, and the scaling of an input. */
import {attr, FLOAT, INT32} from '../graph/nodeAttrs.ts';
import {binary, channelsOf, type LayerCall, type LayerWriter, node, onlyInput, reduce, scalar, unary} from './call.ts';
import {type Draft, valuesOf} from './drafts.ts';
import {brokenModel, unsupportedLayer} from './errors.ts';
import {axesOf, flagOf, numberOf, titleOf} from './layer.ts';
import {ANY_NAME} from './layerWeights.ts';

/**
 * A FusedBatchNormV3 that may be of any rank until convs have taken theirs in (foldConvs.ts): scale and offset where the layer has none
 * are 1 and 0.
 */
const batchNormalization: LayerWriter = (call) => {
  const {layer, drafts, scope} = call;
  const x = onlyInput(call);
  const [axis, ...more] = axesOf(layer, x.shape.length, -1) as [number, ...number[]];
  if (more.length > 0) throw unsupportedLayer(titleOf(layer), 'axis must be one', [axis, ...more]);
  if (axis !== x.shape.length - 1)
    throw unsupportedLayer(titleOf(layer), `axis must be the last of ${x.shape.length}`, axis);
  const channels = channelsOf(call, x);
  const filled = (name: string, value: number): Draft =>
    drafts.floats(`${scope}/${name}`, [channels], new Float32Array(channels).fill(value));
  const scale = flagOf(layer, 'scale', true) ? call.weight('gamma', [channels]) : filled('gamma', 1);
  const offset = flagOf(layer, 'center', true) ? call.weight('beta', [channels]) : filled('beta', 0);
  const statistics = ['moving_mean', 'moving_variance'].map((name) => call.weight(name, [channels]));
  return node(call, 'FusedBatchNormV3', {
    inputs: [x, scale, offset, ...statistics],
    shape: x.shape,
    attrs: {
      T: FLOAT,
      U: FLOAT,
      data_format: attr.text('NHWC'),
      epsilon: attr.float(numberOf(layer, 'epsilon', 1e-3)),
      exponential_avg_factor: attr.float(1),
      is_training: attr.bool(false),
    },
  });
};

/** As TensorFlow writes it: x·s + (β − mean·s), where s = γ ÷ √(variance + ε). */
const layerNormalization: LayerWriter = (call) => {
  const {layer} = call;
  const x = onlyInput(call);
  const axes = axesOf(layer, x.shape.length, -1);
  const moment = (of: Draft): Draft => reduce(call, 'Mean', {x: of, axes, keepDims: true});
  const mean = moment(x);
  const variance = moment(binary(call, 'SquaredDifference', x, mean));
  const stable = binary(call, 'AddV2', variance, scalar(call, 'epsilon', numberOf(layer, 'epsilon', 1e-3)));
  const inverse = unary(call, 'Rsqrt', stable);
  const gamma = flagOf(layer, 'scale', true) ? perAxis(call, 'gamma', axes) : null;
  const factor = gamma === null ? inverse : binary(call, 'Mul', inverse, gamma);
  const scaled = binary(call, 'Mul', x, factor);
  const shift = binary(call, 'Mul', mean, factor);
  if (!flagOf(layer, 'center', true)) return binary(call, 'Sub', scaled, shift);
  return binary(call, 'AddV2', scaled, binary(call, 'Sub', perAxis(call, 'beta', axes), shift));
};

/** A weight with a number for each element of the axes, as it is multiplied with the input. */
function perAxis(call: LayerCall, name: string, axes: readonly number[]): Draft {
  const {shape} = onlyInput(call);
  const sizes = axes.map((axis) => shape[axis]!);
  if (sizes.includes(-1)) throw brokenModel(titleOf(call.layer), 'the sizes of its axes must be known', sizes);
  if (axes.some((axis, i) => i > 0 && axis < axes[i - 1]!))
    throw unsupportedLayer(titleOf(call.layer), 'axis must be in order', axes);
  const isLast = axes.length === 1 && axes[0] === shape.length - 1;
  const spread = shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  return call.weight(name, sizes, isLast ? sizes : spread);
}

const rescaling: LayerWriter = (call) => {
  const x = asFloats(call, onlyInput(call));
  const scaled = binary(call, 'Mul', x, numbers(call, 'scale', 1));
  return binary(call, 'AddV2', scaled, numbers(call, 'offset', 0));
};

/** Keras keeps the statistics in the config where they were given, else among the weights. The least standard deviation is Keras's own. */
const normalization: LayerWriter = (call) => {
  const {layer, drafts, scope} = call;
  const x = asFloats(call, onlyInput(call));
  const axes = axesOf(layer, x.shape.length, -1);
  if (axes.length !== 1 || axes[0] !== x.shape.length - 1 || flagOf(layer, 'invert', false))
    throw unsupportedLayer(titleOf(layer), 'axis must be the last, and invert false', layer.config);
  const channels = channelsOf(call, x);
  const statistic = (key: string): ArrayLike<number> => {
    const given = layer.config[key] ?? null;
    return given === null ? valuesOf(call.weight(key, [channels])) : ([given].flat(Infinity) as number[]);
  };
  const [mean, variance] = [statistic('mean'), statistic('variance')];
  const perChannel = (name: string, value: (c: number) => number): Draft =>
    drafts.floats(
      `${scope}/${name}`,
      [channels],
      Float32Array.from({length: channels}, (_, c) => value(c)),
    );
  const centred = binary(
    call,
    'Sub',
    x,
    perChannel('mean', (c) => mean[c % mean.length]!),
  );
  const scale = perChannel('scale', (c) => 1 / Math.max(Math.sqrt(variance[c % variance.length]!), MIN_DEVIATION));
  return binary(call, 'Mul', centred, scale);
};

const MIN_DEVIATION = 1e-7;

/** Of ConvNeXt in keras.applications: its weight is `variable_1`, or any other number, in Keras 3. */
const layerScale: LayerWriter = (call) => {
  const x = onlyInput(call);
  return binary(call, 'Mul', x, call.weight(['gamma', ANY_NAME], [channelsOf(call, x)]));
};

/** One number, or one for each channel. */
function numbers(call: LayerCall, key: string, otherwise: number): Draft {
  const {layer, drafts, scope} = call;
  const value = layer.config[key];
  if (!Array.isArray(value)) return scalar(call, key, numberOf(layer, key, otherwise));
  return drafts.floats(`${scope}/${key}`, [value.length], Float32Array.from(value as number[]));
}

function asFloats(call: LayerCall, x: Draft): Draft {
  if (x.attrs['dtype'] !== INT32) return x;
  const attrs = {SrcT: INT32, DstT: FLOAT, Truncate: attr.bool(false)};
  return node(call, 'Cast', {inputs: [x], shape: x.shape, attrs});
}

export const NORMALISATION_LAYERS: Readonly<Record<string, LayerWriter>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  LayerScale: layerScale,
  Normalization: normalization,
  Rescaling: rescaling,
};

/** Returns scale and offset of each channel, such that a batch normalisation is x·scale + offset. Float64. */
export function affineOf({inputs, attrs}: Draft): {scale: Float64Array; offset: Float64Array} {
  const [gamma, beta, mean, variance] = inputs.slice(1).map(valuesOf) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const epsilon = attrs['epsilon']!.f!;
  const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c]! + epsilon));
  return {scale, offset: Float64Array.from(beta, (value, c) => value - mean[c]! * scale[c]!)};
}
