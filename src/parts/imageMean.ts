/** The mean of an image over height and width, whatever reduces it. */
import {intsAttr} from '../graph/attrs.ts';
import {sameDim} from '../graph/dims.ts';
import type {GraphNode, Value} from '../graph/graph.ts';
import type {PartsContext} from './context.ts';
import {keepsDims, reducedAxes} from './reshaping.ts';

export interface ImageMean {
  readonly image: Value;
  /** What the mean is multiplied with: the number of pixels, of a sum. */
  readonly scale: number;
  readonly nodes: readonly GraphNode[];
}

/** Returns the image that a value is the mean or sum of over height and width; null for any other value. */
export function imageMean(value: Value, context: PartsContext): ImageMean | null {
  if (value.port !== 0) return null;
  return value.node.op === 'AvgPool' ? wholePool(value, context) : reduction(value.node, context);
}

/** A pool over the whole image. */
function wholePool({node}: Value, {shapes}: PartsContext): ImageMean | null {
  const [image] = node.inputs;
  const [, height, width] = (image && shapes.shape(image)) ?? [];
  const [, rows, columns] = intsAttr(node.def, 'ksize');
  const [, outHeight, outWidth] = (image && shapes.shape({node, port: 0})) ?? [];
  const isWhole = rows === height && columns === width && outHeight === 1 && outWidth === 1;
  return image && isWhole ? {image, scale: 1, nodes: [node]} : null;
}

/** One reduction over both axes, one over the pixels in a row, or one over either axis after the other. */
function reduction(node: GraphNode, context: PartsContext): ImageMean | null {
  const last = oneReduction(node, context);
  if (last === null) return null;
  const {input, axes, rank} = last;
  if (rank === 4 && axes === '1,2') return {image: input, scale: last.scale, nodes: [node]};
  const flat = input.node;
  if (rank === 3 && axes === '1' && flat.op === 'Reshape') return ofRows(flat, last, context);
  const first = input.port === 0 ? oneReduction(flat, context) : null;
  if (first?.rank !== 4) return null;
  const kept = keepsDims(flat);
  const isOther = (first.axes === '1' && axes === (kept ? '2' : '1')) || (first.axes === '2' && axes === '1');
  if (!isOther || rank !== (kept ? 4 : 3)) return null;
  return {image: first.input, scale: first.scale * last.scale, nodes: [flat, node]};
}

interface Reduction {
  readonly node: GraphNode;
  readonly input: Value;
  readonly rank: number;
  readonly axes: string;
  readonly scale: number;
}

function oneReduction(node: GraphNode, context: PartsContext): Reduction | null {
  const [input] = node.inputs;
  const shape = input && context.shapes.shape(input);
  if ((node.op !== 'Mean' && node.op !== 'Sum') || !input || !shape) return null;
  const axes = reducedAxes(node, shape.length, context);
  if (axes === null) return null;
  const scale = node.op === 'Mean' ? 1 : axes.reduce((count, axis) => count * Number(shape[axis]), 1);
  return Number.isNaN(scale) ? null : {node, input, rank: shape.length, axes: axes.join(), scale};
}

/** Of `[n, h·w, c]`. */
function ofRows(flat: GraphNode, {node, scale, input}: Reduction, {shapes}: PartsContext): ImageMean | null {
  const [image] = flat.inputs;
  const before = image && shapes.shape(image);
  const after = shapes.shape(input);
  if (!image || before?.length !== 4 || !after) return null;
  const isRows = sameDim(before[0]!, after[0]!) && sameDim(before[3]!, after[2]!);
  return isRows ? {image, scale, nodes: [flat, node]} : null;
}
