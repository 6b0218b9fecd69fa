/** LayerNorm and GELU as TensorFlow's own ops leave them after conversion: what Keras and onnx2tf have in common. */
import {attr, FLOAT, type GraphBuilder, type Value} from '../graphBuilder.ts';
import {elementwise, reduce} from './nodes.ts';
import {LAYER_NORM_EPSILON} from './parts.ts';

export interface Affine {
  readonly scale: () => Float32Array;
  readonly offset: () => Float32Array;
}

/** Adds LayerNorm over the last axis by mean and squared difference, its scale and offset folded into x·s + (β − mean·s). */
export function layerNormByMoments(graph: GraphBuilder, scope: string, x: Value, {scale, offset}: Affine): Value {
  const axis = x.shape.length - 1;
  const channels = x.shape[axis]!;
  const named = (name: string): string => `${scope}/${name}`;
  const beta = graph.floats(named('batchnorm/ReadVariableOp'), [channels], offset);
  const gamma = graph.floats(named('batchnorm/mul/ReadVariableOp'), [channels], scale);
  const epsilon = graph.float(named('batchnorm/add/y'), LAYER_NORM_EPSILON);

  const moment = (name: string, of: Value): Value =>
    reduce(graph, {op: 'Mean', name: named(`moments/${name}`), x: of, axes: [axis], keepDims: true});
  const mean = moment('mean', x);
  const variance = moment(
    'variance',
    elementwise(graph, 'SquaredDifference', named('moments/SquaredDifference'), x, mean),
  );
  const stable = elementwise(graph, 'AddV2', named('batchnorm/add'), variance, epsilon);
  const inverse = elementwise(graph, 'Rsqrt', named('batchnorm/Rsqrt'), stable);
  const factor = {...elementwise(graph, 'Mul', named('batchnorm/mul'), inverse, gamma), shape: x.shape};
  const shift = elementwise(graph, 'Mul', named('batchnorm/mul_2'), mean, factor);
  const scaled = elementwise(graph, 'Mul', named('batchnorm/mul_1'), x, factor);
  const rest = elementwise(graph, 'Sub', named('batchnorm/sub'), beta, shift);
  return elementwise(graph, 'AddV2', named('batchnorm/add_1'), scaled, rest);
}

/** The names of the five nodes of a GELU, and of the constants beside it. */
export interface GeluNames {
  readonly half: string;
  readonly halfConstant: string;
  readonly scaled: string;
  readonly erf: string;
  readonly onePlus: string;
  readonly oneConstant: string;
  readonly product: string;
}

/** Adds GELU as (0.5·x)·(1 + erf(x·√½)). */
export function geluByErf(graph: GraphBuilder, x: Value, names: GeluNames): Value {
  const rewritten = {T: FLOAT, _grappler_ArithmeticOptimizer_MinimizeBroadcasts: attr.bool(true)};
  const product = (name: string, inputs: readonly Value[]): Value =>
    graph.node({op: 'Mul', name, inputs, shape: x.shape, attrs: rewritten});
  const root = graph.float(`ConstantFolding/${names.scaled}_recip`, Math.SQRT1_2);
  const half = product(names.half, [graph.float(names.halfConstant, 0.5), x]);
  const erf = elementwise(graph, 'Erf', names.erf, elementwise(graph, 'Mul', names.scaled, x, root));
  const onePlus = elementwise(graph, 'AddV2', names.onePlus, graph.float(names.oneConstant, 1), erf);
  return product(names.product, [half, onePlus]);
}
