/** ConvNeXt as Flax models come by jax2tf: Einsum, LayerNorm by E[x²] − E[x]², GELU by tanh, biases of rank 4. */
import {attr, elements, FLOAT, type GraphBuilder, type Value} from '../graphBuilder.ts';
import type {Draw, Weights} from '../seededWeights.ts';
import {conv2D, depthwiseConv2D, elementwise, fusedMatMul, reduce, reshape} from './nodes.ts';
import {type ConvNeXtParts, DEPTHWISE_SIZE, LAYER_NORM_EPSILON} from './parts.ts';

export class FlaxConvNeXt implements ConvNeXtParts {
  readonly #graph: GraphBuilder;
  readonly #weights: Weights;

  constructor(graph: GraphBuilder, weights: Weights) {
    this.#graph = graph;
    this.#weights = weights;
  }

  patchify(x: Value, layer: string, {patch, width}: {patch: number; width: number}): Value {
    const shape = [patch, patch, x.shape[3]!, width];
    const kernel = this.#weights.kernel(layer, {length: elements(shape), fanIn: elements(shape) / width});
    const filter = this.#graph.floats(`${scope(layer)}/transpose_3`, shape, kernel);
    const bias = this.#vector(`${scope(layer)}/Reshape`, this.#weights.bias(layer, width), [1, 1, 1, width]);
    const name = `${scope(layer)}/pjit__add_/AddV2`;
    return conv2D(this.#graph, {name, x, filter, bias, stride: patch, padding: 'VALID'});
  }

  depthwise(x: Value, layer: string): Value {
    const channels = x.shape[3]!;
    const shape = [DEPTHWISE_SIZE, DEPTHWISE_SIZE, channels, 1];
    const kernel = this.#weights.kernel(layer, {length: elements(shape), fanIn: DEPTHWISE_SIZE ** 2});
    const filter = this.#graph.floats(`${scope(layer)}/Reshape`, shape, kernel);
    const bias = this.#vector(`${scope(layer)}/Reshape_1`, this.#weights.bias(layer, channels), [1, 1, 1, channels]);
    return depthwiseConv2D(this.#graph, {name: `${scope(layer)}/depthwise`, x, filter, bias, padding: 'SAME'});
  }

  layerNorm(x: Value, layer: string): Value {
    const graph = this.#graph;
    const named = (name: string): string => `${scope(layer)}/${name}`;
    const axis = x.shape.length - 1;
    const channels = x.shape[axis]!;
    const perChannel = x.shape.map((size, a) => (a === axis ? size : 1));
    const perPixel = x.shape.map((size, a) => (a === axis ? 1 : size));

    const mean = (of: Value, suffix: string): Value => {
      const sum = reduce(graph, {
        op: 'Sum',
        name: named(`pjit__mean_/Sum${suffix}`),
        x: of,
        axes: [axis],
        keepDims: false,
      });
      const name = named(`pjit__mean_/truediv${suffix}`);
      return elementwise(graph, 'Mul', name, sum, graph.float(`ConstantFolding/${name}_recip`, 1 / channels));
    };
    const keepDims = (of: Value, suffix: string): Value => {
      const to = graph.ints(named(`Reshape${suffix}/shape`), perPixel);
      return reshape(graph, {name: named(`Reshape${suffix}`), x: of, to, shape: perPixel});
    };
    const square = (of: Value, suffix: string): Value =>
      elementwise(graph, 'Square', named(`ArithmeticOptimizer/ReplaceMulWithSquare_Mul${suffix}`), of);

    const average = mean(x, '');
    const variance = elementwise(
      graph,
      'Sub',
      named('pjit_subtract_/Sub'),
      mean(square(x, ''), '_1'),
      square(average, '_1'),
    );
    const centred = elementwise(graph, 'Sub', named('pjit_subtract_/Sub_1'), x, keepDims(average, ''));
    const positive = elementwise(graph, 'Maximum', named('pjit_maximum_/Maximum'), this.#constant(0), variance);
    const epsilon = this.#constant(LAYER_NORM_EPSILON);
    const stable = elementwise(graph, 'AddV2', named('pjit__add_/AddV2'), keepDims(positive, '_1'), epsilon);
    const inverse = elementwise(graph, 'Rsqrt', named('Rsqrt'), stable);
    const gamma = this.#vector(named('Reshape_2'), this.#weights.normScale(layer, channels), perChannel);
    const beta = this.#vector(named('Reshape_3'), this.#weights.bias(layer, channels), perChannel);
    const factor = this.#product(named('pjit__multiply_/Mul'), [gamma, inverse], x.shape);
    const scaled = this.#product(named('pjit__multiply_/Mul_1'), [factor, centred], x.shape);
    return elementwise(graph, 'AddV2', named('pjit__add_/AddV2_1'), scaled, beta);
  }

  pointwise(x: Value, layer: string, outputs: number): Value {
    const channels = x.shape[3]!;
    const kernel = this.#weights.kernel(layer, {length: channels * outputs, fanIn: channels});
    const weights = this.#graph.floats(this.#argument(), [channels, outputs], kernel);
    const product = this.#graph.node({
      op: 'Einsum',
      name: `${scope(layer)}/einsum/Einsum`,
      inputs: [x, weights],
      shape: [...x.shape.slice(0, 3), outputs],
      attrs: {N: attr.int(2), equation: attr.text('abcg,gf->abcf'), T: FLOAT},
      macs: elements(x.shape) * outputs,
    });
    const bias = this.#vector(`${scope(layer)}/Reshape`, this.#weights.bias(layer, outputs), [1, 1, 1, outputs]);
    return elementwise(this.#graph, 'AddV2', `${scope(layer)}/pjit__add_/AddV2`, product, bias);
  }

  gelu(x: Value, layer: string): Value {
    const graph = this.#graph;
    const named = (name: string): string => `${scope(layer)}/${name}`;
    const half = this.#product(named('pjit__multiply_/Mul_2'), [this.#constant(0.5), x], x.shape);
    const cubic = this.#product(named('Mul'), [this.#constant(0.044715), x], x.shape);
    const square = elementwise(graph, 'Square', named('ArithmeticOptimizer/ReplaceMulWithSquare_Mul_1'), x);
    const cube = this.#product(named('pjit__multiply_/Mul'), [cubic, square], x.shape);
    const inner = elementwise(graph, 'AddV2', named('pjit__add_/AddV2'), x, cube);
    const root = this.#constant(Math.sqrt(2 / Math.PI));
    const scaled = elementwise(graph, 'Mul', named('pjit__multiply_/Mul_1'), root, inner);
    const tanh = elementwise(graph, 'Tanh', named('pjit_tanh_/Tanh'), scaled);
    const onePlus = elementwise(graph, 'AddV2', named('pjit__add_/AddV2_1'), this.#constant(1), tanh);
    return this.#product(named('pjit__multiply_/Mul_3'), [half, onePlus], x.shape);
  }

  layerScale(x: Value, layer: string): Value {
    const channels = x.shape[3]!;
    const factors = this.#weights.layerScale(layer, channels);
    const scale = this.#vector(`${scope(layer)}/BroadcastTo`, factors, [1, 1, 1, channels]);
    return elementwise(this.#graph, 'Mul', `${scope(layer)}/Mul`, x, scale);
  }

  add(x: Value, y: Value, layer: string): Value {
    return elementwise(this.#graph, 'AddV2', `${scope(layer)}/pjit__add_/AddV2`, x, y);
  }

  globalAverage(x: Value, layer: string): Value {
    const name = `${scope(layer)}/pjit__mean_`;
    const sum = reduce(this.#graph, {op: 'Sum', name: `${name}/Sum`, x, axes: [1, 2], keepDims: false});
    const share = this.#graph.float(`ConstantFolding/${name}/truediv_recip`, 1 / (x.shape[1]! * x.shape[2]!));
    return elementwise(this.#graph, 'Mul', `${name}/truediv`, sum, share);
  }

  classifier(x: Value, layer: string, classes: number): Value {
    const inputs = x.shape[1]!;
    const kernel = this.#weights.kernel(layer, {length: inputs * classes, fanIn: inputs});
    const weights = this.#graph.floats(this.#argument(), [inputs, classes], kernel);
    const bias = this.#vector(`${scope(layer)}/Reshape`, this.#weights.bias(layer, classes), [1, classes]);
    return fusedMatMul(this.#graph, {name: `${scope(layer)}/pjit__add_/AddV2`, x, weights, bias});
  }

  #product(name: string, inputs: readonly Value[], shape: readonly number[]): Value {
    const attrs = {T: FLOAT, _grappler_ArithmeticOptimizer_MinimizeBroadcasts: attr.bool(true)};
    return this.#graph.node({op: 'Mul', name, inputs, shape, attrs});
  }

  #vector(name: string, values: Draw, shape: readonly number[]): Value {
    return this.#graph.floats(name, shape, values);
  }

  #constant(value: number): Value {
    return this.#graph.float(this.#graph.fresh('StatefulPartitionedCall/Const'), value);
  }

  #argument(): string {
    return `${this.#graph.fresh('StatefulPartitionedCall/jax2tf_arg')}/ReadVariableOp`;
  }
}

const scope = (layer: string): string => `StatefulPartitionedCall/jax2tf_apply_/ConvNeXt/${layer}`;
