/**
 * y = act(source · W + b) [+ x]: one matrix product a pass.
 *
 * Thread map: a workgroup owns `rows` pixels, in the order in which they lie, and `columns` outputs, split as in gemm.ts.
 * Workgroup bytes: a slab of pixels and of weights, of which sums of several parts take the place in the end; in float16, where they
 * do not fit, beside it. Barriers: two a slab. With `prefetch` the loads of the next slab are on their way during a product.
 */
import {PANEL} from '../../params.ts';
import {type GemmTile, lanesOf, type PointwiseVariant} from '../planner/variant.ts';
import {finishText} from './finish.ts';
import {finishTileText, joinTexts, productText, slabVectors, sumsText, threadText, weightsArrays} from './gemm.ts';
import type {Shader} from './module.ts';
import {quadArray, type QuadArray} from './quads.ts';
import {
  fetchText,
  itemsText,
  putText,
  type Staged,
  stagedPixels,
  stagedWeights,
  stageText,
  wholeTiles,
} from './staging.ts';

/** The shader of a product. */
export const pointwiseShader: Shader<PointwiseVariant> = {
  arrays: (variant) => {
    const {tile, precision} = variant;
    return [...weightsArrays(tile, precision, slabVectors(tile)), quadArray(pixelsArray(variant))];
  },
  parts: (variant) => {
    const {layer, source, output, residual, tile, precision, prefetch} = variant;
    return {
      output,
      inputs: {source, ...(residual ? {x: output} : {})},
      activations: [layer.activation],
      functions: [
        ...stagedBy(variant).map(prefetch ? ({functions}) => functions : stageText),
        finishText(variant),
        ...joinTexts(tile, precision),
      ],
      body: bodyText(variant),
    };
  },
};

function pixelsArray({tile: {rows, slab}, precision}: PointwiseVariant): QuadArray {
  return {name: 'pixels', precision, rows, lanes: lanesOf(slab)};
}

function stagedBy(variant: PointwiseVariant): [weights: Staged, pixels: Staged] {
  const {layer, source, tile, precision} = variant;
  return [
    stagedWeights({name: 'weights', layer, tile, precision, reach: wholeTiles(layer, tile)}),
    stagedPixels({into: pixelsArray(variant), layer, tile, source}),
  ];
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
  const {layer, tile, prefetch} = variant;
  const [weights, pixels] = stagedBy(variant);
  const slabs = Math.ceil(layer.inputs / tile.slab);
  const fetch = (slab: string): string =>
    `${fetchText(weights, `${slab} * ${tile.slab}u`)}\n${fetchText(pixels, `${slab} * ${lanesOf(tile.slab)}u`)}`;
  const put = `${putText(weights)}\n${putText(pixels)}`;
  const product = productText({tile, pixels: pixelsArray(variant)});
  if (!prefetch)
    return `  for (var slab = 0u; slab < ${slabs}u; slab++) {
    stage_weights(firstPanel, slab * ${tile.slab}u, 0u, thread);
    stage_pixels(firstPixel, slab * ${lanesOf(tile.slab)}u, 0u, thread);
    workgroupBarrier();
${product}
    workgroupBarrier();
  }`;
  return `${itemsText(weights)}
${itemsText(pixels)}
${fetch('0u')}
  for (var slab = 0u; slab < ${slabs}u; slab++) {
${put}
    workgroupBarrier();
    let next = min(slab + 1u, ${slabs - 1}u);
${fetch('next')}
${product}
    workgroupBarrier();
  }`;
}

/** An invocation may own lanes beyond the tile; they belong to another workgroup. */
function finishOwnedText(tile: GemmTile, {row, lane, sum}: Readonly<Record<'row' | 'lane' | 'sum', string>>): string {
  const lanes = lanesOf(tile.columns);
  const finish = `finish(firstPixel + ${row}, columnTile * ${lanes}u + ${lane}, ${sum});`;
  return lanes % tile.columnThreads === 0 ? finish : `if (${lane} < ${lanes}u) {\n    ${finish}\n  }`;
}
