/**
 * A block in the best forms that stock tfjs has, written by hand: the side that a fused block is measured against. Biases and
 * the activations that stock can fuse are fused, constant factors are folded into weights, and all tensors are ready before.
 * A grouped conv has several forms, since stock tfjs has no grouped kernel; which one is fastest depends on the shape.
 */
import type {backend_util, Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {type Activation, type BlockSpec, spatialChannels} from '../../ops/block.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import type {BlockWeights, LayerWeights} from '../../ops/packParams.ts';
import type {AllTfjs} from '../../src/run/allTfjs.ts';

export interface StockForm {
  readonly name: 'depthwise' | 'split' | 'gather' | 'zero-filled';
  run(x: Tensor4D): Tensor4D;
  dispose(): void;
}

type Layer = (x: Tensor4D) => Tensor4D;
type TfjsPadding = backend_util.ExplicitPadding;
type FusedActivation = 'linear' | 'relu' | 'relu6';

/** Returns every form in which stock tfjs can run the block. */
export function stockForms(tf: AllTfjs, spec: BlockSpec, weights: BlockWeights): StockForm[] {
  const names: StockForm['name'][] = spec.groupWidth === 1 ? ['depthwise'] : ['split', 'gather', 'zero-filled'];
  return names.map((name) => stockForm(tf, name, {spec, weights: foldGelu(spec, weights)}));
}

interface Block {
  readonly spec: BlockSpec;
  readonly weights: BlockWeights;
}

function stockForm(tf: AllTfjs, name: StockForm['name'], {spec, weights}: Block): StockForm {
  const constants = new Constants(tf);
  const spatialConv = {depthwise, split: splitConv, gather: gatherConv, 'zero-filled': zeroFilledConv}[name];
  const expand = pointwise(constants, weights.expand, {
    inputs: spec.inChannels,
    outputs: spec.hiddenChannels,
    activation: spec.hiddenActivation,
  });
  const spatial = spatialConv(constants, weights.spatial, spec);
  const project = pointwise(constants, weights.project, {
    inputs: spec.hiddenChannels,
    outputs: spec.outChannels,
    activation: 'linear',
  });
  const layers = spec.order === 'conv-first' ? [spatial, layerNorm(tf, spec), expand] : [expand, spatial];
  const body = [...layers, project];
  return {
    name,
    run: (x) =>
      tf.tidy(() => {
        const y = body.reduce((value, layer) => layer(value), x);
        return spec.residual ? tf.add(y, x) : y;
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
function foldGelu(spec: BlockSpec, weights: BlockWeights): BlockWeights {
  const order = spec.order === 'conv-first' ? (['spatial', 'expand'] as const) : (['expand', 'spatial'] as const);
  const after = {spatial: spec.spatialActivation, expand: spec.hiddenActivation};
  const folded = {...weights};
  for (const [i, layer] of order.entries()) {
    if (after[layer] !== 'gelu') continue;
    const next = order[i + 1] ?? 'project';
    folded[layer] = {
      weights: timesRootHalf(folded[layer].weights),
      bias: folded[layer].bias && timesRootHalf(folded[layer].bias),
    };
    folded[next] = {...folded[next], weights: timesRootHalf(folded[next].weights)};
  }
  return folded;
}

/** √½ times the values: two of them make one half. */
const timesRootHalf = (values: Float32Array): Float32Array => values.map((value) => value * Math.SQRT1_2);

function pointwise(
  constants: Constants,
  layer: LayerWeights,
  {inputs, outputs, activation}: {inputs: number; outputs: number; activation: Activation},
): Layer {
  const {tf} = constants;
  const filter = constants.filter(layer.weights, [1, 1, inputs, outputs]);
  const bias = constants.bias(layer.bias, outputs);
  const {fused, rest} = splitActivation(tf, activation);
  return (x) => rest(tf.fused.conv2d({x, filter, bias, strides: 1, pad: 'valid', activation: fused}));
}

function depthwise(constants: Constants, layer: LayerWeights, spec: BlockSpec): Layer {
  const {tf} = constants;
  const channels = spatialChannels(spec);
  const filter = constants.filter(layer.weights, [...spec.kernelSize, channels, 1]);
  const bias = constants.bias(layer.bias, channels);
  const {fused, rest} = splitActivation(tf, spec.spatialActivation);
  // Its type leaves explicit padding out; the op does not.
  const options = {strides: spec.stride, pad: pad(spec) as 'same', activation: fused} as const;
  return (x) => rest(tf.fused.depthwiseConv2d({x, filter, bias, ...options}));
}

/** Split → one dense conv a group → Concat: what a converter writes. */
function splitConv(constants: Constants, layer: LayerWeights, spec: BlockSpec): Layer {
  const groups = spatialChannels(spec) / spec.groupWidth;
  return convByGroups(constants, {layer, spec, partsOf: (x) => constants.tf.split(x, groups, 3)});
}

/** The same with a GatherV2 a group: stock wasm copies the whole image for each slice of a Split. */
function gatherConv(constants: Constants, layer: LayerWeights, spec: BlockSpec): Layer {
  const {tf} = constants;
  const {groupWidth} = spec;
  const channels = Array.from({length: spatialChannels(spec) / groupWidth}, (_, group) =>
    constants.indices(Int32Array.from({length: groupWidth}, (_, i) => group * groupWidth + i)),
  );
  return convByGroups(constants, {layer, spec, partsOf: (x) => channels.map((indices) => tf.gather(x, indices, 3))});
}

interface GroupedConv {
  readonly layer: LayerWeights;
  readonly spec: BlockSpec;
  /** Takes the image apart, a tensor a group. */
  readonly partsOf: (x: Tensor4D) => Tensor4D[];
}

function convByGroups(constants: Constants, {layer, spec, partsOf}: GroupedConv): Layer {
  const {tf} = constants;
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
  const {fused, rest} = splitActivation(tf, spec.spatialActivation);
  const options = {strides: spec.stride, pad: pad(spec), activation: fused} as const;
  return (x) => {
    const parts = partsOf(x);
    const convolved = groups.map((group, i) => tf.fused.conv2d({x: parts[i]!, ...group, ...options}));
    return rest(tf.concat(convolved, 3));
  };
}

/** One dense conv whose filter is zero outside the groups. */
function zeroFilledConv(constants: Constants, layer: LayerWeights, spec: BlockSpec): Layer {
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
  const {fused, rest} = splitActivation(tf, spec.spatialActivation);
  const options = {strides: spec.stride, pad: pad(spec), activation: fused} as const;
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

/** Which part of an activation a stock conv can take in, and what is left to other kernels. */
function splitActivation(tf: AllTfjs, activation: Activation): {fused: FusedActivation; rest: Layer} {
  switch (activation) {
    case 'linear':
    case 'relu':
    case 'relu6':
      return {fused: activation, rest: (x) => x};
    case 'silu':
      return {fused: 'linear', rest: (x) => tf.mul(x, tf.sigmoid(x))};
    case 'gelu': // its factors are in the weights: foldGelu
      return {fused: 'linear', rest: (t) => tf.mul(t, tf.add(tf.erf(t), 1))};
    case 'gelu-tanh':
    case 'hard-swish':
    case 'sigmoid':
    case 'elu':
      throw new BlockFusionError('invalid-spec', {
        where: 'bench',
        must: 'a stock form must be written for the activation',
        got: activation,
        fix: 'add it to bench/speed/stockForms.ts',
      });
    default:
      return activation satisfies never;
  }
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
