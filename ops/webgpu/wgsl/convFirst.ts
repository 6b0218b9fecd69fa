/**
 * y = act(project(act(expand(norm(act(conv(x)))))) [+ x]): a tile of pixels a workgroup, its intermediates in workgroup memory. Hidden
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
import {PANEL, roundUp} from '../../params.ts';
import {type ChannelForm, type ConvFirstVariant, lanesOf, type SpatialStage, threadsOf} from '../planner/variant.ts';
import {activated} from './activations.ts';
import {finishText} from './finish.ts';
import {
  finishTileText,
  joinTexts,
  weightsArrays,
  ownedBy,
  productText,
  slabLanes,
  slabVectors,
  sumsText,
  threadText,
} from './gemm.ts';
import type {Shader} from './module.ts';
import {putQuad, putQuadText, quadArray, type QuadArray} from './quads.ts';
import {spatialTileArrays, spatialTileText, type SpatialTileParts, tileArray} from './spatialTile.ts';
import {stagedPixels, stagedWeights, stageText, wholeChunks, wholeTiles} from './staging.ts';
import {outputPixelText, tilePositionText} from './tilePosition.ts';
import {existing} from './vectors.ts';

/** The shader of a conv-first block, or of what follows its spatial conv. */
export const convFirstShader: Shader<ConvFirstVariant> = {
  arrays: (variant) => {
    const {spatial, expandTile, projectTile, precision} = variant;
    return [
      ...(spatial === null ? [] : spatialTileArrays(tileParts(variant, spatial))),
      quadArray(hiddenArray(variant)),
      ...weightsArrays(projectTile, precision, Math.max(slabVectors(expandTile), slabVectors(projectTile))),
    ];
  },
  parts: (variant) => {
    const {spatial, expand, project, residual, expandTile, projectTile, precision} = variant;
    const output: ChannelForm = {channels: project.outputs, form: 'plain'};
    const layers = [expand, project, ...(spatial === null ? [] : [spatial.layer])];
    const weights = {
      expand: {layer: expand, tile: expandTile, reach: wholeTiles(expand, expandTile)},
      project: {layer: project, tile: projectTile, reach: wholeChunks(project, projectTile, expandTile.columns)},
    };
    return {
      output,
      inputs: inputsOf(variant),
      activations: layers.map(({activation}) => activation),
      functions: [
        ...(spatial === null
          ? [linearStagingText(variant)]
          : [
              spatialTileText(tileParts(variant, spatial)),
              outputPixelText(spatial.tile),
              putQuadText(hiddenArray(variant)),
            ]),
        ...Object.entries(weights).map(([name, layer]) => stageText(stagedWeights({name, precision, ...layer}))),
        expandChunkText(variant),
        finishText({layer: project, output, residual}),
        ...joinTexts(projectTile, precision),
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
  return {...spatial, threads: threadsOf(expandTile), precision, by: 'quads', source: 'x'};
}

/** A chunk of the tile's hidden values; before it, of a stored spatial output a slab. */
function hiddenArray({spatial, expandTile: {rows, columns, slab}, precision}: ConvFirstVariant): QuadArray {
  return {name: 'hidden', precision, rows, lanes: lanesOf(spatial === null ? Math.max(columns, slab) : columns)};
}

function linearStagingText(variant: ConvFirstVariant): string {
  const {expand, expandTile} = variant;
  const source: ChannelForm = {channels: expand.inputs, form: 'padded'};
  return stageText(stagedPixels({into: hiddenArray(variant), layer: expand, tile: expandTile, source}));
}

/** `workgroup` is the tile's number. */
function expandChunkText(variant: ConvFirstVariant): string {
  const {spatial, expand, expandTile, precision} = variant;
  const {slab, rows, columns} = expandTile;
  const lanes = lanesOf(slab);
  const stagePixels = `    stage_hidden(workgroup * ${rows}u, slab * ${lanes}u, 0u, thread);\n`;
  const pixels =
    spatial === null
      ? {pixels: hiddenArray(variant)}
      : {pixels: tileArray({...spatial, precision}), firstLane: `slab * ${lanes}u`};
  return `fn expand_chunk(workgroup: u32, chunk: u32, thread: u32) {
${threadText(expandTile)}
${sumsText(expandTile, expand, `chunk * ${lanesOf(columns)}u`)}
  for (var slab = 0u; slab < ${Math.ceil(expand.inputs / slab)}u; slab++) {
    stage_expand(chunk * ${columns / PANEL}u, slab * ${slab}u, 0u, thread);
${spatial === null ? stagePixels : ''}    workgroupBarrier();
${productText({tile: expandTile, ...pixels, lanes: slabLanes(expandTile, expand.inputs, 'slab')})}
    workgroupBarrier();
  }
${putChunkText(variant)}
}`;
}

/** Channels of the chunk beyond the last hidden channel are zero. Lanes that an invocation owns beyond the chunk are dropped. */
function putChunkText(variant: ConvFirstVariant): string {
  const {expand, expandTile} = variant;
  const lanes = lanesOf(expandTile.columns);
  const reach = roundUp(expand.outputs, expandTile.columns);
  const overhangs = lanes % expandTile.columnThreads !== 0;
  const value = (sum: string, lane: string): string => {
    const hiddenLane = `chunk * ${lanes}u + ${lane}`;
    return existing(expand.outputs, hiddenLane, activated(expand, sum, hiddenLane), reach);
  };
  const puts = ownedBy(expandTile).map(({quad, lane, sums}) => {
    const put = putQuad(
      hiddenArray(variant),
      `(${lane})`,
      quad,
      sums.map((sum) => value(sum, lane)),
    );
    return overhangs ? `  if (${lane} < ${lanes}u) {\n    ${put}\n  }` : `  ${put}`;
  });
  return puts.join('\n');
}

/** Returns the pixel of the output that a row of the tile is, an expression. */
function outputPixel({spatial, expandTile}: ConvFirstVariant, row: string): string {
  return spatial === null
    ? `workgroup * ${expandTile.rows}u + ${row}`
    : `output_pixel(image, firstRow, firstColumn, ${row})`;
}

function bodyText(variant: ConvFirstVariant): string {
  const {spatial, expand, project, expandTile, projectTile, precision} = variant;
  const {columns} = expandTile;
  const {slab} = projectTile;
  const fill =
    spatial === null ? '' : `${tilePositionText(spatial.tile)}\n  fill_tile(image, firstRow, firstColumn, thread);\n`;
  return `${fill}${threadText(projectTile)}
${sumsText(projectTile, project, '0u')}
  for (var chunk = 0u; chunk < ${Math.ceil(expand.outputs / columns)}u; chunk++) {
    expand_chunk(workgroup, chunk, thread);
    for (var slab = 0u; slab < ${Math.ceil(columns / slab)}u; slab++) {
      stage_project(0u, chunk * ${columns}u + slab * ${slab}u, 0u, thread);
      workgroupBarrier();
${productText({
  tile: projectTile,
  pixels: hiddenArray(variant),
  firstLane: `slab * ${lanesOf(slab)}u`,
  lanes: slabLanes(projectTile, columns, 'slab'),
})}
      workgroupBarrier();
    }
  }
${finishTileText(projectTile, precision, (row, lane, sum) => `finish(${outputPixel(variant, row)}, ${lane}, ${sum});`)}`;
}
