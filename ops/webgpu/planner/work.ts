/**
 * The work of a workgroup, counted from its variant stage by stage (stageWork.ts): what its busiest invocation does, and what the
 * workgroup asks of the caches.
 */
import {counted, type GroupWork, holding, NOTHING, sequence, times} from './counts.ts';
import {
  VECTOR_BYTES,
  ACTIVATION_INSTRUCTIONS,
  sumRegisters,
  productWork,
  readPixels,
  addedProduct,
  convWork,
  segmentsOf,
  tapOf,
  convInput,
  convOutput,
  stagedPixels,
  normWork,
  hiddenWork,
  storedProduct,
} from './stageWork.ts';
import {gatedWork, squaresWork, tileSumsWork, gatesWork} from './sweepWork.ts';
import {
  type ChannelForm,
  type ConvFirstVariant,
  type ExpandFirstVariant,
  type ExpandingVariant,
  expands,
  keepsInput,
  LANE,
  lanesOf,
  ownGates,
  pixelsOf,
  type PointwiseVariant,
  quadsOf,
  rowsOf,
  type SpatialStage,
  type SpatialVariant,
  storedForm,
  threadsOf,
  type Variant,
} from './variant.ts';
/** Returns the work of a workgroup, its tile counted as a whole one. */
export function groupWork(variant: Variant): GroupWork {
  switch (variant.kernel) {
    case 'pointwise':
      return pointwiseWork(variant);
    case 'spatial':
      return spatialWork(variant);
    case 'gates':
      return gatesWork(variant);
    case 'conv-first':
      return convFirstWork(variant);
    case 'expand-first':
      return expandFirstWork(variant);
    default:
      return variant satisfies never;
  }
}

function pointwiseWork(variant: PointwiseVariant): GroupWork {
  const {layer, source, residual, tile, prefetch, readsPixels, precision, gated, sumsSquares} = variant;
  const reads = readsPixels === true;
  const own = ownGates(variant);
  return sequence([
    productWork(tile, layer.inputs, {precision, staging: prefetch ? 'prefetched' : 'stepped', reads}),
    reads ? readPixels(tile, layer.inputs) : stagedPixels(tile, source.channels, prefetch),
    gated === undefined ? NOTHING : gatedWork(variant, gated),
    own === null ? NOTHING : gatesWork(own),
    storedProduct(tile, layer.activation, residual),
    sumsSquares === true ? squaresWork(tile) : NOTHING,
  ]);
}

function spatialWork({layer, source, tile, threads, precision, sumsValues}: SpatialVariant): GroupWork {
  const items = segmentsOf(tile, threads, layer.channels);
  return sequence([
    convWork({layer, tile, threads, precision, tap: tapOf(source)}),
    convInput({layer, tile}, source),
    normWork(layer, {units: pixelsOf(tile), threads, vectors: 1}),
    counted({
      activation: items * tile.segment * ACTIVATION_INSTRUCTIONS[layer.activation],
      output: items * tile.segment,
    }),
    {...NOTHING, cacheBytes: pixelsOf(tile) * lanesOf(layer.channels) * VECTOR_BYTES},
    sumsValues === true
      ? tileSumsWork({written: items, rows: pixelsOf(tile) / tile.segment, lanes: lanesOf(layer.channels), threads})
      : NOTHING,
  ]);
}

function convFirstWork(variant: ConvFirstVariant): GroupWork {
  const {spatial, expand, project, residual, expandTile, projectTile, precision} = variant;
  const chunks = Math.ceil(expand.outputs / expandTile.columns);
  const chunk = sequence([
    productWork(expandTile, expand.inputs, {precision}),
    ...(spatial === null ? [stagedPixels(expandTile, expand.inputs)] : []),
    hiddenWork(expandTile, expand.activation, 'hidden'),
    addedProduct(projectTile, expandTile.columns, precision),
  ]);
  return sequence([
    ...(spatial === null ? [] : [convFirstInput(variant, spatial)]),
    holding(sumRegisters(projectTile), times(chunks, chunk)),
    storedProduct(projectTile, project.activation, residual),
  ]);
}

function convFirstInput({expandTile, precision}: ConvFirstVariant, {layer, tile}: SpatialStage): GroupWork {
  const x: ChannelForm = {channels: layer.channels, form: 'plain'};
  const threads = threadsOf(expandTile);
  return sequence([
    convWork({layer, tile, threads, precision, tap: tapOf(x)}),
    convInput({layer, tile}, x),
    convOutput(layer, tile, {threads, channels: layer.channels}),
    normWork(layer, {units: quadsOf(rowsOf(tile)), threads, vectors: LANE}),
  ]);
}

function expandFirstWork(variant: ExpandFirstVariant): GroupWork {
  const {spatial, project, residual, hiddenChunk, projectTile, precision} = variant;
  const {layer, tile} = spatial;
  const threads = threadsOf(projectTile);
  const whole = expands(variant);
  const stored = storedForm(variant);
  const chunk = sequence([
    ...(whole ? [expandedChunk(variant)] : []),
    convWork({
      layer: {...layer, channels: hiddenChunk},
      ...{tile, threads, precision},
      tap: whole ? 'sharedTap' : tapOf(stored),
    }),
    convOutput(layer, tile, {threads, channels: hiddenChunk}),
    addedProduct(projectTile, hiddenChunk, precision),
  ]);
  return sequence([
    ...(whole && keepsInput(variant) ? [inputWork(variant)] : []),
    ...(whole ? [] : [convInput(spatial, stored)]),
    holding(sumRegisters(projectTile), times(Math.ceil(layer.channels / hiddenChunk), chunk)),
    storedProduct(projectTile, project.activation, residual),
  ]);
}

function expandedChunk(variant: ExpandingVariant): GroupWork {
  const {expand, precision} = variant;
  return sequence([
    productWork(expand.tile, expand.layer.inputs, {precision}),
    ...(keepsInput(variant) ? [] : [inputWork(variant)]),
    hiddenWork(expand.tile, expand.layer.activation, 'halo'),
  ]);
}

function inputWork({expand}: ExpandingVariant): GroupWork {
  return stagedPixels(expand.tile, expand.layer.inputs);
}
