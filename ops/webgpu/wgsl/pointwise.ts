/**
 * y = act(source · W + b [+ x]): one matrix product a pass.
 *
 * Thread map: a workgroup owns `rows` pixels, in the order in which they lie, and `columns` outputs, split as in gemm.ts.
 * Workgroup bytes: a slab of pixels and of weights, of which sums of several parts take the place in the end; in float16, where they
 * do not fit, beside it. Barriers: two a slab. With `prefetch` the loads of the next slab are on their way during a product. With
 * `readsPixels` weights alone are staged: the invocations of a wave read the same pixels, which a cache gives them all at once.
 *
 * In two sweeps a tile lies in one image. The first sweep's product leaves sums of squares (sums.ts): of one part an invocation adds
 * up its rows, a vector each of its lanes in `summed`; those of several parts are squared where they were joined. The second
 * sweep's takes its pixels through gates (gatedPixels.ts), or, where it reads them as it goes, its weights; these it may make for
 * itself of the sums (gates.ts), in `gates`.
 */
import {PANEL} from '../../params.ts';
import {
  type GemmTile,
  isOfImages,
  lanesOf,
  ownGates,
  type PointwiseVariant,
  QUAD,
  threadsOf,
} from '../planner/variant.ts';
import {finishText} from './finish.ts';
import {gatedPixels} from './gatedPixels.ts';
import {gatesActivations, gatesArrays, gatesFunctions, type GatesParts, gatesText} from './gates.ts';
import {
  finishTileText,
  joinedName,
  joinTexts,
  ownedBy,
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
import {storeSumsText} from './sums.ts';
import type {WorkgroupArray} from './workgroupArrays.ts';

/** The shader of a product. */
export const pointwiseShader: Shader<PointwiseVariant> = {
  arrays: (variant) => {
    const {tile, precision, readsPixels} = variant;
    const weights = weightsArrays(tile, precision, slabVectors(tile));
    const made = madeGates(variant);
    return [
      ...weights,
      ...(readsPixels === true ? [] : [quadArray(pixelsArray(variant))]),
      ...(variant.sumsSquares === true && tile.parts === 1 ? [summedArray(tile)] : []),
      ...(made === null
        ? []
        : [...gatesArrays(made), {name: 'gates', type: 'vec4<f32>', length: lanesOf(made.channels)} as const]),
    ];
  },
  parts: (variant) => {
    const {layer, source, output, residual, tile, precision, readsPixels, gated, sumsSquares = false} = variant;
    const made = madeGates(variant);
    const factors = made === null ? {gates: source} : {tileSums: source};
    return {
      output,
      inputs: {source, ...(gated === undefined ? {} : factors), ...(residual ? {x: output} : {})},
      writesSums: sumsSquares,
      activations: [
        layer.activation,
        ...(gated === undefined || readsPixels === true ? [] : [gated.activation]),
        ...(made === null ? [] : gatesActivations(made.part)),
      ],
      functions: [
        ...(made === null ? [] : gatesFunctions(made)),
        ...stagingTexts(variant),
        finishText({layer, output, residual, squares: sumsSquares}),
        ...joinTexts(tile, precision),
      ],
      body: bodyText(variant),
    };
  },
};

function pixelsArray({tile: {rows, slab}, precision}: PointwiseVariant): QuadArray {
  return {name: 'pixels', precision, rows, lanes: lanesOf(slab)};
}

function weightsOf(variant: PointwiseVariant): WeightsParts {
  const {layer, tile, precision} = variant;
  return {
    name: 'weights',
    layer,
    tile,
    precision,
    reach: wholeTiles(layer, tile),
    ...(gatesWeights(variant) ? {gatesAt: gatesAt(variant)} : {}),
  };
}

/** Returns where the gates of `image` begin, an expression. */
function gatesAt({gated, source}: PointwiseVariant): string {
  return gated?.made === undefined ? `image * ${lanesOf(source.channels)}u` : '0u';
}

/** What the gates are made of that each workgroup makes for itself; null where it takes them as they are, or none. */
function madeGates(variant: PointwiseVariant): GatesParts | null {
  const own = ownGates(variant);
  return own === null ? null : {...own, place: 'gates[lane]'};
}

/** Every invocation that reads a pixel would multiply it again. */
function gatesWeights({gated, readsPixels}: PointwiseVariant): boolean {
  return gated !== undefined && readsPixels === true;
}

function pixelsOf(variant: PointwiseVariant): Staged {
  const {layer, source, tile, gated} = variant;
  const parts = {into: pixelsArray(variant), layer, tile, source};
  return gated === undefined ? stagedPixels(parts) : gatedPixels(parts, gated);
}

/** Returns the expressions of a slab of pixels, from that of its first lane. */
function pixelsSlab({gated}: PointwiseVariant, firstLane: string): string {
  return gated === undefined ? firstLane : `${firstLane}, image`;
}

/** What each row of invocations adds up of its rows. */
function summedArray({rowThreads, columns}: GemmTile): WorkgroupArray {
  return {name: 'summed', type: 'vec4<f32>', length: rowThreads * lanesOf(columns)};
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
  const made = madeGates(variant);
  return `${firstPixelText(variant)}
${made === null ? '' : `${gatesText(made)}\n  workgroupBarrier();`}
${threadText(tile)}
  let firstPanel = columnTile * ${tile.columns / PANEL}u;
${sumsText(tile, layer, `columnTile * ${lanes}u`)}
${slabsText(variant)}
${finishTileText(tile, precision, (row, lane, sum) => finishOwnedText(variant, {row, lane, sum}))}
${variant.sumsSquares === true ? squaresText(variant) : ''}`;
}

/** In two sweeps of an image, `endPixel` is where the next one begins. */
function firstPixelText(variant: PointwiseVariant): string {
  const {rows} = variant.tile;
  if (!isOfImages(variant)) return `  let firstPixel = workgroup * ${rows}u;`;
  return `  let image = workgroup / uniforms.tilesAcross;
  let firstPixel = image * uniforms.outWidth + workgroup % uniforms.tilesAcross * ${rows}u;
  let endPixel = (image + 1u) * uniforms.outWidth;`;
}

/** Returns, by each sum of an invocation of one part, the sum of the lane's first row: there the lane's squares are added up. */
function firstSums(tile: GemmTile): ReadonlyMap<string, string> {
  const firstOfLane = new Map<string, string>();
  const firsts = new Map<string, string>();
  for (const {lane, sums} of ownedBy(tile))
    for (const sum of sums) {
      if (!firstOfLane.has(lane)) firstOfLane.set(lane, sum);
      firsts.set(sum, firstOfLane.get(lane)!);
    }
  return firsts;
}

/** Adds up the squares that finish returned. */
function squaresText({layer, tile, precision}: PointwiseVariant): string {
  const {rowThreads, columns} = tile;
  const lanes = lanesOf(columns);
  const sums = {lanes, threads: threadsOf(tile), channels: layer.outputs, firstLane: `columnTile * ${lanes}u`};
  if (tile.parts > 1) return storeSumsText({...sums, array: joinedName(precision), rows: tile.rows});
  const firsts = firstSums(tile);
  const puts = ownedBy(tile)
    .filter(({sums: [first]}) => firsts.get(first!) === first)
    .map(({lane, sums: [first]}) => withinTile(tile, lane, `summed[threadRow * ${lanes}u + ${lane}] = ${first!};`));
  return `${puts.join('\n')}\n${storeSumsText({...sums, array: 'summed', rows: rowThreads})}`;
}

function slabsText(variant: PointwiseVariant): string {
  const {layer, source, tile, prefetch, readsPixels} = variant;
  const slabs = Math.ceil(layer.inputs / tile.slab);
  if (prefetch) return prefetchedSlabsText(variant, slabs);
  const weights = steppedWeights(weightsOf(variant));
  const lanes = lanesOf(tile.slab);
  const perPixel = lanesOf(source.channels);
  const loop = (staging: string, product: string): string => `  for (var slab = 0u; slab < ${slabs}u; slab++) {
${copyText(weights, `slab * ${tile.slab}u${gatesWeights(variant) ? ', image' : ''}`)}
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
        `    stage_${pixelsOf(variant).name}(firstPixel, ${pixelsSlab(variant, `slab * ${lanes}u`)}, 0u, thread);`,
        productText({tile, pixels: pixelsArray(variant)}),
      )
}`;
}

function prefetchedSlabsText(variant: PointwiseVariant, slabs: number): string {
  const {tile} = variant;
  const [weights, pixels] = [stagedWeights(weightsOf(variant)), pixelsOf(variant)];
  const fetch = (slab: string): string =>
    `${fetchText(weights, `${slab} * ${tile.slab}u`)}\n${fetchText(pixels, pixelsSlab(variant, `${slab} * ${lanesOf(tile.slab)}u`))}`;
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

function finishOwnedText(
  variant: PointwiseVariant,
  {row, lane, sum}: Readonly<Record<'row' | 'lane' | 'sum', string>>,
): string {
  const {tile, sumsSquares} = variant;
  const pixel = `firstPixel + ${row}`;
  const own = isOfImages(variant) ? `select(uniforms.pixels, ${pixel}, ${pixel} < endPixel)` : pixel;
  const finish = `finish(${own}, columnTile * ${lanesOf(tile.columns)}u + ${lane}, ${sum});`;
  return withinTile(tile, lane, `${sumsSquares === true ? squaresInto(tile, sum) : ''}${finish}`);
}

/** Returns the assignment of what finish returns: where parts were joined to the place of their sum. */
function squaresInto(tile: GemmTile, sum: string): string {
  const first = firstSums(tile).get(sum) ?? sum;
  return first === sum ? `${sum} = ` : `${first} += `;
}

/** An invocation may own lanes beyond the tile; they belong to another workgroup. */
function withinTile(tile: GemmTile, lane: string, statement: string): string {
  const lanes = lanesOf(tile.columns);
  return lanes % tile.columnThreads === 0 ? statement : `if (${lane} < ${lanes}u) {\n    ${statement}\n  }`;
}
