/**
 * A block in the best forms that stock tfjs has, written by hand: the side that a fused block is measured against. Biases and
 * the activations that stock can fuse are fused, constant factors are folded into weights, and all tensors are ready before.
 * A grouped conv has several forms, since stock tfjs has no grouped kernel; which one is fastest depends on the shape.
 */
import type {backend_util, Tensor, Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {type Activation, blockSpec, type BlockSpec, spatialChannels} from '../../ops/block.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import type {BlockWeights, LayerWeights} from '../../ops/packParams.ts';
import {layerNames, type LayerName, paramsLayout} from '../../ops/params.ts';
import {stockActivation} from '../../ops/reference/stock.ts';
import type {AllTfjs} from '../../src/run/allTfjs.ts';

export interface StockForm {
  readonly name: 'depthwise' | 'split' | 'gather' | 'zero-filled';
  run(x: Tensor4D): Tensor4D;
  dispose(): void;
}

type Layer = (x: Tensor4D) => Tensor4D;
type TfjsPadding = backend_util.ExplicitPadding;
/** 'folded-gelu' is t·(1 + erf t), GELU's factors being in the weights. */
type StockActivation = Activation | 'folded-gelu';
type FusedActivation = 'linear' | 'relu' | 'relu6' | 'prelu';

/** Returns every form in which stock tfjs can run the block. */
export function stockForms(tf: AllTfjs, spec: BlockSpec, weights: BlockWeights): StockForm[] {
  const names: StockForm['name'][] = spec.groupWidth === 1 ? ['depthwise'] : ['split', 'gather', 'zero-filled'];
  return names.map((name) => stockForm(tf, name, foldGelu(spec, weights)));
}

interface Block {
  readonly spec: BlockSpec;
  readonly weights: BlockWeights;
  /** Layers whose GELU has its factors in the weights. */
  readonly folded: ReadonlySet<LayerName>;
}

function stockForm(tf: AllTfjs, name: StockForm['name'], block: Block): StockForm {
  const {spec, weights} = block;
  const constants = new Constants(tf);
  const spatialConv = {depthwise, split: splitConv, gather: gatherConv, 'zero-filled': zeroFilledConv}[name];
  const layers: Partial<Record<LayerName, Layer>> = {};
  for (const {layer, depth, outputs} of paramsLayout(spec).sections)
    layers[layer] =
      layer === 'spatial'
        ? spatialConv(constants, block)
        : pointwise(constants, weights[layer]!, {inputs: depth, outputs, activation: activationAfter(block, layer)});
  const {squeezeExcite, residual} = spec;
  const late = squeezeExcite?.beforeActivation === true;
  const excite =
    squeezeExcite === null
      ? []
      : [
          squeezeAndExcite(tf, layers.seReduce!, layers.seExpand!),
          ...(late ? [activation(constants, spec.spatialActivation, weights.spatial)] : []),
        ];
  const body =
    spec.order === 'conv-first'
      ? [layers.spatial!, layerNorm(tf, spec), layers.expand!, responseNorm(constants, spec, weights)]
      : [...(spec.order === 'separable' ? [] : [layers.expand!]), layers.spatial!, ...excite];
  const last = residual ? [activation(constants, spec.outputActivation, weights.project)] : [];
  return {
    name,
    run: (x) =>
      tf.tidy(() => {
        const y = [...body, layers.project!].reduce((value, layer) => layer(value), x);
        return last.reduce<Tensor4D>((value, layer) => layer(value), residual ? tf.add(y, x) : y);
      }),
    dispose: () => {
      constants.dispose();
    },
  };
}

/** The tensors of a form, made once. */
class Constants {
  private readonly made: (Tensor1D | Tensor4D)[] = [];

  constructor(readonly tf: AllTfjs) {}

  filter(values: Float32Array, shape: [number, number, number, number]): Tensor4D {
    const tensor = this.tf.tensor4d(values, shape);
    this.made.push(tensor);
    return tensor;
  }

  bias(values: Float32Array | undefined, outputs: number): Tensor1D {
    const tensor = this.tf.tensor1d(values ?? new Float32Array(outputs));
    this.made.push(tensor);
    return tensor;
  }

  /** With a size of one for height and width, as a PReLU layer shares them. */
  slopes(values: Float32Array): Tensor4D {
    return this.filter(values, [1, 1, 1, values.length]);
  }

  indices(values: Int32Array): Tensor1D {
    const tensor = this.tf.tensor1d(values, 'int32');
    this.made.push(tensor);
    return tensor;
  }

  dispose(): void {
    for (const tensor of this.made) tensor.dispose();
  }
}

/**
 * GELU is √½·t·(1 + erf t) of t = √½·x: both factors go into the weights before and after it, so that three kernels are left.
 */
function foldGelu(spec: BlockSpec, weights: BlockWeights): Block {
  const {squeezeExcite, responseNorm} = spec;
  const layers: Partial<Record<LayerName, LayerWeights>> = {...weights};
  const folded = new Set<LayerName>();
  const order = layerNames(spec);
  for (const [i, name] of order.entries()) {
    const next = order[i + 1];
    // The mean that squeeze-and-excite takes is of the values themselves, as is a LayerNorm's epsilon.
    const isKept = name === 'spatial' && (squeezeExcite !== null || spec.layerNormEpsilon !== null);
    if (activationAfter({spec, folded}, name) !== 'gelu' || next === undefined || isKept) continue;
    const layer = layers[name]!;
    layers[name] = {weights: timesRootHalf(layer.weights), bias: layer.bias && timesRootHalf(layer.bias)};
    layers[next] = {...layers[next]!, weights: timesRootHalf(layers[next]!.weights)};
    folded.add(name);
  }
  // What it takes the norm of is then √2 as large.
  const scaled =
    responseNorm !== null && spec.hiddenActivation === 'gelu'
      ? {epsilon: responseNorm.epsilon * Math.SQRT2, normEpsilon: responseNorm.normEpsilon * 2}
      : responseNorm;
  return {spec: blockSpec({...spec, responseNorm: scaled}), weights: {...weights, ...layers}, folded};
}

/** The activation that follows a layer at once. */
function activationAfter({spec, folded}: Omit<Block, 'weights'>, layer: LayerName): StockActivation {
  const {squeezeExcite} = spec;
  if (folded.has(layer)) return 'folded-gelu';
  switch (layer) {
    case 'spatial':
      return squeezeExcite?.beforeActivation === true ? 'linear' : spec.spatialActivation;
    case 'expand':
      return spec.hiddenActivation;
    case 'seReduce':
      return squeezeExcite!.activation;
    case 'seExpand':
      return squeezeExcite!.gate;
    case 'project':
      return spec.residual ? 'linear' : spec.outputActivation;
    default:
      return layer satisfies never;
  }
}

/** √½ times the values: two of them make one half. */
const timesRootHalf = (values: Float32Array): Float32Array => values.map((value) => value * Math.SQRT1_2);

function pointwise(
  constants: Constants,
  layer: LayerWeights,
  {inputs, outputs, activation: after}: {inputs: number; outputs: number; activation: StockActivation},
): Layer {
  const {tf} = constants;
  const filter = constants.filter(layer.weights, [1, 1, inputs, outputs]);
  const bias = constants.bias(layer.bias, outputs);
  const {rest, ...fused} = splitActivation(constants, after, layer);
  return (x) => rest(tf.fused.conv2d({x, filter, bias, strides: 1, pad: 'valid', ...fused}));
}

function depthwise(constants: Constants, block: Block): Layer {
  const {
    spec,
    weights: {spatial: layer},
  } = block;
  const {tf} = constants;
  const channels = spatialChannels(spec);
  const filter = constants.filter(layer.weights, [...spec.kernelSize, channels, 1]);
  const bias = constants.bias(layer.bias, channels);
  const {rest, ...fused} = splitActivation(constants, activationAfter(block, 'spatial'), layer);
  // Its type leaves explicit padding out; the op does not.
  const options = {strides: spec.stride, pad: pad(spec) as 'same', ...fused} as const;
  return (x) => rest(tf.fused.depthwiseConv2d({x, filter, bias, ...options}));
}

/** Split → one dense conv a group → Concat: what a converter writes. */
function splitConv(constants: Constants, block: Block): Layer {
  const groups = spatialChannels(block.spec) / block.spec.groupWidth;
  return convByGroups(constants, {block, partsOf: (x) => constants.tf.split(x, groups, 3)});
}

/** The same with a GatherV2 a group: stock wasm copies the whole image for each slice of a Split. */
function gatherConv(constants: Constants, block: Block): Layer {
  const {tf} = constants;
  const {spec} = block;
  const {groupWidth} = spec;
  const channels = Array.from({length: spatialChannels(spec) / groupWidth}, (_, group) =>
    constants.indices(Int32Array.from({length: groupWidth}, (_, i) => group * groupWidth + i)),
  );
  return convByGroups(constants, {block, partsOf: (x) => channels.map((indices) => tf.gather(x, indices, 3))});
}

interface GroupedConv {
  readonly block: Block;
  /** Takes the image apart, a tensor a group. */
  readonly partsOf: (x: Tensor4D) => Tensor4D[];
}

function convByGroups(constants: Constants, {block, partsOf}: GroupedConv): Layer {
  const {tf} = constants;
  const {
    spec,
    weights: {spatial: layer},
  } = block;
  const {groupWidth, kernelSize} = spec;
  const channels = spatialChannels(spec);
  const groups = Array.from({length: channels / groupWidth}, (_, group) => {
    const first = group * groupWidth;
    const taps = Array.from({length: layer.weights.length / channels}, (_, tap) =>
      layer.weights.subarray(tap * channels + first, tap * channels + first + groupWidth),
    );
    return {
      filter: constants.filter(concatenated(taps), [...kernelSize, groupWidth, groupWidth]),
      bias: constants.bias(layer.bias?.slice(first, first + groupWidth), groupWidth),
    };
  });
  const {rest, ...fused} = splitActivation(constants, activationAfter(block, 'spatial'), layer);
  const options = {strides: spec.stride, pad: pad(spec), ...fused} as const;
  return (x) => {
    const parts = partsOf(x);
    const convolved = groups.map((group, i) => tf.fused.conv2d({x: parts[i]!, ...group, ...options}));
    return rest(tf.concat(convolved, 3));
  };
}

/** One dense conv whose filter is zero outside the groups. */
function zeroFilledConv(constants: Constants, block: Block): Layer {
  const {
    spec,
    weights: {spatial: layer},
  } = block;
  const {tf} = constants;
  const {groupWidth, kernelSize} = spec;
  const channels = spatialChannels(spec);
  const dense = new Float32Array(kernelSize[0] * kernelSize[1] * channels * channels);
  for (const [i, value] of layer.weights.entries()) {
    const output = i % channels;
    const row = (i - output) / channels;
    const input = output - (output % groupWidth) + (row % groupWidth);
    const tap = Math.floor(row / groupWidth);
    dense[(tap * channels + input) * channels + output] = value;
  }
  const filter = constants.filter(dense, [...kernelSize, channels, channels]);
  const bias = constants.bias(layer.bias, channels);
  const {rest, ...fused} = splitActivation(constants, activationAfter(block, 'spatial'), layer);
  const options = {strides: spec.stride, pad: pad(spec), ...fused} as const;
  return (x) => rest(tf.fused.conv2d({x, filter, bias, ...options}));
}

function layerNorm(tf: AllTfjs, {layerNormEpsilon}: BlockSpec): Layer {
  if (layerNormEpsilon === null) return (x) => x;
  return (x) => {
    const centred = tf.sub(x, tf.mean(x, 3, true));
    const variance = tf.mean(tf.square(centred), 3, true);
    return tf.mul(centred, tf.rsqrt(tf.add(variance, layerNormEpsilon)));
  };
}

function squeezeAndExcite(tf: AllTfjs, reduce: Layer, expand: Layer): Layer {
  return (x) => tf.mul(x, expand(reduce(tf.mean(x, [1, 2], true))));
}

function responseNorm(constants: Constants, spec: BlockSpec, weights: BlockWeights): Layer {
  const {tf} = constants;
  if (spec.responseNorm === null) return (x) => x;
  const {epsilon, normEpsilon} = spec.responseNorm;
  const scale = constants.bias(weights.responseNorm!.scale, spec.hiddenChannels);
  return (x) => {
    const norm = tf.sqrt(tf.add(tf.sum(tf.square(x), [1, 2], true), normEpsilon));
    const factors: Tensor4D = tf.mul(tf.div(norm, tf.add(tf.mean(norm, 3, true), epsilon)), scale);
    return tf.mul(x, tf.add(factors, 1));
  };
}

/** An activation that no conv can take in. */
function activation(constants: Constants, kind: StockActivation, {slopes}: LayerWeights): Layer {
  const {tf} = constants;
  switch (kind) {
    case 'linear':
    case 'relu':
    case 'relu6':
    case 'silu':
    case 'gelu':
    case 'sigmoid':
      return (x) => stockActivation(x, kind);
    case 'prelu': {
      const alpha = constants.slopes(slopes!);
      return (x) => tf.prelu<Tensor4D>(x, alpha);
    }
    case 'folded-gelu':
      return (t) => tf.mul(t, tf.add(tf.erf(t), 1));
    case 'hard-swish':
      return (x) => tf.mul(x, tf.clipByValue(tf.add(tf.mul(x, 1 / 6), 0.5), 0, 1));
    case 'hard-sigmoid':
      return (x) => tf.clipByValue(tf.add<Tensor4D>(tf.mul(x, 1 / 6), 0.5), 0, 1);
    case 'gelu-tanh':
    case 'elu':
      throw new BlockFusionError('invalid-spec', {
        where: 'bench',
        must: 'a stock form must be written for the activation',
        got: kind,
        fix: 'add it to bench/speed/stockForms.ts',
      });
    default:
      return kind satisfies never;
  }
}

interface SplitActivation {
  readonly activation: FusedActivation;
  readonly preluActivationWeights?: Tensor;
  /** What is left to other kernels. */
  readonly rest: Layer;
}

/** Which part of an activation a stock conv can take in. */
function splitActivation(constants: Constants, kind: StockActivation, {slopes}: LayerWeights): SplitActivation {
  if (kind === 'linear' || kind === 'relu' || kind === 'relu6') return {activation: kind, rest: (x) => x};
  if (kind === 'prelu') {
    const preluActivationWeights = constants.slopes(slopes!);
    return {activation: kind, preluActivationWeights, rest: (x) => x};
  }
  return {activation: 'linear', rest: activation(constants, kind, {weights: new Float32Array(0)})};
}

function pad({padding}: BlockSpec): 'same' | 'valid' | TfjsPadding {
  if (typeof padding === 'string') return padding;
  const {top, right, bottom, left} = padding;
  const images = [0, 0] as [number, number];
  const channels = images;
  return [images, [top, bottom], [left, right], channels];
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}
