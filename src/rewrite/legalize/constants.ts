/** Constants as stored bytes: cut, turned and renamed without decoding, so that a quantized weight stays what it is. */
import {elements} from '../../../ops/shape.ts';
import {behindIdentity, type Graph, type Value} from '../../graph/graph.ts';
import type {WeightSpec} from '../../graph/weights.ts';

/** A weight, its bytes in one piece. */
export interface StoredConstant {
  readonly spec: WeightSpec;
  readonly bytes: Uint8Array;
}

/** Returns the weight behind a value, seen through Identity; null where it is computed. */
export function weightBehind(value: Value, graph: Graph): StoredConstant | null {
  const {node} = behindIdentity(value);
  const spec = node.op === 'Const' ? graph.weights.spec(node.name) : undefined;
  return spec === undefined || spec.dtype === 'string' ? null : {spec, bytes: graph.weights.bytes(node.name)};
}

/** Returns the weight in another shape of the same size. */
export function reshaped({spec, bytes}: StoredConstant, shape: number[]): StoredConstant {
  return {spec: {...spec, shape}, bytes};
}

/** Returns `count` equal slices along the last axis. */
export function sliceLastAxis({spec, bytes}: StoredConstant, count: number): StoredConstant[] {
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
export function transposed({spec, bytes}: StoredConstant, order: readonly number[]): StoredConstant {
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
