/**
 * y = act(project(act(conv(act(expand(x))))) [+ x]): a rectangle of output pixels a workgroup, its intermediates in workgroup memory.
 * Hidden channels are taken in chunks of whole groups. Without `expand` the conv reads stored hidden values, or in a
 * separable block x, straight from their buffer: what neighbouring windows share comes from the cache, and the workgroup memory is
 * left for larger tiles.
 *
 * Thread map: all invocations split three computations, one after the other in each chunk.
 * - expand: the halo times the chunk, a matrix product (hiddenHalo.ts);
 * - conv: the rectangle's segments × the chunk's lanes (convolve.ts);
 * - project: the rectangle times all outputs, a matrix product (gemm.ts), its sums in registers over all chunks.
 * Workgroup bytes: those of hiddenHalo.ts; `spatial`, rectangle × chunk; `weights`, a slab of expand's and one of project's.
 * Barriers a chunk: those of hiddenHalo.ts and one after the conv, or two without `expand`; and two for each slab of project's
 * but the first. Slabs have one buffer: a second one would pay less than a larger tile.
 */
import {PANEL, roundUp} from '../../params.ts';
import {
  type ChannelForm,
  type ExpandFirstVariant,
  expands,
  keepsInput,
  lanesOf,
  QUAD,
  rowsOf,
  segmentRows,
  storedForm,
  threadsOf,
} from '../planner/variant.ts';
import {activated} from './activations.ts';
import {convolveText, eachSegmentText, OF_HALO} from './convolve.ts';
import {finishText} from './finish.ts';
import {
  finishTileText,
  joinTexts,
  weightsArrays,
  productText,
  range,
  slabLanes,
  slabVectors,
  sumsText,
  threadText,
} from './gemm.ts';
import {hiddenHaloArrays, hiddenHaloText} from './hiddenHalo.ts';
import type {Shader} from './module.ts';
import {putQuadText, putSegment, quadArray, type QuadArray} from './quads.ts';
import {imageTapText} from './spatialTile.ts';
import {stagedWeights, stageText, wholeChunks} from './staging.ts';
import {outputPixelText, tilePositionText} from './tilePosition.ts';
import {existing} from './vectors.ts';

/** The shader of an expand-first block, of what follows its expansion, or of a separable block. */
export const expandFirstShader: Shader<ExpandFirstVariant> = {
  arrays: (variant) => {
    const {projectTile, precision} = variant;
    return [
      ...(expands(variant) ? hiddenHaloArrays(variant) : []),
      quadArray(spatialArray(variant)),
      ...weightsArrays(projectTile, precision, projectWeightsAt(variant) + slabVectors(projectTile)),
    ];
  },
  parts: (variant) => {
    const {expand, spatial, project, residual, hiddenChunk, projectTile, precision} = variant;
    const output: ChannelForm = {channels: project.outputs, form: 'plain'};
    const layers = [...(expand === null ? [] : [expand.layer]), spatial.layer, project];
    return {
      output,
      inputs: inputsOf(variant),
      activations: layers.map(({activation}) => activation),
      functions: [
        expands(variant) ? hiddenHaloText(variant) : imageTapText(variant.convolvesX === true ? 'x' : 'source'),
        convolveText(spatial.layer, spatial.tile, expands(variant) ? OF_HALO : undefined),
        putQuadText(spatialArray(variant)),
        convolveChunkText(variant),
        stageText(
          stagedWeights({
            ...{name: 'project', layer: project, tile: projectTile, precision},
            reach: wholeChunks(project, projectTile, hiddenChunk),
          }),
        ),
        outputPixelText(spatial.tile),
        finishText({layer: project, output, residual}),
        ...joinTexts(projectTile, precision),
      ],
      body: bodyText(variant),
    };
  },
};

/** Returns where project's slab begins in `weights`, after expand's: each is staged while the other is used. Units: vectors. */
function projectWeightsAt({expand}: ExpandFirstVariant): number {
  return expand === null ? 0 : slabVectors(expand.tile);
}

/** The rectangle's values of a chunk. */
function spatialArray({spatial: {tile}, hiddenChunk, precision}: ExpandFirstVariant): QuadArray {
  return {name: 'spatial', precision, rows: rowsOf(tile), lanes: lanesOf(hiddenChunk)};
}

