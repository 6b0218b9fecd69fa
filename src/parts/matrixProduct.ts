/** A constant matrix applied to the last axis: MatMul, BatchMatMul and Einsum. The reshapes around a MatMul are views (lift.ts). */
import {boolAttr, stringAttr} from '../graph/attrs.ts';
import type {Graph, GraphNode, Value} from '../graph/graph.ts';
import type {Constant} from '../graph/weights.ts';
import type {PartsContext} from './context.ts';
import {fusedParts} from './fusedOps.ts';
import {isRefusal, kernelOf, type Lifted, madeKernel, type Pointwise, refuse} from './parts.ts';

/** Lifts MatMul, _FusedMatMul and the BatchMatMuls of an image with one constant matrix. */
export function liftMatMul(node: GraphNode, {graph}: PartsContext): Lifted {
  const flag = (name: string): boolean => boolAttr(node.def, name, false);
  const [input, factor] = node.inputs;
  if (flag('transpose_a') || flag('adj_x')) return refuse(node, 'a matrix product of a transposed image');
  const isTransposed = flag('transpose_b') || flag('adj_y');
  const matrix = factor ? matrixOf(graph.constant(factor), isTransposed) : null;
  return product(node, {input, matrix, graph});
}

/** Lifts an Einsum that replaces the last label of one operand by one of a constant matrix: `abcd,de->abce`. */
export function liftEinsum(node: GraphNode, {graph}: PartsContext): Lifted {
  const equation = stringAttr(node.def, 'equation').replaceAll(' ', '');
  const [labels = '', output = ''] = equation.split('->');
  const [first = '', second = '', ...more] = labels.split(',');
  const [a, b] = node.inputs;
  if (more.length > 0 || !a || !b) return refuse(node, 'an Einsum of other than two operands');
  const swapped = graph.constant(a) !== null;
  const [image, matrix] = swapped ? [second, first] : [first, second];
  const contracted = image.slice(-1);
  const kept = output.slice(-1);
  const isProduct =
    new Set(image).size === image.length &&
    output === image.slice(0, -1) + kept &&
    !image.includes(kept) &&
    (matrix === contracted + kept || matrix === kept + contracted);
  if (!isProduct) return refuse(node, `Einsum ${equation}, which is no matrix product over the last axis`);
  const constant = graph.constant(swapped ? a : b);
  return product(node, {input: swapped ? b : a, matrix: matrixOf(constant, matrix === kept + contracted), graph});
}

function product(
  node: GraphNode,
  {input, matrix, graph}: {input: Value | undefined; matrix: Pointwise | null; graph: Graph},
): Lifted {
  if (input === undefined || matrix === null) return refuse(node, 'a matrix product by no constant matrix');
  const fused = fusedParts(node, graph, matrix.outputs);
  return isRefusal(fused) ? fused : {parts: [matrix, ...fused], input, nodes: [node]};
}

/** A constant `[K, N]`, or `[1, …, K, N]`; null for any other. */
function matrixOf(constant: Constant | null, isTransposed: boolean): Pointwise | null {
  if (constant === null || constant.shape.length < 2 || constant.dtype !== 'float32') return null;
  const [rows, columns] = constant.shape.slice(-2) as [number, number];
  if (rows * columns !== constant.length) return null;
  const matrix = kernelOf(constant);
  if (!isTransposed) return {kind: 'pointwise', matrix, inputs: rows, outputs: columns};
  const flipped = (): Float32Array => {
    const data = matrix.data();
    return data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
  };
  return {kind: 'pointwise', matrix: madeKernel(matrix.stored, flipped), inputs: columns, outputs: rows};
}
