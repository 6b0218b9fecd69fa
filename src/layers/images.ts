/** Pooling, and what changes the size of an image. */
import {attr, type ConvWindow, FLOAT, INT32, windowAttrs} from '../graph/nodeAttrs.ts';
import {imageInput, ints, type LayerCall, type LayerWriter, node, reduce, shapeText} from './call.ts';
import {checkWindowed, paddingOf, windowed} from './convolutions.ts';
import type {Draft} from './drafts.ts';
import {brokenModel} from './errors.ts';
import {flagOf, type Layer, sizesOf, titleOf, wordOf} from './layer.ts';

const pooling =
  (op: 'MaxPool' | 'AvgPool'): LayerWriter =>
  (call) => {
    const {layer} = call;
    const x = imageInput(call);
    const size = sizesOf(layer, 'pool_size', [2, 2]);
    const window: ConvWindow = {strides: sizesOf(layer, 'strides', size), padding: paddingOf(layer)};
    const sizes = windowed(x.shape, size, window);
    checkWindowed(call, x, sizes);
    return node(call, op, {
      inputs: [x],
      shape: [x.shape[0]!, ...sizes, x.shape[3]!],
      attrs: {...windowAttrs(window), ksize: attr.ints([1, ...size, 1])},
    });
  };

const globalPooling =
  (op: 'Mean' | 'Max'): LayerWriter =>
  (call) =>
    reduce(call, op, {x: imageInput(call), axes: [1, 2], keepDims: flagOf(call.layer, 'keepdims', false)});

type Sides = readonly [before: number, after: number];

/** Returns what a layer takes or adds on each side: one number, one for each axis, or one for each side. */
function sidesOf(layer: Layer, key: string): readonly [rows: Sides, columns: Sides] {
  const given = layer.config[key] ?? 1;
  const [rows, columns = rows] = [given].flat() as unknown[];
  // A pair of pairs is flattened one level deep alone.
  const sides = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value, value]);
  const pairs = [sides(rows), sides(columns)];
  const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
  if (!pairs.every((pair) => pair.length === 2 && pair.every(isCount)))
    throw brokenModel(titleOf(layer), `${key} must be whole numbers for the sides of an image`, given);
  return pairs as unknown as [Sides, Sides];
}

const zeroPadding: LayerWriter = (call) => {
  const x = imageInput(call);
  const sides: readonly Sides[] = [[0, 0], ...sidesOf(call.layer, 'padding'), [0, 0]];
  const paddings = ints(call, 'Pad/paddings', sides.flat(), [4, 2]);
  const shape = x.shape.map((size, axis) => (size < 0 ? size : size + sides[axis]![0] + sides[axis]![1]));
  return node(call, 'Pad', {inputs: [x, paddings], shape, attrs: {T: FLOAT, Tpaddings: INT32}});
};

/** From the end of an axis where its size is open. */
const cropping: LayerWriter = (call) => {
  const {layer} = call;
  const x = imageInput(call);
  const sides: readonly Sides[] = [[0, 0], ...sidesOf(layer, 'cropping'), [0, 0]];
  const shape = x.shape.map((size, axis) => (size < 0 ? size : size - sides[axis]![0] - sides[axis]![1]));
  if (shape.some((size) => size < -1 || size === 0))
    throw brokenModel(titleOf(layer), 'cropping must leave some of its input', shapeText(x.shape));
  const wholeAxes = sides.reduce((mask, [, after], axis) => (after === 0 ? mask | (1 << axis) : mask), 0);
  const bounds = [
    ints(
      call,
      'StridedSlice/begin',
      sides.map(([before]) => before),
    ),
    ints(
      call,
      'StridedSlice/end',
      sides.map(([, after]) => -after),
    ),
    ints(call, 'StridedSlice/strides', [1, 1, 1, 1]),
  ];
  return node(call, 'StridedSlice', {inputs: [x, ...bounds], shape, attrs: sliceAttrs({end: wholeAxes})});
};

function sliceAttrs({begin = 0, end = 0}: {begin?: number; end?: number}): Record<string, ReturnType<typeof attr.int>> {
  return {
    T: FLOAT,
    Index: INT32,
    begin_mask: attr.int(begin),
    end_mask: attr.int(end),
    ellipsis_mask: attr.int(0),
    new_axis_mask: attr.int(0),
    shrink_axis_mask: attr.int(0),
  };
}

/** In tfjs-layers pixels lie at their corners, in Keras at their centres. */
const upSampling: LayerWriter = (call) => {
  const {layer} = call;
  const x = imageInput(call);
  const factors = sizesOf(layer, 'size', [2, 2]);
  const by = wordOf(layer, 'interpolation', ['nearest', 'bilinear'], 'nearest');
  const sizes = [x.shape[1]!, x.shape[2]!].map((size, i) => (size < 0 ? -1 : size * factors[i]!));
  const to = sizes.includes(-1) ? scaledSizes(call, x, factors) : ints(call, 'resize/size', sizes);
  return node(call, by === 'nearest' ? 'ResizeNearestNeighbor' : 'ResizeBilinear', {
    inputs: [x, to],
    shape: [x.shape[0]!, ...sizes, x.shape[3]!],
    attrs: {T: FLOAT, align_corners: attr.bool(false), half_pixel_centers: attr.bool(call.isOfKeras3)},
  });
};

/** The sizes of an image while the model runs, times these. */
function scaledSizes(call: LayerCall, x: Draft, factors: readonly number[]): Draft {
  const shape = node(call, 'Shape', {inputs: [x], shape: [4], attrs: {T: FLOAT, out_type: INT32}});
  const bounds = [ints(call, 'resize/begin', [1]), ints(call, 'resize/end', [3]), ints(call, 'resize/strides', [1])];
  const sizes = node(call, 'StridedSlice', {
    inputs: [shape, ...bounds],
    shape: [2],
    attrs: {...sliceAttrs({}), T: INT32},
  });
  return node(call, 'Mul', {inputs: [sizes, ints(call, 'resize/factors', factors)], shape: [2], attrs: {T: INT32}});
}

export const IMAGE_LAYERS: Readonly<Record<string, LayerWriter>> = {
  MaxPooling2D: pooling('MaxPool'),
  AveragePooling2D: pooling('AvgPool'),
  GlobalAveragePooling2D: globalPooling('Mean'),
  GlobalMaxPooling2D: globalPooling('Max'),
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  UpSampling2D: upSampling,
};
