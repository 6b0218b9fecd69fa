/**
 * y = project(act(expand(norm(act(conv(x)))))) [+ x]: a tile of pixels a workgroup, its intermediates in workgroup memory. Hidden
 * channels are taken in chunks, and the expanded values of a chunk overwritten by the next.
 *
 * Thread map: all invocations compute the tile's spatial conv (spatialTile.ts), then split the product of its pixels and a
 * chunk's columns, then that of the chunk and all outputs (gemm.ts), whose sums stay in registers over all chunks.
 * Of a stored spatial output the tile is pixels in a row, staged slab by slab beside the weights and again for each chunk. That
 * reads rows ÷ (2 · chunk) more than the weights alone, and takes no memory, since the slab lies in `hidden` before the chunk
 * does. A whole tile would take channels × rows: with 200 channels few workgroups would be resident, and 400 would not fit.
 *
 * Workgroup bytes: the tile and the sums of its LayerNorm; the chunk; a slab of weights, of the larger layer.
 * Barriers: those of spatialTile.ts; two for each slab of weights, after staging and after use. Two buffers of half a slab would
 * need as many.
 */
import {PANEL} from '../../params.ts';
import {
  type ChannelForm,
  type ConvFirstVariant,
  lanesOf,
  pixelsOf,
  type SpatialStage,
  threadsOf,
} from '../planner/variant.ts';
import {activatedSum, finishText} from './finish.ts';
import {
  eachOwnedText,
  pixelStagingText,
  productText,
  slabLanes,
  slabVectors,
  stagingText,
  wholeChunks,
  wholeTiles,
  sumsText,
  threadText,
} from './gemm.ts';
import type {Shader} from './module.ts';
import {spatialTileArrays, spatialTileText, type SpatialTileParts, tileStride} from './spatialTile.ts';
import {outputPixelText, tilePositionText} from './tilePosition.ts';
import {elementType, existing} from './vectors.ts';
import {vectorArray} from './workgroupArrays.ts';

/** The shader of a conv-first block, or of what follows its spatial conv. */
export const convFirstShader: Shader<ConvFirstVariant> = {
  arrays: (variant) => {
    const {spatial, expandTile, projectTile, precision} = variant;
    return [
      ...(spatial === null ? [] : spatialTileArrays(tileParts(variant, spatial))),
      vectorArray('hidden', precision, expandTile.rows * hiddenStride(variant)),
      vectorArray('weights', precision, Math.max(slabVectors(expandTile), slabVectors(projectTile))),
    ];
  },
  parts: (variant) => {
    const {spatial, expand, project, residual, expandTile, projectTile, precision} = variant;
    const output: ChannelForm = {channels: project.outputs, form: 'plain'};
    const layers = [expand, project, ...(spatial === null ? [] : [spatial.layer])];
    return {
      output,
      inputs: inputsOf(variant),
      activations: layers.map(({activation}) => activation),
      functions: [
        ...(spatial === null
          ? [linearStagingText(variant)]
          : [spatialTileText(tileParts(variant, spatial)), outputPixelText(spatial.tile)]),
        stagingText({
          name: 'expand',
          layer: expand,
          tile: expandTile,
          precision,
          reach: wholeTiles(expand, expandTile),
        }),
        stagingText({
          name: 'project',
          layer: project,
          tile: projectTile,
          precision,
          reach: wholeChunks(project, projectTile, expandTile.columns),
        }),
        putHiddenText(variant),
        expandChunkText(variant),
        finishText({layer: project, output, residual}),
      ],
      body: bodyText(variant),
    };
  },
};

function inputsOf({spatial, expand, project, residual}: ConvFirstVariant): Record<string, ChannelForm> {
  if (spatial !== null) return {x: {channels: spatial.layer.channels, form: 'plain'}};
  const source: ChannelForm = {channels: expand.inputs, form: 'padded'};
  return residual ? {source, x: {channels: project.outputs, form: 'plain'}} : {source};
}

function tileParts({expandTile, precision}: ConvFirstVariant, spatial: SpatialStage): SpatialTileParts {
  return {...spatial, threads: threadsOf(expandTile), precision, source: 'x'};
}

/** Returns the vectors from one row of `hidden` to the next: one more than it has, so that rows begin in different banks. */
function hiddenStride({spatial, expandTile}: ConvFirstVariant): number {
  const {columns, slab} = expandTile;
  return lanesOf(spatial === null ? Math.max(columns, slab) : columns) + 1;
}

