/**
 * y = act(source · W + b) [+ x]: one matrix product a pass.
 *
 * Thread map: a workgroup owns `rows` pixels, in the order in which they lie, and `columns` outputs, split as in gemm.ts.
 * Workgroup bytes: two slabs of pixels and of weights; while one is used the next is staged. Barriers: one a slab.
 */
import {PANEL} from '../../params.ts';
import {type GemmTile, lanesOf, type PointwiseVariant} from '../planner/variant.ts';
import {finishText} from './finish.ts';
import {
  eachOwnedText,
  type Owned,
  pixelStagingText,
  productText,
  slabVectors,
  stagingText,
  wholeTiles,
  sumsText,
  threadText,
} from './gemm.ts';
import type {Shader} from './module.ts';
import {vectorArray} from './workgroupArrays.ts';

/** The shader of a product. */
export const pointwiseShader: Shader<PointwiseVariant> = {
  arrays: (variant) => {
    const {tile, precision} = variant;
    return [
      vectorArray('weights', precision, 2 * slabVectors(tile)),
      vectorArray('pixels', precision, 2 * pixelVectors(variant)),
    ];
  },
  parts: (variant) => {
    const {layer, source, output, residual, tile, precision} = variant;
    return {
      output,
      inputs: {source, ...(residual ? {x: output} : {})},
      activations: [layer.activation],
      functions: [
        stagingText({name: 'weights', layer, tile, precision, reach: wholeTiles(layer, tile)}),
        pixelStagingText({into: 'pixels', stride: rowVectors(variant), layer, tile, precision}),
        finishText(variant),
      ],
      body: bodyText(variant),
    };
  },
};

/** Returns the vectors from one row to the next: one more than it has, so that rows read together begin in different banks. */
function rowVectors({tile}: PointwiseVariant): number {
  return lanesOf(tile.slab) + 1;
}

function pixelVectors(variant: PointwiseVariant): number {
  return variant.tile.rows * rowVectors(variant);
}

function bodyText(variant: PointwiseVariant): string {
  const {layer, tile} = variant;
  const slabs = Math.ceil(layer.inputs / tile.slab);
  const stage = (slab: string, buffer: string): string =>
    `    stage_weights(${slab} * ${tile.slab}u, firstPanel, ${buffer} * ${slabVectors(tile)}u, thread);
    stage_pixels(firstPixel, ${slab} * ${lanesOf(tile.slab)}u, ${buffer} * ${pixelVectors(variant)}u, thread);`;
  return `${threadText(tile)}
  let firstPixel = workgroup * ${tile.rows}u;
  let firstPanel = columnTile * ${tile.columns / PANEL}u;
${sumsText(tile)}
${stage('0u', '0u')}
  for (var slab = 0u; slab < ${slabs}u; slab++) {
    let buffer = slab % 2u;
    workgroupBarrier();
    if (slab + 1u < ${slabs}u) {
  ${stage('(slab + 1u)', '(1u - buffer)')}
    }
${productText({
  tile,
  at: `buffer * ${slabVectors(tile)}u`,
  value: (row, inputs) => `pixels[buffer * ${pixelVectors(variant)}u + (${row}) * ${rowVectors(variant)}u + ${inputs}]`,
})}
  }
${eachOwnedText(tile, (owned) => finishOwnedText(tile, owned))}`;
}

/** An invocation may own lanes beyond the tile; they belong to another workgroup. */
function finishOwnedText({columns}: GemmTile, {sum, row, lane}: Owned): string {
  const lanes = lanesOf(columns);
  return `if (${lane} < ${lanes}u) {
        finish(firstPixel + ${row}, columnTile * ${lanes}u + ${lane}, ${sum});
      }`;
}