function inputsOf(variant: ExpandFirstVariant): Record<string, ChannelForm> {
  const {expand, project, residual} = variant;
  if (expand !== null) return {x: {channels: expand.layer.inputs, form: 'plain'}};
  const source = storedForm(variant);
  if (variant.convolvesX === true) return {x: source};
  return residual ? {source, x: {channels: project.outputs, form: 'plain'}} : {source};
}

/** Lanes beyond the last channel have no filter and are not convolved: they are zero, and project's weights for them too. */
function convolveChunkText(variant: ExpandFirstVariant): string {
  const {
    spatial: {layer, tile},
    hiddenChunk,
    projectTile,
  } = variant;
  const chunkLanes = lanesOf(hiddenChunk);
  const pixel = expands(variant) ? 'row, column' : 'firstRow + row, firstColumn + column';
  const value = (p: number): string =>
    existing(
      layer.channels,
      'hiddenLane',
      activated(layer, `sums[${p}]`, 'hiddenLane'),
      roundUp(layer.channels, hiddenChunk),
    );
  return `fn convolve_chunk(image: u32, firstRow: u32, firstColumn: u32, chunk: u32, thread: u32) {
${eachSegmentText({
  tile,
  lanes: chunkLanes,
  threads: threadsOf(projectTile),
  sums: `let hiddenLane = chunk * ${chunkLanes}u + lane;
    var sums = array<vec4<f32>, ${tile.segment}>();
    if (hiddenLane < ${lanesOf(layer.channels)}u) {
      sums = convolve(image, ${pixel}, hiddenLane);
    }`,
  put: putSegment(spatialArray(variant), {
    lane: 'lane',
    firstQuad: `segment * ${segmentRows(tile) / QUAD}u`,
    pixels: range(tile.segment).map(value),
  }),
})}
}`;
}

function bodyText(variant: ExpandFirstVariant): string {
  const {spatial, project, projectTile, hiddenChunk, precision} = variant;
  const kept = expands(variant) && keepsInput(variant);
  const {slab} = projectTile;
  const panels = hiddenChunk / PANEL;
  const stageExpand = (chunk: string): string => `stage_expand((${chunk}) * ${panels}u, 0u, 0u, thread);`;
  return `${tilePositionText(spatial.tile)}
${expands(variant) ? '  let inside = rows_inside(image, firstRow, firstColumn, thread);' : ''}
${threadText(projectTile)}
${sumsText(projectTile, project, '0u')}
${kept ? `  stage_pixels(image, firstRow, firstColumn, 0u, 0u, thread);\n  ${stageExpand('0u')}\n  workgroupBarrier();` : ''}
  for (var chunk = 0u; chunk < ${Math.ceil(spatial.layer.channels / hiddenChunk)}u; chunk++) {
    ${expands(variant) ? 'expand_chunk(image, firstRow, firstColumn, inside, chunk, thread);' : 'workgroupBarrier();'}
    convolve_chunk(image, firstRow, firstColumn, chunk, thread);
    ${kept ? stageExpand('chunk + 1u') : ''}
    for (var slab = 0u; slab < ${Math.ceil(hiddenChunk / slab)}u; slab++) {
      if (slab > 0u) {
        workgroupBarrier();
      }
      stage_project(0u, chunk * ${hiddenChunk}u + slab * ${slab}u, ${projectWeightsAt(variant)}u, thread);
      workgroupBarrier();
${projectProductText(variant)}
    }
  }
${finishTileText(projectTile, precision, (row, lane, sum) => `finish(output_pixel(image, firstRow, firstColumn, ${row}), ${lane}, ${sum});`)}`;
}

function projectProductText(variant: ExpandFirstVariant): string {
  const {projectTile, hiddenChunk} = variant;
  return productText({
    tile: projectTile,
    pixels: spatialArray(variant),
    firstLane: `slab * ${lanesOf(projectTile.slab)}u`,
    at: projectWeightsAt(variant),
    lanes: slabLanes(projectTile, hiddenChunk, 'slab'),
  });
}
