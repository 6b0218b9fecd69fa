/**
 * Kernels that move numbers and compute none, or, in resizing, interpolate neighbours. An input that is used in part is read in part;
 * where values decide the part, not shapes, the smallest possible one counts. NonMaxSuppression and Unique have no rule: values
 * decide what they compute, too.
 */
import {elements} from '../../../ops/shape.ts';
import {bilinearTaken, nearestTaken, resizedFrom} from './resizing.ts';
import {type CostRule, type CostRules, each, inputElements, outputElements, reads} from './rule.ts';

const move: CostRule = () => ({});

/** As many elements are read as come out. */
const pick =
  (input: string): CostRule =>
  (call) => ({reads: reads(call, input, outputElements(call))});

/** Only the shape counts. */
const shapeAlone: CostRule = () => ({reads: {x: 0}});

/** Of two values one is read. */
const select: CostRule = () => ({reads: {e: 0}});

/** Indices may be all the same: one slice of x. */
const gather: CostRule = (call) => ({reads: reads(call, 'x', outputElements(call) / inputElements(call, 'indices'))});

/** The same, where an index is a row of coordinates. */
const gatherNd: CostRule = (call) => {
  const slices = elements(call.inputShapes['indices']?.slice(0, -1) ?? []);
  return {reads: reads(call, 'params', outputElements(call) / slices)};
};

/** Each update is added to what is there. */
const scatter: CostRule = (call) => ({ops: inputElements(call, 'updates')});

/** What is replaced need not be read. */
const scatterUpdate: CostRule = (call) => ({
  reads: {tensor: Math.max(0, inputElements(call, 'tensor') - inputElements(call, 'updates'))},
});

/** Four neighbours with their weights: 4 multiplications, 3 additions. */
const BILINEAR_OPS = 7;

const resizeNearest: CostRule = (call) => ({reads: {images: resizedFrom(call, nearestTaken)}});

const resizeBilinear: CostRule = (call) => ({
  ops: BILINEAR_OPS * outputElements(call),
  reads: {images: resizedFrom(call, bilinearTaken)},
});

/** Boxes or transforms decide which pixels are read; all may lie outside the image. */
const sample =
  (method: 'method' | 'interpolation'): CostRule =>
  (call) => ({ops: call.attrs[method] === 'nearest' ? 0 : BILINEAR_OPS * outputElements(call), reads: {image: 0}});

export const MOVEMENT_RULES: CostRules = {
  ...each('Transpose PadV2 MirrorPad Concat SplitV Pack Unpack Tile Reverse Cast BroadcastArgs', move),
  ...each('SpaceToBatchND DepthToSpace OneHot Fill Range LinSpace SparseToDense', move),
  ...each('Slice StridedSlice BatchToSpaceND', pick('x')),
  ...each('Select', select),
  ...each('GatherV2', gather),
  ...each('GatherNd', gatherNd),
  ...each('ScatterNd', scatter),
  ...each('TensorScatterUpdate', scatterUpdate),
  ...each('ResizeNearestNeighbor', resizeNearest),
  ...each('ResizeBilinear', resizeBilinear),
  ...each('CropAndResize', sample('method')),
  ...each('Transform', sample('interpolation')),
  ...each('ZerosLike OnesLike', shapeAlone),
};
