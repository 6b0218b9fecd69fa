/** Layers of Keras image networks after conversion: each conv's BatchNorm is folded into its weights and bias. */
import {elements, type GraphBuilder, type Value} from '../graphBuilder.ts';
import type {Weights} from '../seededWeights.ts';
import {
  conv2D,
  depthwiseConv2D,
  elementwise,
  fusedMatMul,
  maxPool,
  type PaddingName,
  pad,
  reduce,
  reshape,
  sizes,
} from './nodes.ts';

/** ReLUs are fused into the conv's node; SiLU stays beside it, as Sigmoid and Mul, and so does hard-swish. */
export type ImageActivation = 'linear' | 'relu' | 'relu6' | 'silu' | 'hard-swish';

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
  /** Whether a BatchNorm follows, whose shift becomes the conv's bias; else the conv has a bias of its own. Default true. */
  readonly norm?: boolean;
}

export interface Excite {
  readonly layer: string;
  /** Channels between the two layers of the gate. */
  readonly squeezed: number;
  /** `sigmoid`: as EfficientNet has it, with SiLU before it; `hard-sigmoid`: as MobileNetV3 has it, with ReLU. */
  readonly gate: 'sigmoid' | 'hard-sigmoid';
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
    const {layer, kernel, stride = 1, outputs, groupWidth = x.shape[3]!, activation, norm = true} = conv;
    const depthwise = groupWidth === 1;
    const scope = `${this.#root}/${layer}`;
    const op = depthwise ? 'depthwise' : 'Conv2D';
    const weightsName = norm ? `${op}_weights` : `${op}/ReadVariableOp`;
    const biasName = norm ? `${op}_bn_offset` : 'BiasAdd/ReadVariableOp';
    const shape = depthwise ? [kernel, kernel, outputs, 1] : [kernel, kernel, groupWidth, outputs];
    const fields = {length: elements(shape), fanIn: kernel * kernel * groupWidth, gain: gainOf(conv)};
    const filter = this.#graph.floats(`${scope}/${weightsName}`, shape, this.#weights.kernel(layer, fields));
    const bias = this.#graph.floats(`${scope}/${biasName}`, [outputs], this.#weights.bias(layer, outputs));