function linearStagingText(variant: ConvFirstVariant): string {
  const {expand, expandTile, precision} = variant;
  return pixelStagingText({into: 'hidden', stride: hiddenStride(variant), layer: expand, tile: expandTile, precision});
}

/** `workgroup` is the tile's number. */
function expandChunkText(variant: ConvFirstVariant): string {
  const {spatial, expand, expandTile} = variant;
  const {slab, rows, columns} = expandTile;
  const lanes = lanesOf(slab);
  const stagePixels = `    stage_pixels(workgroup * ${rows}u, slab * ${lanes}u, 0u, thread);\n`;
  return `fn expand_chunk(workgroup: u32, chunk: u32, thread: u32) {
${threadText(expandTile)}
${sumsText(expandTile)}
  for (var slab = 0u; slab < ${Math.ceil(expand.inputs / slab)}u; slab++) {
    stage_expand(slab * ${slab}u, chunk * ${columns / PANEL}u, 0u, thread);
${spatial === null ? stagePixels : ''}    workgroupBarrier();
${productText({
  tile: expandTile,
  at: '0u',
  lanes: slabLanes(expandTile, expand.inputs, 'slab'),
  value: (row, inputs) =>
    spatial === null
      ? `hidden[(${row}) * ${hiddenStride(variant)}u + ${inputs}]`
      : tileValue(variant, spatial, row, `slab * ${lanes}u + ${inputs}`),
})}
    workgroupBarrier();
  }
${eachOwnedText(expandTile, ({sum, row, lane}) => `put_hidden(chunk, ${row}, ${lane}, ${sum});`)}
}`;
}

/** Rows beyond the tile's pixels compute the last pixel again. */
function tileValue({expandTile}: ConvFirstVariant, {layer, tile}: SpatialStage, row: string, lane: string): string {
  const pixels = pixelsOf(tile);
  const pixel = pixels < expandTile.rows ? `min(${row}, ${pixels - 1}u)` : `(${row})`;
  return `tile[${pixel} * ${tileStride(layer)}u + ${lane}]`;
}

/** Channels of the chunk beyond the last hidden channel are zero. Lanes that an invocation owns beyond the chunk are dropped. */
function putHiddenText(variant: ConvFirstVariant): string {
  const {expand, expandTile, precision} = variant;
  const lanes = lanesOf(expandTile.columns);
  return `fn put_hidden(chunk: u32, row: u32, laneOfChunk: u32, sum: vec4<f32>) {
  let lane = chunk * ${lanes}u + laneOfChunk;
  var value = vec4<f32>();
  if (lane < ${lanesOf(expand.outputs)}u) {
    value = ${existing(expand.outputs, 'lane', activatedSum(expand))};
  }
  if (laneOfChunk < ${lanes}u) {
    hidden[row * ${hiddenStride(variant)}u + laneOfChunk] = vec4<${elementType(precision)}>(value);
  }
}`;
}

/** Returns the pixel of the output that a row of the tile is, an expression. */
function outputPixel({spatial, expandTile}: ConvFirstVariant, row: string): string {
  return spatial === null
    ? `workgroup * ${expandTile.rows}u + ${row}`
    : `output_pixel(image, firstRow, firstColumn, ${row})`;
}

function bodyText(variant: ConvFirstVariant): string {
  const {spatial, expand, expandTile, projectTile} = variant;
  const {columns} = expandTile;
  const {slab} = projectTile;
  const fill =
    spatial === null ? '' : `${tilePositionText(spatial.tile)}\n  fill_tile(image, firstRow, firstColumn, thread);\n`;
  return `${fill}${threadText(projectTile)}
${sumsText(projectTile)}
  for (var chunk = 0u; chunk < ${Math.ceil(expand.outputs / columns)}u; chunk++) {
    expand_chunk(workgroup, chunk, thread);
    for (var slab = 0u; slab < ${Math.ceil(columns / slab)}u; slab++) {
      stage_project(chunk * ${columns}u + slab * ${slab}u, 0u, 0u, thread);
      workgroupBarrier();
${productText({
  tile: projectTile,
  at: '0u',
  lanes: slabLanes(projectTile, columns, 'slab'),
  value: (row, inputs) => `hidden[(${row}) * ${hiddenStride(variant)}u + slab * ${lanesOf(slab)}u + ${inputs}]`,
})}
      workgroupBarrier();
    }
  }
${eachOwnedText(projectTile, ({sum, row, lane}) => `finish(${outputPixel(variant, row)}, ${lane}, ${sum});`)}`;
}
