/**
 * The first stage of expand-first: a chunk of the halo's hidden channels, in workgroup memory. Pixels outside the image are the
 * conv's padding: zero, whatever the activation makes of zero.
 *
 * Thread map: the halo's pixels × the chunk's lanes are a matrix product (gemm.ts), its sums in registers for a chunk. x is
 * staged, neighbouring invocations reading neighbouring lanes of a pixel: in a product that read the buffer itself, every row
 * would be a cache line of its own.
 * Workgroup bytes: `hidden`, halo × chunk; a slab of `weights`, from 0 on. Where a slab has all inputs, `pixels` keeps x for all
 * chunks; else slabs of x are staged in `hidden`, which the product fills only after it has used them.
 * Barriers: one a chunk where x is kept, staged before the first chunk; else one a chunk and two a slab.
 */
import {PANEL, roundUp} from '../../params.ts';
import {
  type ExpandFirstVariant,
  type ExpandingVariant,
  haloOf,
  haloPixels,
  keepsInput,
  lanesOf,
  QUAD,
  type SpatialStage,
  threadTile,
} from '../planner/variant.ts';
import {activated} from './activations.ts';
import {ownedBy, productText, rowOf, slabLanes, sumsText, threadText} from './gemm.ts';
import {type QuadArray, quadVectors} from './quads.ts';
import {stagedHalo, stagedWeights, stageText, type WeightsParts, wholeTiles} from './staging.ts';
import {elementType, existing} from './vectors.ts';
import {oddStride, vectorArray, type WorkgroupArray} from './workgroupArrays.ts';

/** Returns the workgroup memory of this stage but for `weights`. */
export function hiddenHaloArrays(variant: ExpandingVariant): WorkgroupArray[] {
  const {hiddenChunk, precision} = variant;
  const hidden = haloPixels(variant.spatial) * oddStride(lanesOf(hiddenChunk));
  const input = quadVectors(inputArray(variant));
  return keepsInput(variant)
    ? [vectorArray('hidden', precision, hidden), vectorArray('pixels', precision, input)]
    : [vectorArray('hidden', precision, Math.max(hidden, input))];
}

/**
 * Returns the functions `rows_inside(image, firstRow, firstColumn, thread)`; `expand_chunk(image, firstRow, firstColumn, inside, chunk,
 * thread)`, which takes what that returns, and ends with a barrier; `tap`, by which
 * the conv reads its result, row and column counted from the halo's; and what they call. Where x is kept, it and the first slab
 * must have been staged by `stage_pixels(image, firstRow, firstColumn, 0, 0, thread)` and `stage_expand`.
 */
export function hiddenHaloText(variant: ExpandingVariant): string {
  const {expand, precision} = variant;
  return [
    inputPixelText(variant.spatial),
    stageText(stagedWeights({name: 'expand', ...expand, precision, reach: expandReach(variant)})),
    inputStagingText(variant),
    insideText(variant),
    hiddenText(variant),
    expandChunkText(variant),
    tapText(variant),
  ].join('\n\n');
}

/** Where x is kept, the slab of the chunk after the last is staged, too. */
function expandReach(variant: ExpandingVariant): WeightsParts['reach'] {
  const {layer, tile} = variant.expand;
  const {inputs, outputs} = wholeTiles(layer, tile);
  return {inputs, outputs: outputs + (keepsInput(variant) ? tile.columns : 0)};
}

/**
 * Returns the function `input_pixel(image, firstRow, firstColumn, pixel)`: the pixel of x that a pixel of the halo is, or OUTSIDE.
 * Rows and columns before the image wrap around to large numbers, so that one comparison finds what is outside on either side.
 */
function inputPixelText(stage: SpatialStage): string {
  const {stride} = stage.layer;
  const {width} = haloOf(stage);
  return `const OUTSIDE = 0xffffffffu;

fn input_pixel(image: u32, firstRow: u32, firstColumn: u32, pixel: u32) -> u32 {
  let row = firstRow * ${stride}u + pixel / ${width}u - uniforms.padTop;
  let column = firstColumn * ${stride}u + pixel % ${width}u - uniforms.padLeft;
  let inside = (row < uniforms.inHeight) & (column < uniforms.inWidth);
  return select(OUTSIDE, (image * uniforms.inHeight + row) * uniforms.inWidth + column, inside);
}`;
}

/** The staged inputs; where they are not kept, hidden values take their place. */
function inputArray(variant: ExpandingVariant): QuadArray {
  const {
    expand: {tile},
    precision,
  } = variant;
  return {name: keepsInput(variant) ? 'pixels' : 'hidden', precision, rows: tile.rows, lanes: lanesOf(tile.slab)};
}

