/**
 * The first stage of expand-first: a chunk of hidden channels of the halo (halo.ts), in workgroup memory. Pixels outside the
 * image are the conv's padding: zero, whatever the activation makes of zero.
 *
 * Thread map: the halo's pixels × the chunk's lanes are a matrix product (gemm.ts), its sums in registers for a chunk. Workgroup
 * memory holds its result, and so bounds the rows of an invocation: they need no further rounds. x is staged, neighbours taking
 * neighbouring lanes of a pixel: read from the buffer, each row of a product would be a cache line of its own.
 * Workgroup bytes: `hidden`, halo × chunk, and `weights` from 0 on, a slab. Where a slab takes all inputs, `pixels` keeps x for
 * all chunks; else its slabs are staged in `hidden`, which is empty until the product is done.
 * Barriers: one a chunk where x is kept, staged before the first; else one a chunk and two a slab.
 */
import {PANEL} from '../../params.ts';
import {type ExpandFirstVariant, type GemmTile, lanesOf, threadsOf} from '../planner/variant.ts';
import {activatedSum} from './finish.ts';
import {eachOwnedText, type Owned, productText, slabLanes, stagingText, sumsText, threadText} from './gemm.ts';
import {haloOf, haloPixels, inputPixelText} from './halo.ts';
import {elementType} from './module.ts';
import {vectorArray, type WorkgroupArray} from './workgroupArrays.ts';

/** A variant that expands. */
export type ExpandingVariant = ExpandFirstVariant & {readonly expand: NonNullable<ExpandFirstVariant['expand']>};

/** Returns whether a variant expands x, rather than reading what an expand pass stored. */
export function expands(variant: ExpandFirstVariant): variant is ExpandingVariant {
  return variant.expand !== null;
}

/** Returns whether all inputs are staged at once, and kept for all chunks. */
export function keepsInput({expand: {layer, tile}}: ExpandingVariant): boolean {
  return tile.slab >= layer.inputs;
}

/** Returns the vectors from one pixel to the next: an odd number, so that pixels begin in different memory banks. */
export function pixelStride(lanes: number): number {
  return lanes + 1 - (lanes % 2);
}

/** Returns the workgroup memory of this stage but for `weights`. */
export function hiddenHaloArrays(variant: ExpandingVariant): WorkgroupArray[] {
  const {expand, hiddenChunk, precision} = variant;
  const hidden = haloPixels(variant.spatial) * pixelStride(lanesOf(hiddenChunk));
  const input = expand.tile.rows * inputStride(expand.tile);
  return keepsInput(variant)
    ? [vectorArray('hidden', precision, hidden), vectorArray('pixels', precision, input)]
    : [vectorArray('hidden', precision, Math.max(hidden, input))];
}

/**
 * Returns the functions `expand_chunk(image, firstRow, firstColumn, chunk, thread)`, which ends with a barrier; `tap`, by which
 * the conv reads its result, row and column counted from the halo's; and what they call. Where x is kept, it and the first slab
 * must have been staged by `stage_input(image, firstRow, firstColumn, 0, thread)` and `stage_expand`.
 */
export function hiddenHaloText(variant: ExpandingVariant): string {
  const {expand, precision} = variant;
  return [
    inputPixelText(variant.spatial),
    stagingText('expand', expand.layer, expand.tile, precision),
    inputStagingText(variant),
    hiddenText(variant),
    expandChunkText(variant),
    tapText(variant),
  ].join('\n\n');
}

/** The vectors from one pixel of the staged inputs to the next. */
function inputStride({slab}: GemmTile): number {
  return pixelStride(lanesOf(slab));
}

function inputArray(variant: ExpandingVariant): string {
  return keepsInput(variant) ? 'pixels' : 'hidden';
}

