/**
 * y = project(act(expand(norm(act(conv(x)))))) [+ x]: a tile of pixels a workgroup, all that lies between in workgroup memory.
 * Hidden channels are taken in chunks; of each the expanded values exist only until project has used them.
 *
 * Thread map: all invocations fill the tile (spatialTile.ts), then share the product of its pixels and a chunk's columns, then
 * that of the chunk and all outputs (gemm.ts), whose sums stay in registers over all chunks.
 * From a stored spatial output the tile is pixels in a row, and it is staged slab by slab beside the weights, again for each
 * chunk: that takes rows ÷ (2 · chunk) of the weights' own traffic more, and no memory, since a slab lies in `hidden` while that
 * is empty; a whole tile would take channels × rows, which leaves few workgroups in flight at 200 channels and is too much at 400.
 *
 * Workgroup bytes (convFirstArrays): the tile and its LayerNorm's sums; the chunk; a slab of weights, of the larger layer.
 * Barriers: the tile's; for each slab of weights two, after staging and after use. Two buffers of half a slab would need as many.
 */
import {PANEL} from '../../params.ts';
import {type ConvFirstVariant, lanesOf, pixelsOf, type SpatialStage, threadsOf} from '../planner/variant.ts';
import {activationTexts} from './activations.ts';
import {activatedSum, finishText} from './finish.ts';
import {
  eachOwnedText,
  pixelStagingText,
  productText,
  slabLanes,
  slabVectors,
  stagingText,
  sumsText,
  threadText,
} from './gemm.ts';
import {elementType, existing, moduleText} from './module.ts';
import {spatialTileArrays, spatialTileText, type SpatialTileParts, tileStride} from './spatialTile.ts';
import {outputPixelText, tilePlaceText} from './tilePlace.ts';
import {vectorArray, type WorkgroupArray, workgroupText} from './workgroupArrays.ts';

/** Returns the shader's text. */
export function convFirstText(variant: ConvFirstVariant): string {
  const {spatial, expand, project, residual, expandTile, projectTile, precision} = variant;
  const stored = {source: {channels: expand.inputs, form: 'padded'}} as const;
  const x = {x: {channels: spatial?.layer.channels ?? project.outputs, form: 'plain'}} as const;
  const output = {channels: project.outputs, form: 'plain'} as const;
  const activations = [expand, project, ...(spatial === null ? [] : [spatial.layer])].map(({activation}) => activation);
  return moduleText({
    precision,
    threads: threadsOf(expandTile),
    inputs: {...(spatial === null ? stored : {}), ...(spatial !== null || residual ? x : {})},
    output,
    declarations: [
      activationTexts(activations),
      workgroupText(convFirstArrays(variant)),
      ...(spatial === null
        ? [linearStagingText(variant)]
        : [spatialTileText(tileParts(variant, spatial)), outputPixelText(spatial.tile)]),
      stagingText('expand', expand, expandTile, precision),
      stagingText('project', project, projectTile, precision),
      putHiddenText(variant),
      expandChunkText(variant),
      finishText({layer: project, output, residual}),
    ],
    body: bodyText(variant),
  });
}

/** Returns the workgroup memory of the shader. */
export function convFirstArrays(variant: ConvFirstVariant): WorkgroupArray[] {
  const {spatial, expandTile, projectTile, precision} = variant;
  return [
    ...(spatial === null ? [] : spatialTileArrays(tileParts(variant, spatial))),
    vectorArray('hidden', precision, expandTile.rows * hiddenStride(variant)),
    vectorArray('weights', precision, Math.max(slabVectors(expandTile), slabVectors(projectTile))),
  ];
}

function tileParts({expandTile, precision}: ConvFirstVariant, spatial: SpatialStage): SpatialTileParts {
  return {...spatial, threads: threadsOf(expandTile), precision, source: 'x'};
}

/** A row of `hidden`, in vectors, and one more: rows that are read together would else begin in the same memory bank. */
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

/** Rows that the tile has no pixels for compute the last pixel again. */
function tileValue({expandTile}: ConvFirstVariant, {layer, tile}: SpatialStage, row: string, lane: string): string {
  const pixels = pixelsOf(tile);
  const pixel = pixels < expandTile.rows ? `min(${row}, ${pixels - 1}u)` : `(${row})`;
  return `tile[${pixel} * ${tileStride(layer)}u + ${lane}]`;
}

/** A chunk may reach beyond the last hidden channel: zero. Lanes beyond the chunk belong to no invocation's tile. */
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

/** The place of a tile's row in the output, an expression. */
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
    spatial === null ? '' : `${tilePlaceText(spatial.tile)}\n  fill_tile(image, firstRow, firstColumn, thread);\n`;
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