function inputStagingText(variant: ExpandingVariant): string {
  return stageText(stagedHalo({into: inputArray(variant), ...variant.expand}));
}

/** Of an invocation's rows, by the order of its quads, a bit each: whether the pixel is inside the image. Told once for all chunks. */
function insideText({expand: {tile}}: ExpandingVariant): string {
  const {quads} = threadTile(tile);
  return `fn rows_inside(image: u32, firstRow: u32, firstColumn: u32, thread: u32) -> u32 {
  let threadRow = thread / ${tile.columnThreads}u;
  var inside = 0u;
  for (var i = 0u; i < ${QUAD * quads}u; i++) {
    let pixel = ${QUAD}u * (threadRow + i / ${QUAD}u * ${tile.rowThreads}u) + i % ${QUAD}u;
    let isInside = input_pixel(image, firstRow, firstColumn, pixel) != OUTSIDE;
    inside |= select(0u, 1u << i, isInside);
  }
  return inside;
}`;
}

/** Rows that an invocation owns beyond the halo, and lanes beyond the chunk, are dropped; lanes beyond the last channel are zero. */
function hiddenText(variant: ExpandingVariant): string {
  const {
    expand: {layer, tile},
    hiddenChunk,
    precision,
  } = variant;
  const lanes = lanesOf(hiddenChunk);
  const pixels = haloPixels(variant.spatial);
  const isOwned = [
    ...(tile.rows > pixels ? [`pixel < ${pixels}u`] : []),
    ...(lanes % tile.columnThreads === 0 ? [] : [`laneOfChunk < ${lanes}u`]),
  ];
  const value = existing(layer.outputs, 'lane', activated(layer, 'sum', 'lane'), roundUp(layer.outputs, hiddenChunk));
  const put = `hidden[pixel * ${oddStride(lanes)}u + laneOfChunk] = vec4<${elementType(precision)}>(value);`;
  return `fn set_hidden(pixel: u32, inside: bool, chunk: u32, laneOfChunk: u32, sum: vec4<f32>) {
  let lane = chunk * ${lanes}u + laneOfChunk;
  let value = select(vec4<f32>(), ${value}, inside);
  ${isOwned.length === 0 ? put : `if (${isOwned.join(' && ')}) {\n    ${put}\n  }`}
}`;
}

/** `inside` is what rows_inside says. */
function expandChunkText(variant: ExpandingVariant): string {
  const {
    expand: {layer, tile},
    hiddenChunk,
  } = variant;
  const {lanes} = threadTile(tile);
  const puts = ownedBy(tile).flatMap(({quad, lane, sums}, i) =>
    sums.map((sum, k) => {
      const bit = 2 ** (QUAD * Math.floor(i / lanes) + k);
      return `  set_hidden(${rowOf(quad, k)}, (inside & ${bit}u) != 0u, chunk, ${lane}, ${sum});`;
    }),
  );
  return `fn expand_chunk(image: u32, firstRow: u32, firstColumn: u32, inside: u32, chunk: u32, thread: u32) {
${threadText(tile)}
${sumsText(tile, layer, `chunk * ${lanesOf(hiddenChunk)}u`)}
${keepsInput(variant) ? inputProductText(variant, '0u') : slabsText(variant)}
${puts.join('\n')}
  workgroupBarrier();
}`;
}

function inputProductText(variant: ExpandingVariant, slab: string): string {
  const {layer, tile} = variant.expand;
  return productText({tile, pixels: inputArray(variant), lanes: slabLanes(tile, layer.inputs, slab)});
}

function slabsText(variant: ExpandingVariant): string {
  const {
    expand: {layer, tile},
    hiddenChunk,
  } = variant;
  return `  for (var slab = 0u; slab < ${Math.ceil(layer.inputs / tile.slab)}u; slab++) {
    stage_expand(chunk * ${hiddenChunk / PANEL}u, slab * ${tile.slab}u, 0u, thread);
    stage_hidden(image, firstRow, firstColumn, slab * ${lanesOf(tile.slab)}u, 0u, thread);
    workgroupBarrier();
${inputProductText(variant, 'slab')}
    workgroupBarrier();
  }`;
}

/** `lane` counts from the first hidden channel; a chunk begins at a multiple of its lanes. */
function tapText({spatial, hiddenChunk}: ExpandFirstVariant): string {
  const chunkLanes = lanesOf(hiddenChunk);
  return `fn tap(image: u32, row: i32, column: i32, lane: u32) -> vec4<f32> {
  let pixel = u32(row) * ${haloOf(spatial).width}u + u32(column);
  return vec4<f32>(hidden[pixel * ${oddStride(chunkLanes)}u + lane % ${chunkLanes}u]);
}`;
}
