/** Layers of Keras image networks after conversion: each conv's BatchNorm is folded into its weights and bias. */
import {elements, type GraphBuilder, type Value} from '../graphBuilder.ts';
import type {Weights} from '../seededWeights.ts';
import {conv2D, depthwiseConv2D, elementwise, fusedMatMul, type PaddingName, pad, reduce} from './nodes.ts';

/** ReLUs are fused into the conv's node; SiLU stays beside it, as Sigmoid and Mul. */
export type ImageActivation = 'linear' | 'relu' | 'relu6' | 'silu';

export interface ImageConv {
  readonly layer: string;
  readonly kernel: number;
  readonly stride?: number;
  readonly outputs: number;
  /** Channels of a group; 1 makes a depthwise conv. Default: all in one group. */
  readonly groupWidth?: number;
  readonly activation: ImageActivation;
  /** The activation that x has gone through: it sets the scale of the weights. */
  readonly after?: ImageActivation;
  /** Scale of the output beside that of the input. Default 1. */
  readonly gain?: number;
  /** How a stride of 2 gets its zeros: by SAME, or by a Pad node of its own, as in MobileNetV2. Default 'same'. */
  readonly strideBy?: 'same' | 'pad';
}

export class KerasImageLayers {
  readonly #graph: GraphBuilder;
  readonly #weights: Weights;
  readonly #root: string;

  constructor(graph: GraphBuilder, weights: Weights, model: string) {
    this.#graph = graph;
    this.#weights = weights;
    this.#root = `StatefulPartitionedCall/${model}`;
  }

  /** A conv, its BatchNorm and its activation. */
  conv(x: Value, conv: ImageConv): Value {
    const {layer, kernel, stride = 1, outputs, groupWidth = x.shape[3]!, activation} = conv;
    const depthwise = groupWidth === 1;
    const scope = `${this.#root}/${layer}`;
    const op = depthwise ? 'depthwise' : 'Conv2D';
    const shape = depthwise ? [kernel, kernel, outputs, 1] : [kernel, kernel, groupWidth, outputs];
    const fields = {length: elements(shape), fanIn: kernel * kernel * groupWidth, gain: gainOf(conv)};
    const filter = this.#graph.floats(`${scope}/${op}_weights`, shape, this.#weights.kernel(layer, fields));
    const bias = this.#graph.floats(`${scope}/${op}_bn_offset`, [outputs], this.#weights.bias(layer, outputs));

    const explicit = stride > 1 && conv.strideBy === 'pad';
    const input = explicit ? this.#padForStride(x, layer, kernel) : x;
    const padding: PaddingName = explicit || kernel === 1 ? 'VALID' : 'SAME';
    const common = {x: input, filter, bias, stride, padding, activation: FUSED[activation]};
    const linear = depthwise
      ? depthwiseConv2D(this.#graph, {...common, name: `${scope}/depthwise`})
      : conv2D(this.#graph, {...common, name: `${this.#root}/${nodeName(layer, activation)}`});
    return activation === 'silu' ? this.#silu(linear, layer) : linear;
  }

  add(x: Value, y: Value, layer: string): Value {
    return elementwise(this.#graph, 'AddV2', `${this.#root}/${layer}/add`, x, y);
  }

  /** Global average and a dense layer: the logits. */
  classifier(x: Value, classes: number): Value {
    const layer = 'predictions';
    const scope = `${this.#root}/${layer}`;
    const inputs = x.shape[3]!;
    const name = `${this.#root}/global_average_pooling2d/Mean`;
    const features = reduce(this.#graph, {op: 'Mean', name, x, axes: [1, 2], keepDims: false});
    const fields = {length: inputs * classes, fanIn: inputs, gain: AVERAGE_GAIN};
    const weights = this.#graph.floats(
      `${scope}/MatMul/ReadVariableOp`,
      [inputs, classes],
      this.#weights.kernel(layer, fields),
    );
    const offsets = this.#weights.bias(layer, classes);
    const bias = this.#graph.floats(`${scope}/BiasAdd/ReadVariableOp`, [classes], offsets);
    return fusedMatMul(this.#graph, {name: `${scope}/BiasAdd`, x: features, weights, bias});
  }

  #silu(x: Value, layer: string): Value {
    const scope = `${this.#root}/${layer}_swish`;
    const sigmoid = elementwise(this.#graph, 'Sigmoid', `${scope}/Sigmoid`, x);
    return elementwise(this.#graph, 'Mul', `${scope}/mul_1`, x, sigmoid);
  }

  /** Keras's correct_pad: one row fewer on top and left where the size is even. */
  #padForStride(x: Value, layer: string, kernel: number): Value {
    const after = Math.floor(kernel / 2);
    const sides = (size: number): readonly [number, number] => [after - ((size + 1) % 2), after];
    const axes = [[0, 0], sides(x.shape[1]!), sides(x.shape[2]!), [0, 0]] as const;
    return pad(this.#graph, `${this.#root}/${layer}_pad/Pad`, x, axes);
  }
}

const FUSED = {linear: undefined, relu: 'Relu', relu6: 'Relu6', silu: undefined} as const;

/** By how much weights must be larger for the mean square that an activation takes away. */
const ACTIVATION_GAIN = {linear: 1, relu: Math.SQRT2, relu6: Math.SQRT2, silu: 1.68} as const;

/** The same for the average over an image: most of what random weights make cancels out. */
const AVERAGE_GAIN = 2;

function gainOf({after = 'linear', gain = 1}: ImageConv): number {
  return gain * ACTIVATION_GAIN[after];
}

function nodeName(layer: string, activation: ImageActivation): string {
  const fused = FUSED[activation];
  return fused === undefined ? `${layer}_BN/FusedBatchNormV3` : `${layer}_relu/${fused}`;
}
