/**
 * y = act(source · W + b [+ x]): one matrix product a pass.
 *
 * Thread map: a workgroup owns `rows` pixels, in the order in which they lie, and `columns` outputs, split as in gemm.ts.
 * Workgroup bytes: a slab of pixels and of weights, of which sums of several parts take the place in the end; in float16, where they
 * do not fit, beside it. Barriers: two a slab. With `prefetch` the loads of the next slab are on their way during a product. With
 * `readsPixels` weights alone are staged: the invocations of a wave read the same pixels, which a cache gives them all at once.
 */
import {PANEL} from '../../params.ts';
import {type GemmTile, lanesOf, type PointwiseVariant, QUAD} from '../planner/variant.ts';
import {finishText} from './finish.ts';
import {
  finishTileText,
  joinTexts,
  productText,
  readProductText,
  slabVectors,
  sumsText,
  threadText,
  weightsArrays,
} from './gemm.ts';
import type {Shader} from './module.ts';
import {quadArray, type QuadArray} from './quads.ts';
import {
  copyText,
  fetchText,
  firstItemText,
  itemsText,
  putText,
  type Staged,
  stagedPixels,
  stagedWeights,
  steppedWeights,
  stageText,
  type WeightsParts,
  wholeTiles,
} from './staging.ts';

/** The shader of a product. */
export const pointwiseShader: Shader<PointwiseVariant> = {
  arrays: (variant) => {
    const {tile, precision, readsPixels} = variant;
    const weights = weightsArrays(tile, precision, slabVectors(tile));
    return readsPixels === true ? weights : [...weights, quadArray(pixelsArray(variant))];
  },
  parts: (variant) => {
    const {layer, source, output, residual, tile, precision} = variant;
    return {
      output,
      inputs: {source, ...(residual ? {x: output} : {})},
      activations: [layer.activation],
      functions: [...stagingTexts(variant), finishText(variant), ...joinTexts(tile, precision)],
      body: bodyText(variant),
    };
  },
};

function pixelsArray({tile: {rows, slab}, precision}: PointwiseVariant): QuadArray {
  return {name: 'pixels', precision, rows, lanes: lanesOf(slab)};
}

function weightsOf({layer, tile, precision}: PointwiseVariant): WeightsParts {
  return {name: 'weights', layer, tile, precision, reach: wholeTiles(layer, tile)};
}

function pixelsOf(variant: PointwiseVariant): Staged {
  const {layer, source, tile} = variant;
  return stagedPixels({into: pixelsArray(variant), layer, tile, source});
}

function stagingTexts(variant: PointwiseVariant): string[] {
  const {functions} = stagedWeights(weightsOf(variant));
  if (variant.readsPixels === true) return [functions];
  const pixels = pixelsOf(variant);
  return [functions, variant.prefetch ? pixels.functions : stageText(pixels)];
}

function bodyText(variant: PointwiseVariant): string {
  const {layer, tile, precision} = variant;
  const lanes = lanesOf(tile.columns);
  return `${threadText(tile)}
  let firstPixel = workgroup * ${tile.rows}u;
  let firstPanel = columnTile * ${tile.columns / PANEL}u;
${sumsText(tile, layer, `columnTile * ${lanes}u`)}
${slabsText(variant)}
${finishTileText(tile, precision, (row, lane, sum) => finishOwnedText(tile, {row, lane, sum}))}`;
}

function slabsText(variant: PointwiseVariant): string {
  const {layer, source, tile, prefetch, readsPixels} = variant;
  const slabs = Math.ceil(layer.inputs / tile.slab);
  if (prefetch) return prefetchedSlabsText(variant, slabs);
  const weights = steppedWeights(weightsOf(variant));
  const lanes = lanesOf(tile.slab);
  const perPixel = lanesOf(source.channels);
  const loop = (staging: string, product: string): string => `  for (var slab = 0u; slab < ${slabs}u; slab++) {
${copyText(weights, `slab * ${tile.slab}u`)}
${staging}
    workgroupBarrier();
${product}
    workgroupBarrier();
  }`;
  return `${firstItemText(weights)}
${
  readsPixels === true
    ? `  let origin = (firstPixel + ${QUAD}u * threadRow) * ${perPixel}u;
${loop(`    let pixel = origin + slab * ${lanes}u;`, readProductText(tile, perPixel))}`
    : loop(
        `    stage_pixels(firstPixel, slab * ${lanes}u, 0u, thread);`,
        productText({tile, pixels: pixelsArray(variant)}),
      )
}`;
}

function prefetchedSlabsText(variant: PointwiseVariant, slabs: number): string {
  const {tile} = variant;
  const [weights, pixels] = [stagedWeights(weightsOf(variant)), pixelsOf(variant)];
  const fetch = (slab: string): string =>
    `${fetchText(weights, `${slab} * ${tile.slab}u`)}\n${fetchText(pixels, `${slab} * ${lanesOf(tile.slab)}u`)}`;
  return `${itemsText(weights)}
${itemsText(pixels)}
${fetch('0u')}
  for (var slab = 0u; slab < ${slabs}u; slab++) {
${putText(weights)}
${putText(pixels)}
    workgroupBarrier();
    let next = min(slab + 1u, ${slabs - 1}u);
${fetch('next')}
${productText({tile, pixels: pixelsArray(variant)})}
    workgroupBarrier();
  }`;
}

/** An invocation may own lanes beyond the tile; they belong to another workgroup. */
function finishOwnedText(tile: GemmTile, {row, lane, sum}: Readonly<Record<'row' | 'lane' | 'sum', string>>): string {
  const lanes = lanesOf(tile.columns);
  const finish = `finish(firstPixel + ${row}, columnTile * ${lanes}u + ${lane}, ${sum});`;
  return lanes % tile.columnThreads === 0 ? finish : `if (${lane} < ${lanes}u) {\n    ${finish}\n  }`;
}
