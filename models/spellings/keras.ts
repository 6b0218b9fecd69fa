/** ConvNeXt as Keras 2 models come out of the converter: Dense layers on images become Tensordot chains. */
import {attr, elements, FLOAT, type GraphBuilder, type Value} from '../graphBuilder.ts';
import type {Weights} from '../seededWeights.ts';
import {geluByErf, layerNormByMoments} from './byMoments.ts';
import {conv2D, depthwiseConv2D, elementwise, fusedMatMul, matMul, reduce, reshape, sizes} from './nodes.ts';
import {type ConvNeXtParts, DEPTHWISE_SIZE} from './parts.ts';

export class KerasConvNeXt implements ConvNeXtParts {
  readonly #graph: GraphBuilder;
  readonly #weights: Weights;
  readonly #grouped: boolean;

  /** `grouped`: the depthwise conv is a Conv2D with as many groups as channels, as in keras.applications. */
  constructor(graph: GraphBuilder, weights: Weights, {grouped}: {grouped: boolean}) {
    this.#graph = graph;
    this.#weights = weights;
    this.#grouped = grouped;
  }

  patchify(x: Value, layer: string, {patch, width}: {patch: number; width: number}): Value {
    const channels = x.shape[3]!;
    const shape = [patch, patch, channels, width];
    const kernel = this.#weights.kernel(layer, {length: elements(shape), fanIn: patch * patch * channels});
    const filter = this.#graph.floats(`${scope(layer)}/Conv2D/ReadVariableOp`, shape, kernel);
    const bias = this.#bias(layer, width);
    const name = `${scope(layer)}/BiasAdd`;
    return conv2D(this.#graph, {name, x, filter, bias, stride: patch, padding: 'VALID'});
  }

  depthwise(x: Value, layer: string): Value {
    const channels = x.shape[3]!;
    const taps = DEPTHWISE_SIZE ** 2;
    const kernel = this.#weights.kernel(layer, {length: taps * channels, fanIn: taps});
    const filter = (name: string, shape: number[]): Value =>
      this.#graph.floats(`${scope(layer)}/${name}`, shape, kernel);
    const side = DEPTHWISE_SIZE;
    const common = {x, padding: 'SAME'} as const;
    if (this.#grouped)
      return conv2D(this.#graph, {
        ...common,
        name: `${scope(layer)}/BiasAdd`,
        filter: filter('ReadVariableOp', [side, side, 1, channels]),
        bias: this.#bias(layer, channels),
      });
    return depthwiseConv2D(this.#graph, {
      ...common,
      name: `${scope(layer)}/depthwise`,
      filter: filter('depthwise/ReadVariableOp', [side, side, channels, 1]),
      bias: this.#bias(layer, channels),
    });
  }

  layerNorm(x: Value, layer: string): Value {
    const channels = x.shape.at(-1)!;
    const scale = this.#weights.normScale(layer, channels);
    return layerNormByMoments(this.#graph, scope(layer), x, {scale, offset: this.#weights.bias(layer, channels)});
  }

  pointwise(x: Value, layer: string, outputs: number): Value {
    const product = x.shape[0] === -1 ? this.#tensordot(x, layer, outputs) : this.#staticTensordot(x, layer, outputs);
    return this.#graph.node({
      op: 'BiasAdd',
      name: `${scope(layer)}/BiasAdd`,
      inputs: [product, this.#bias(layer, outputs)],
      shape: product.shape,
      attrs: {data_format: attr.text('NHWC'), T: FLOAT},
    });
  }