    const explicit = stride > 1 && conv.strideBy === 'pad';
    const input = explicit ? this.#padForStride(x, layer, kernel) : x;
    const padding: PaddingName = explicit || kernel === 1 ? 'VALID' : 'SAME';
    const common = {x: input, filter, bias, stride, padding, activation: FUSED[activation]};
    const linear = depthwise
      ? depthwiseConv2D(this.#graph, {...common, name: `${scope}/depthwise`})
      : conv2D(this.#graph, {...common, name: `${this.#root}/${nodeName(conv)}`});
    if (activation === 'hard-swish') return this.#hardSwish(linear);
    return activation === 'silu' ? this.#silu(linear, layer) : linear;
  }

  /** Squeeze-and-excite: every channel times a gate that two layers make of all channels' averages. */
  excite(x: Value, {layer, squeezed, gate}: Excite): Value {
    const hard = gate === 'hard-sigmoid';
    const pooled = this.average(x, `${layer}_squeeze`, {keepDims: hard});
    const fields = {kernel: 1, norm: false, gain: GATE_GAIN};
    const inner = this.conv(hard ? pooled : this.#pixel(pooled, `${layer}_reshape`), {
      ...fields,
      layer: `${layer}_reduce`,
      outputs: squeezed,
      activation: hard ? 'relu' : 'silu',
    });
    const linear = this.conv(inner, {
      ...fields,
      layer: `${layer}_expand`,
      outputs: x.shape[3]!,
      activation: 'linear',
      after: hard ? 'relu' : 'silu',
    });
    const name = `${this.#root}/${layer}_excite/mul`;
    if (hard) return elementwise(this.#graph, 'Mul', name, this.#sixth(this.#relu6OfThreeMore(linear)), x);
    const gates = elementwise(this.#graph, 'Sigmoid', `${this.#root}/${layer}_expand/Sigmoid`, linear);
    return elementwise(this.#graph, 'Mul', name, x, gates);
  }

  add(x: Value, y: Value, layer: string): Value {
    return elementwise(this.#graph, 'AddV2', `${this.#root}/${layer}/add`, x, y);
  }

  /** A ReLU that is a node of its own, as after a sum. */
  relu(x: Value, layer: string): Value {
    return elementwise(this.#graph, 'Relu', `${this.#root}/${layer}/Relu`, x);
  }

  /** The largest of 2×2 pixels. */
  maxPool(x: Value, layer: string): Value {
    return maxPool(this.#graph, {name: `${this.#root}/${layer}/MaxPool`, x, size: 2});
  }

  /** So many channels of zeros after those of x. */
  padChannels(x: Value, layer: string, more: number): Value {
    return pad(this.#graph, `${this.#root}/${layer}/Pad`, x, [...Array<[number, number]>(3).fill([0, 0]), [0, more]]);
  }

  /** The average over an image: `[n, c]`, or `[n, 1, 1, c]` where it keeps its dims. */
  average(x: Value, layer: string, {keepDims}: {keepDims: boolean}): Value {
    return reduce(this.#graph, {op: 'Mean', name: `${this.#root}/${layer}/Mean`, x, axes: [1, 2], keepDims});
  }

  /** A Reshape to sizes that are known but for the batch. */
  reshape(x: Value, layer: string, rest: readonly number[]): Value {
    const to = this.#graph.ints(`${this.#root}/${layer}/Const`, [-1, ...rest]);
    return reshape(this.#graph, {name: `${this.#root}/${layer}/Reshape`, x, to, shape: [x.shape[0]!, ...rest]});
  }

  /** Global average and a dense layer: the logits. */
  classifier(x: Value, classes: number): Value {
    const layer = 'predictions';
    const scope = `${this.#root}/${layer}`;
    const inputs = x.shape[3]!;
    const features = this.average(x, 'global_average_pooling2d', {keepDims: false});
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

  /** (v/6)·relu6(v + 3). */
  #hardSwish(x: Value): Value {
    const sixth = this.#sixth(x);
    const name = `${this.#graph.fresh(`${this.#root}/multiply`)}/mul`;
    return elementwise(this.#graph, 'Mul', name, sixth, this.#relu6OfThreeMore(x));
  }

  #sixth(x: Value): Value {
    const name = `${this.#graph.fresh(`${this.#root}/tf.math.multiply`)}/Mul`;
    return elementwise(this.#graph, 'Mul', name, this.#graph.float(`${name}/y`, 1 / 6), x);
  }

  #relu6OfThreeMore(x: Value): Value {
    const scope = this.#graph.fresh(`${this.#root}/tf.__operators__.add`);
    const more = elementwise(this.#graph, 'AddV2', `${scope}/AddV2`, x, this.#graph.float(`${scope}/y`, 3));
    return elementwise(this.#graph, 'Relu6', `${this.#graph.fresh(`${this.#root}/re_lu`)}/Relu6`, more);
  }

  /** Keras's Reshape layer, `[n, c]` to `[n, 1, 1, c]`: with an open batch the graph asks for the batch at run time. */
  #pixel(x: Value, layer: string): Value {
    const graph = this.#graph;
    const named = (name: string): string => `${this.#root}/${layer}/${name}`;
    const [batch, channels] = x.shape as [number, number];
    const shape = [batch, 1, 1, channels];
    const reshaped = {name: named('Reshape'), x, shape};
    if (batch !== -1) return reshape(graph, {...reshaped, to: graph.ints(named('Reshape/shape'), shape)});
    const all = sizes(graph, {op: 'Shape', name: named('Shape'), inputs: [x], count: 2});
    const range = [0, 1, 1].map((value, i) =>
      graph.ints(named(`strided_slice/stack${i === 0 ? '' : `_${i}`}`), [value]),
    );
    const first = sizes(graph, {op: 'StridedSlice', name: named('strided_slice'), inputs: [all, ...range]});
    const rest = [1, 1, channels].map((size, i) => graph.int(named(`Reshape/shape/${i + 1}`), size));
    const to = sizes(graph, {op: 'Pack', name: named('Reshape/shape'), inputs: [first, ...rest], count: 4});
    return reshape(graph, {...reshaped, to});
  }

  /** Keras's correct_pad: one row fewer on top and left where the size is even. */
  #padForStride(x: Value, layer: string, kernel: number): Value {
    const after = Math.floor(kernel / 2);
    const sides = (size: number): readonly [number, number] => [after - ((size + 1) % 2), after];
    const axes = [[0, 0], sides(x.shape[1]!), sides(x.shape[2]!), [0, 0]] as const;
    return pad(this.#graph, `${this.#root}/${layer}_pad/Pad`, x, axes);
  }
}

const FUSED = {linear: undefined, relu: 'Relu', relu6: 'Relu6', silu: undefined, 'hard-swish': undefined} as const;

/** By how much weights must be larger for the mean square that an activation takes away. */
const ACTIVATION_GAIN = {
  linear: 1,
  relu: Math.SQRT2,
  relu6: Math.SQRT2,
  silu: 1.68,
  'hard-swish': Math.sqrt(3),
} as const;

/** The same for the average over an image: most of what random weights make cancels out. */
export const AVERAGE_GAIN = 2;

/** A gate's two layers: averages are small, and a gate that is ½ whatever they are would hide a fault in it. */
const GATE_GAIN = 2;

function gainOf({after = 'linear', gain = 1}: ImageConv): number {
  return gain * ACTIVATION_GAIN[after];
}

function nodeName({layer, activation, norm = true}: ImageConv): string {
  const fused = FUSED[activation];
  if (fused !== undefined) return `${layer}_relu/${fused}`;
  return norm ? `${layer}_BN/FusedBatchNormV3` : `${layer}/BiasAdd`;
}
