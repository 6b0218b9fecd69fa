/** ConvNeXt as PyTorch models come by ONNX and onnx2tf: 1×1 convs for pointwise layers, constants called `unknown`. */
import {elements, type GraphBuilder, type Value} from '../graphBuilder.ts';
import type {Draw, Weights} from '../seededWeights.ts';
import {geluByErf, layerNormByMoments} from './byMoments.ts';
import {conv2D, depthwiseConv2D, elementwise, fusedMatMul, type PaddingName, reduce, reshape} from './nodes.ts';
import {type ConvNeXtParts, DEPTHWISE_SIZE} from './parts.ts';

export class Onnx2TfConvNeXt implements ConvNeXtParts {
  readonly #graph: GraphBuilder;
  readonly #weights: Weights;
  #depthwiseConvs = 0;

  constructor(graph: GraphBuilder, weights: Weights) {
    this.#graph = graph;
    this.#weights = weights;
  }

  patchify(x: Value, layer: string, {patch, width}: {patch: number; width: number}): Value {
    return this.#conv(x, layer, {kernel: patch, stride: patch, outputs: width, padding: 'VALID'});
  }

  /** The first one of a model comes as a grouped conv, all others as depthwise ones. */
  depthwise(x: Value, layer: string): Value {
    const channels = x.shape[3]!;
    const side = DEPTHWISE_SIZE;
    const kernel = this.#weights.kernel(layer, {length: side * side * channels, fanIn: side * side});
    const common = {x, padding: 'SAME'} as const;
    if (this.#depthwiseConvs++ === 0) {
      const name = this.#fresh('tf.nn.convolution');
      const filter = this.#graph.floats(`${name}/convolution/ReadVariableOp`, [side, side, 1, channels], kernel);
      return conv2D(this.#graph, {...common, name: this.#op('add', 'Add'), filter, bias: this.#bias(layer, channels)});
    }
    const filter = this.#unknown([side, side, channels, 1], kernel);
    const name = `${this.#fresh('tf.compat.v1.nn.depthwise_conv2d')}/depthwise`;
    return depthwiseConv2D(this.#graph, {...common, name, filter, bias: this.#bias(layer, channels)});
  }

  layerNorm(x: Value, layer: string): Value {
    const channels = x.shape.at(-1)!;
    const affine = {scale: this.#weights.normScale(layer, channels), offset: this.#weights.bias(layer, channels)};
    return layerNormByMoments(this.#graph, this.#fresh('layer_normalization'), x, affine);
  }

  pointwise(x: Value, layer: string, outputs: number): Value {
    return this.#conv(x, layer, {kernel: 1, stride: 1, outputs, padding: 'SAME'});
  }

  gelu(x: Value): Value {
    return geluByErf(this.#graph, x, {
      half: this.#op('multiply', 'Mul'),
      halfConstant: this.#graph.fresh('unknown'),
      scaled: this.#op('divide', 'truediv'),
      erf: this.#op('erf', 'Erf'),
      onePlus: this.#op('add', 'Add'),
      oneConstant: this.#graph.fresh('unknown'),
      product: this.#op('multiply', 'Mul'),
    });
  }

  layerScale(x: Value, layer: string): Value {
    const channels = x.shape[3]!;
    const name = this.#op('multiply', 'Mul');
    const scale = this.#graph.floats(`${name}/y`, [1, 1, 1, channels], this.#weights.layerScale(layer, channels));
    return elementwise(this.#graph, 'Mul', name, x, scale);
  }

  add(x: Value, y: Value): Value {
    return elementwise(this.#graph, 'AddV2', this.#op('add', 'Add'), x, y);
  }

  globalAverage(x: Value): Value {
    const name = this.#op('reduce_mean', 'Mean');
    const mean = reduce(this.#graph, {op: 'Mean', name, x, axes: [1, 2], keepDims: true});
    const shape = [x.shape[0]!, x.shape[3]!];
    const to = this.#graph.ints(`${ROOT}/tf.reshape/Reshape/shape`, shape);
    return reshape(this.#graph, {name: `${ROOT}/tf.reshape/Reshape`, x: mean, to, shape});
  }

  classifier(x: Value, layer: string, classes: number): Value {
    const inputs = x.shape[1]!;
    const kernel = this.#weights.kernel(layer, {length: inputs * classes, fanIn: inputs});
    const weights = this.#unknown([inputs, classes], kernel);
    return fusedMatMul(this.#graph, {name: `${ROOT}/logits/AddV2`, x, weights, bias: this.#bias(layer, classes)});
  }

  #conv(
    x: Value,
    layer: string,
    {kernel, stride, outputs, padding}: {kernel: number; stride: number; outputs: number; padding: PaddingName},
  ): Value {
    const shape = [kernel, kernel, x.shape[3]!, outputs];
    const fanIn = elements(shape) / outputs;
    const filter = this.#unknown(shape, this.#weights.kernel(layer, {length: elements(shape), fanIn}));
    const bias = this.#bias(layer, outputs);
    return conv2D(this.#graph, {name: this.#op('add', 'Add'), x, filter, bias, stride, padding});
  }

  #bias(layer: string, outputs: number): Value {
    return this.#unknown([outputs], this.#weights.bias(layer, outputs));
  }

  #unknown(shape: readonly number[], values: Draw): Value {
    return this.#graph.floats(this.#graph.fresh('unknown'), shape, values);
  }

  #op(kind: string, op: string): string {
    return `${this.#fresh(`tf.math.${kind}`)}/${op}`;
  }

  #fresh(name: string): string {
    return this.#graph.fresh(`${ROOT}/${name}`);
  }
}

const ROOT = 'StatefulPartitionedCall/model';