  gelu(x: Value, layer: string): Value {
    const named = (name: string): string => `${scope(layer)}/Gelu/${name}`;
    return geluByErf(this.#graph, x, {
      half: named('mul'),
      halfConstant: named('mul/x'),
      scaled: named('truediv'),
      erf: named('Erf'),
      onePlus: named('add'),
      oneConstant: named('add/x'),
      product: named('mul_1'),
    });
  }

  /** ConvNeXt V2's global response norm: γ·(n / (mean n + ε))·x + β + x, n the channel's norm over the image. */
  responseNorm(x: Value, layer: string): Value {
    const graph = this.#graph;
    const channels = x.shape[3]!;
    const named = (name: string): string => `${scope(layer)}/${name}`;
    const factors = this.#weights.layerScale(layer, channels);
    const gamma = graph.floats(named('ReadVariableOp'), [channels], factors);
    const beta = graph.floats(named('add_1/ReadVariableOp'), [channels], this.#weights.bias(layer, channels));
    const squares = elementwise(graph, 'Square', named('norm/Square'), x);
    const sum = reduce(graph, {op: 'Sum', name: named('norm/Sum'), x: squares, axes: [1, 2], keepDims: true});
    const norm = elementwise(graph, 'Sqrt', named('norm/Sqrt'), sum);
    const mean = reduce(graph, {op: 'Mean', name: named('Mean'), x: norm, axes: -1, keepDims: true});
    const stable = elementwise(graph, 'AddV2', named('add'), mean, graph.float(named('add/y'), RESPONSE_NORM_EPSILON));
    const relative = elementwise(graph, 'RealDiv', named('truediv'), norm, stable);
    const scaled = elementwise(
      graph,
      'Mul',
      named('mul_1'),
      elementwise(graph, 'Mul', named('mul'), gamma, relative),
      x,
    );
    const attrs = {N: attr.int(2), T: FLOAT};
    const leaf = graph.node({op: 'AddN', name: named('add_2/leaf'), inputs: [scaled, x], shape: x.shape, attrs});
    return elementwise(graph, 'AddV2', named('add_2'), beta, leaf);
  }

  layerScale(x: Value, layer: string): Value {
    const channels = x.shape[3]!;
    const factors = this.#weights.layerScale(layer, channels);
    const scale = this.#graph.floats(`${scope(layer)}/mul/ReadVariableOp`, [channels], factors);
    return elementwise(this.#graph, 'Mul', `${scope(layer)}/mul`, x, scale);
  }

  add(x: Value, y: Value): Value {
    return elementwise(this.#graph, 'AddV2', `${this.#graph.fresh(`${ROOT}/tf.__operators__.add`)}/AddV2`, x, y);
  }

  globalAverage(x: Value, layer: string): Value {
    return reduce(this.#graph, {op: 'Mean', name: `${scope(layer)}/Mean`, x, axes: [1, 2], keepDims: false});
  }

  classifier(x: Value, layer: string, classes: number): Value {
    const weights = this.#matrix(`${scope(layer)}/MatMul/ReadVariableOp`, layer, [x.shape[1]!, classes]);
    return fusedMatMul(this.#graph, {name: `${scope(layer)}/BiasAdd`, x, weights, bias: this.#bias(layer, classes)});
  }

  /** With an open batch the image's shape is known only at run time: the chain computes it. */
  #tensordot(x: Value, layer: string, outputs: number): Value {
    const graph = this.#graph;
    const named = (name: string): string => `${scope(layer)}/Tensordot/${name}`;
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const weights = this.#matrix(named('ReadVariableOp'), layer, [channels, outputs]);

    const shape = sizes(graph, {op: 'Shape', name: named('Shape'), inputs: [x], count: 4});
    const gather = (name: string, indices: Value): Value => {
      const inputs = [shape, indices, graph.int(named(`${name}/axis`), 0)];
      return sizes(graph, {op: 'GatherV2', name: named(name), inputs, count: indices.shape[0]!});
    };
    const product = (name: string, ...inputs: Value[]): Value => sizes(graph, {op: 'Prod', name: named(name), inputs});
    const last = gather('GatherV2_1', graph.ints(named('axes'), [3]));
    const free = gather('GatherV2', graph.ints(named('free'), [0, 1, 2]));
    const depth = product('Prod_1', last, graph.ints(named('Const_1'), [0]));
    const rows = product('Prod', free, graph.ints(named('Const'), [0]));
    const tail = [graph.ints(named('Const_2'), [outputs]), graph.int(named('concat_1/axis'), 0)];
    const outShape = sizes(graph, {op: 'ConcatV2', name: named('concat_1'), inputs: [free, ...tail], count: 4});
    const matrixShape = sizes(graph, {op: 'Pack', name: named('stack'), inputs: [rows, depth], count: 2});

    const matrix = reshape(graph, {name: named('Reshape'), x, to: matrixShape, shape: [-1, channels]});
    const rowsOut = matMul(graph, {name: named('MatMul'), x: matrix, weights, rows: height * width});
    const name = `${scope(layer)}/Tensordot`;
    return reshape(graph, {name, x: rowsOut, to: outShape, shape: [batch, height, width, outputs]});
  }

  /** With a fixed batch the converter folds the chain to two constant shapes. */
  #staticTensordot(x: Value, layer: string, outputs: number): Value {
    const named = (name: string): string => `${scope(layer)}/Tensordot/${name}`;
    const channels = x.shape[3]!;
    const rows = elements(x.shape.slice(0, 3));
    const shape = [...x.shape.slice(0, 3), outputs];
    const weights = this.#matrix(named('ReadVariableOp'), layer, [channels, outputs]);
    const matrixShape = [rows, channels];
    const flat = this.#graph.ints(named('Reshape/shape'), matrixShape);
    const matrix = reshape(this.#graph, {name: named('Reshape'), x, to: flat, shape: matrixShape});
    const product = matMul(this.#graph, {name: named('MatMul'), x: matrix, weights, rows: rows / x.shape[0]!});
    const to = this.#graph.ints(named('shape'), shape);
    return reshape(this.#graph, {name: `${scope(layer)}/Tensordot`, x: product, to, shape});
  }

  #matrix(name: string, layer: string, shape: [number, number]): Value {
    return this.#graph.floats(name, shape, this.#weights.kernel(layer, {length: elements(shape), fanIn: shape[0]}));
  }

  #bias(layer: string, outputs: number): Value {
    const values = this.#weights.bias(layer, outputs);
    return this.#graph.floats(`${scope(layer)}/BiasAdd/ReadVariableOp`, [outputs], values);
  }
}

const RESPONSE_NORM_EPSILON = 1e-6;
const ROOT = 'StatefulPartitionedCall/convnext';
const scope = (layer: string): string => `${ROOT}/convnext_${layer}`;
