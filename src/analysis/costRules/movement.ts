/** Kernels that move numbers and compute none, or, in resizing, mix neighbours. An input that is taken in part is read in part. */
import {type CostRule, type CostRules, each, outputElements, reads} from './rule.ts';

const move: CostRule = () => ({});

/** What comes out is all that was read. */
const pick =
  (input: string): CostRule =>
  (call) => ({reads: reads(call, input, outputElements(call))});

/** Only the shape counts. */
const shapeAlone: CostRule = () => ({reads: {x: 0}});

/** Four neighbours with their weights: 4 multiplications, 3 additions. */
const bilinear =
  (input: string): CostRule =>
  (call) => {
    const out = outputElements(call);
    return {ops: 7 * out, reads: reads(call, input, 4 * out)};
  };

const cropAndResize: CostRule = (call) => (call.attrs['method'] === 'nearest' ? pick : bilinear)('image')(call);

export const MOVEMENT_RULES: CostRules = {
  ...each('Transpose PadV2 MirrorPad Concat SplitV Pack Unpack Tile Reverse Cast Select', move),
  ...each('SpaceToBatchND BatchToSpaceND DepthToSpace OneHot Fill Range', move),
  ...each('Slice StridedSlice GatherV2', pick('x')),
  ...each('GatherNd', pick('params')),
  ...each('ResizeNearestNeighbor', pick('images')),
  ...each('ResizeBilinear', bilinear('images')),
  ...each('CropAndResize', cropAndResize),
  ...each('ZerosLike OnesLike', shapeAlone),
};

/** Kernels that give a tensor another shape and move nothing. tf.squeeze and tf.stopGradient are one of these. */
export const RENAMING: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'ExpandDims']);
