/** Constants as stored bytes: cut, turned and renamed without decoding, so that a quantized weight stays what it is. */
import {elements} from '../../../ops/shape.ts';
import {type Graph, type Value} from '../../graph/graph.ts';
import type {WeightSpec} from '../../graph/weights.ts';

export interface StoredWeight {
  readonly spec: WeightSpec;
  readonly bytes: Uint8Array;
}

/** Returns the weight behind a value, seen through Identity; null where it is computed. */
export function weightBehind(value: Value, graph: Graph): StoredWeight | null {
  let {node} = value;
  while (node.op === 'Identity' && node.inputs.length === 1) node = node.inputs[0]!.node;
  const spec = node.op === 'Const' ? graph.weights.spec(node.name) : undefined;
  return spec === undefined || spec.dtype === 'string' ? null : {spec, bytes: graph.weights.bytes(node.name)};
}

/** Returns the weight in another shape of the same size. */
export function reshaped({spec, bytes}: StoredWeight, shape: number[]): StoredWeight {
  return {spec: {...spec, shape}, bytes};
}

/** Returns `count` equal slices along the last axis. */
export function sliceLastAxis({spec, bytes}: StoredWeight, count: number): StoredWeight[] {
  const columns = spec.shape.at(-1)!;
  const rows = elements(spec.shape) / columns;
  const rowBytes = bytes.length / rows;
  const sliceBytes = rowBytes / count;
  return Array.from({length: count}, (_, i) => {
    const slice = new Uint8Array(rows * sliceBytes);
    for (let row = 0; row < rows; row++) {
      const start = row * rowBytes + i * sliceBytes;
      slice.set(bytes.subarray(start, start + sliceBytes), row * sliceBytes);
    }
    return {spec: {...spec, shape: [...spec.shape.slice(0, -1), columns / count]}, bytes: slice};
  });
}

/** Returns the weight with its axes in another order: axis i of the result is axis `order[i]`. */
export function transposed({spec, bytes}: StoredWeight, order: readonly number[]): StoredWeight {
  const shape = order.map((axis) => spec.shape[axis]!);
  const strides = spec.shape.map((_, axis) => elements(spec.shape.slice(axis + 1)));
  const elementBytes = bytes.length / elements(shape);
  const turned = new Uint8Array(bytes.length);
  const index = order.map(() => 0);
  for (let to = 0; to < bytes.length; to += elementBytes) {
    const from = elementBytes * order.reduce((sum, axis, i) => sum + index[i]! * strides[axis]!, 0);
    turned.set(bytes.subarray(from, from + elementBytes), to);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return {spec: {...spec, shape}, bytes: turned};
}
