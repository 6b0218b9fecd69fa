/** What Slice and StridedSlice take of each axis. */
import {intAttr} from './attrs.ts';
import {type Dim, sameDim, type Shape} from './dims.ts';
import type {Graph, GraphNode} from './graph.ts';

/** From the first element to before the last. */
export interface Range {
  readonly from: number;
  readonly to: Dim;
}

/** Returns the range of every axis of an input of this shape; null where they are not known, or not every element is taken. */
export function sliceRanges(node: GraphNode, shape: Shape, graph: Graph): readonly Range[] | null {
  const numbers = (i: number): readonly number[] | null => {
    const data = node.inputs[i] && graph.constant(node.inputs[i])?.data;
    return data?.length === shape.length ? Array.from(data) : null;
  };
  const begin = numbers(1);
  const end = numbers(2);
  if (begin === null || end === null) return null;
  if (node.op === 'Slice')
    return shape.map((dim, i) => ({from: begin[i]!, to: end[i] === -1 ? dim : begin[i]! + end[i]!}));

  const mask = (name: string): number => intAttr(node.def, name, 0);
  const isPlain = ['ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].every((name) => mask(name) === 0);
  if (!isPlain || numbers(3)?.every((stride) => stride === 1) !== true) return null;
  const bound = (at: number, dim: Dim): Dim | null =>
    typeof dim === 'number' ? Math.min(at < 0 ? at + dim : at, dim) : at < 0 ? null : at;
  const ranges = shape.map((dim, i) => ({
    from: (mask('begin_mask') >> i) & 1 ? 0 : begin[i]!,
    to: (mask('end_mask') >> i) & 1 ? dim : bound(end[i]!, dim),
  }));
  return ranges.every(({from, to}) => from >= 0 && to !== null) ? (ranges as Range[]) : null;
}

/** Whether a range takes a whole axis. */
export function isWhole({from, to}: Range, dim: Dim): boolean {
  return from === 0 && sameDim(to, dim);
}
