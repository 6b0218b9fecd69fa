/** Layers that put elements into other places, and those that do nothing once a model is trained. */
import {FLOAT, INT32} from '../graph/nodeAttrs.ts';
import {expandDims, ints, type LayerWriter, node, onlyInput, reshape, shapeText, transpose} from './call.ts';
import {brokenModel, unsupportedLayer} from './errors.ts';
import {intsOf, sizeOf, titleOf} from './layer.ts';

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

const flatten: LayerWriter = (call) => {
  const x = onlyInput(call);
  const {config} = call.layer;
  if (config['data_format'] === 'channels_first')
    throw unsupportedLayer(titleOf(call.layer), 'data_format must be channels_last', config['data_format']);
  const sizes = x.shape.slice(1);
  if (sizes.includes(-1))
    throw brokenModel(titleOf(call.layer), 'the sizes of its input must be known', shapeText(x.shape));
  return reshape(call, x, [-1, product(sizes)]);
};

/** One size may be left to the others. */
const reshapeLayer: LayerWriter = (call) => {
  const {layer} = call;
  const x = onlyInput(call);
  const given = layer.config['target_shape'];
  const target = Array.isArray(given) ? given.map((size: unknown) => (size === null ? -1 : size)) : given;
  const sizes = intsOf({...layer, config: {target_shape: target}}, 'target_shape');
  const open = sizes.filter((size) => size < 0).length;
  if (open === 0) return reshape(call, x, [-1, ...sizes]);
  const total = product(x.shape.slice(1));
  const known = product(sizes.filter((size) => size >= 0));
  if (open > 1 || x.shape.slice(1).includes(-1) || total % known !== 0)
    throw brokenModel(titleOf(layer), `target_shape must have as many elements as ${shapeText(x.shape)}`, given);
  return reshape(call, x, [-1, ...sizes.map((size) => (size < 0 ? total / known : size))]);
};

const permute: LayerWriter = (call) => {
  const x = onlyInput(call);
  const order = [0, ...intsOf(call.layer, 'dims')];
  if (order.length !== x.shape.length || !x.shape.every((_, axis) => order.includes(axis)))
    throw brokenModel(titleOf(call.layer), `dims must be the axes of ${shapeText(x.shape)}, from 1`, order.slice(1));
  return transpose(call, x, order);
};

const repeatVector: LayerWriter = (call) => {
  const x = expandDims(call, onlyInput(call, 2), 1);
  const count = sizeOf(call.layer, 'n');
  const multiples = ints(call, 'Tile/multiples', [1, count, 1]);
  const shape = [x.shape[0]!, count, x.shape[2]!];
  return node(call, 'Tile', {inputs: [x, multiples], shape, attrs: {T: FLOAT, Tmultiples: INT32}});
};

const nothing: LayerWriter = (call) => onlyInput(call);

export const RESHAPING_LAYERS: Readonly<Record<string, LayerWriter>> = {
  Flatten: flatten,
  Reshape: reshapeLayer,
  Permute: permute,
  RepeatVector: repeatVector,
  Dropout: nothing,
  SpatialDropout1D: nothing,
  SpatialDropout2D: nothing,
  GaussianNoise: nothing,
  GaussianDropout: nothing,
  AlphaDropout: nothing,
  ActivityRegularization: nothing,
  StochasticDepth: nothing,
};
