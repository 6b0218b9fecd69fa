/**
 * y = act(source · W + b) [+ x]: one matrix product a pass.
 *
 * Thread map: a workgroup owns `rows` pixels, in the order in which they lie, and `columns` outputs (gemm.ts shares them out).
 * Workgroup bytes: two slabs of pixels and of weights. While one is used the next is loaded: one barrier a slab.
 */
import {PANEL} from '../../params.ts';
import {lanesOf, type PointwiseVariant, threadsOf} from '../variant.ts';
import {activationName, activationTexts} from './activations.ts';
import {eachOwnedText, pixelStagingText, productText, slabVectors, stagingText, sumsText, threadText} from './gemm.ts';
import {existing, moduleText} from './module.ts';
import {vectorArray, type WorkgroupArray, workgroupText} from './workgroupArrays.ts';

/** Returns the shader's text. */
export function pointwiseText(variant: PointwiseVariant): string {
  const {layer, source, output, residual, tile, precision} = variant;
  return moduleText({
    precision,
    threads: threadsOf(tile),
    output,
    inputs: {source, ...(residual ? {x: output} : {})},
    declarations: [
      activationTexts([layer.activation]),
      workgroupText(pointwiseArrays(variant)),
      stagingText('weights', layer, tile, precision),
      pixelStagingText({into: 'pixels', stride: rowVectors(variant), layer, tile, precision}),
      finishText(variant),
    ],
    body: bodyText(variant),
  });
}

/** Returns the workgroup memory of the shader. */
export function pointwiseArrays(variant: PointwiseVariant): WorkgroupArray[] {
  const {tile, precision} = variant;
  return [
    vectorArray('weights', precision, 2 * slabVectors(tile)),
    vectorArray('pixels', precision, 2 * pixelVectors(variant)),
  ];
}

/** A row's vectors, and one more: rows that are read together would else begin in the same memory bank. */
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
${eachOwnedText(tile, ({sum, row, lane}) => `finish(firstPixel + ${row}, columnTile, ${lane}, ${sum});`)}`;
}

/** An invocation may own lanes beyond its tile, pixels beyond the last and outputs beyond the last: nobody stores these. */
function finishText({layer, output, tile, residual}: PointwiseVariant): string {
  const sum = `${activationName(layer.activation)}(sum + vec4<f32>(params[${layer.bias}u + lane]))`;
  const value = output.form === 'padded' ? existing(layer.outputs, 'lane', sum) : sum;
  return `fn finish(pixel: u32, columnTile: u32, laneOfTile: u32, sum: vec4<f32>) {
  let lane = columnTile * ${lanesOf(tile.columns)}u + laneOfTile;
  if (pixel < uniforms.pixels && laneOfTile < ${lanesOf(tile.columns)}u && lane < ${lanesOf(layer.outputs)}u) {
    store(pixel, lane, ${value}${residual ? ' + load_x(pixel, lane)' : ''});
  }
}`;
}