function inputStagingText(variant: ExpandingVariant): string {
  const {expand, precision} = variant;
  const slabLanes = lanesOf(expand.tile.slab);
  return `fn stage_input(image: u32, firstRow: u32, firstColumn: u32, firstLane: u32, thread: u32) {
  for (var i = thread; i < ${haloPixels(variant.spatial) * slabLanes}u; i += ${threadsOf(expand.tile)}u) {
    let lane = i % ${slabLanes}u;
    let pixel = input_pixel(image, firstRow, firstColumn, i / ${slabLanes}u);
    var value = vec4<f32>();
    if (pixel != OUTSIDE && firstLane + lane < ${lanesOf(expand.layer.inputs)}u) {
      value = load_x(pixel, firstLane + lane);
    }
    ${inputArray(variant)}[i / ${slabLanes}u * ${inputStride(expand.tile)}u + lane] = vec4<${elementType(precision)}>(value);
  }
}`;
}

/** An invocation may own rows beyond the halo and lanes beyond the chunk; lanes beyond the last hold no channels. */
function hiddenText(variant: ExpandingVariant): string {
  const {
    expand: {layer},
    hiddenChunk,
    precision,
  } = variant;
  const chunkLanes = lanesOf(hiddenChunk);
  return `fn put_hidden(inside: bool, pixel: u32, chunk: u32, laneOfChunk: u32, sum: vec4<f32>) {
  if (pixel < ${haloPixels(variant.spatial)}u && laneOfChunk < ${chunkLanes}u) {
    let lane = chunk * ${chunkLanes}u + laneOfChunk;
    var value = vec4<f32>();
    if (inside && lane < ${lanesOf(layer.outputs)}u) {
      value = ${activatedSum(layer)};
    }
    hidden[pixel * ${pixelStride(chunkLanes)}u + laneOfChunk] = vec4<${elementType(precision)}>(value);
  }
}`;
}

function expandChunkText(variant: ExpandingVariant): string {
  const {tile} = variant.expand;
  const put = ({sum, row, lane}: Owned): string =>
    `put_hidden(input_pixel(image, firstRow, firstColumn, ${row}) != OUTSIDE, ${row}, chunk, ${lane}, ${sum});`;
  return `fn expand_chunk(image: u32, firstRow: u32, firstColumn: u32, chunk: u32, thread: u32) {
${threadText(tile)}
${sumsText(tile)}
${keepsInput(variant) ? inputProductText(variant, '0u') : slabsText(variant)}
${eachOwnedText(tile, put)}
  workgroupBarrier();
}`;
}

function inputProductText(variant: ExpandingVariant, slab: string): string {
  const {layer, tile} = variant.expand;
  return productText({
    tile,
    at: '0u',
    lanes: slabLanes(tile, layer.inputs, slab),
    value: (row, inputs) => `${inputArray(variant)}[(${row}) * ${inputStride(tile)}u + ${inputs}]`,
  });
}

function slabsText(variant: ExpandingVariant): string {
  const {
    expand: {layer, tile},
    hiddenChunk,
  } = variant;
  return `  for (var slab = 0u; slab < ${Math.ceil(layer.inputs / tile.slab)}u; slab++) {
    stage_expand(slab * ${tile.slab}u, chunk * ${hiddenChunk / PANEL}u, 0u, thread);
    stage_input(image, firstRow, firstColumn, slab * ${lanesOf(tile.slab)}u, thread);
    workgroupBarrier();
${inputProductText(variant, 'slab')}
    workgroupBarrier();
  }`;
}

/** Chunks begin at multiples of their lanes. */
function tapText({spatial, hiddenChunk}: ExpandFirstVariant): string {
  const chunkLanes = lanesOf(hiddenChunk);
  return `fn tap(image: u32, row: i32, column: i32, lane: u32) -> vec4<f32> {
  let pixel = u32(row) * ${haloOf(spatial).width}u + u32(column);
  return vec4<f32>(hidden[pixel * ${pixelStride(chunkLanes)}u + lane % ${chunkLanes}u]);
}`;
}
