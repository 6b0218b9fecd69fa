/**
 * The spatial conv of one lane of a segment.
 *
 * Thread map: all invocations split a rectangle's segments × lanes, neighbours computing neighbouring lanes of a segment; a call
 * of `convolve` is one invocation's own. No workgroup memory, no barriers. The caller declares `tap(image, row, column, lane)`: a
 * vector of the conv's input, zero outside the image; row and column are signed, in pixels of the input.
 */
import {LANE, lanesOf, type PixelTile, pixelsOf, type SpatialLayer} from '../planner/variant.ts';
import {range} from './gemm.ts';

/** The padding before the row and the column that `tap` counts from, as expressions. Units: pixels. */
export interface PaddingBefore {
  readonly top: string;
  readonly left: string;
}

/** `tap` counts from the image's first row and column. */
const OF_IMAGE: PaddingBefore = {top: 'i32(uniforms.padTop)', left: 'i32(uniforms.padLeft)'};

/** `tap` counts from the halo's first row and column, which has the padding in it. */
export const OF_HALO: PaddingBefore = {top: '0', left: '0'};

/**
 * Returns the function `convolve(image, row, column, lane)`: sums with bias of `segment` outputs in output row `row` from
 * `column` on.
 */
export function convolveText(
  layer: SpatialLayer,
  {segment, holdsFilter = false, isRolled = false}: PixelTile,
  padding = OF_IMAGE,
): string {
  const {stride, weights, bias} = layer;
  return `fn convolve(image: u32, row: u32, column: u32, lane: u32) -> array<vec4<f32>, ${segment}> {
  let bias = vec4<f32>(params[${bias}u + lane]);
  var sums: array<vec4<f32>, ${segment}>;
  for (var p = 0u; p < ${segment}u; p++) {
    sums[p] = bias;
  }
  let top = i32(row * ${stride}u) - ${padding.top};
  let left = i32(column * ${stride}u) - ${padding.left};
  let filterAt = ${weights}u + (lane / 2u) * ${2 * depthOf(layer)}u + lane % 2u;
${holdsFilter ? depthwiseRows(layer, segment) : filterRows(layer, segment, isRolled)}
  return sums;
}`;
}

/** The rows of a depthwise filter that is loaded ahead, written out: an invocation waits for all of it and its first taps at once. */
function depthwiseRows(layer: SpatialLayer, segment: number): string {
  const [rows, taps] = layer.kernelSize;
  const filter = range(rows * taps).map((i) => `  let weight${i} = vec4<f32>(params[filterAt + ${2 * i}u]);`);
  const products = (row: number): string[] =>
    range(taps).flatMap((column) =>
      range(segment).map(
        (p) => `    sums[${p}] = fma(weight${row * taps + column}, values[${p * layer.stride + column}], sums[${p}]);`,
      ),
    );
  const rowsText = range(rows).map(
    (row) => `  {
    let y = top + ${row};
${[columnsText(layer, segment, 'lane'), ...products(row)].join('\n')}
  }`,
  );
  return [...filter, ...rowsText].join('\n');
}

/** A loop over a filter's rows; of a grouped one's, another over a group's lanes of inputs, or both in one. */
function filterRows(layer: SpatialLayer, segment: number, isRolled: boolean): string {
  const {groupWidth, kernelSize} = layer;
  const lanes = lanesOf(groupWidth);
  const [rows] = kernelSize;
  const loop = (name: string, rounds: number, body: string): string =>
    `  for (var ${name} = 0u; ${name} < ${rounds}u; ${name}++) {\n${body}\n  }`;
  const y = '    let y = top + i32(filterRow);';
  if (groupWidth === 1) return loop('filterRow', rows, `${y}\n${depthwiseRow(layer, segment)}`);
  const group = `  let group = lane / ${lanes}u * ${lanes}u;`;
  const row = groupedRow(layer, segment);
  if (!isRolled) return `${group}\n${loop('filterRow', rows, `${y}\n${loop('input', lanes, row)}`)}`;
  return `${group}
${loop('round', rows * lanes, `    let filterRow = round / ${lanes}u;\n    let input = round % ${lanes}u;\n${y}\n${row}`)}`;
}

export interface SegmentsParts {
  readonly tile: PixelTile;
  /** Lanes that are convolved of each segment. */
  readonly lanes: number;
  readonly threads: number;
  /** Statements that declare `sums` of a segment, from its `lane` and its first pixel's `row` and `column` in the rectangle. */
  readonly sums: string;
  /** Statements that put all `sums` of a segment into an array or a tensor. */
  readonly put: string;
}

/** Returns the loop over all segments of a rectangle, split among a workgroup's invocations. */
export function eachSegmentText({tile, lanes, threads, sums, put}: SegmentsParts): string {
  const {width, segment} = tile;
  const perRow = width / segment;
  return `  for (var i = thread; i < ${(pixelsOf(tile) / segment) * lanes}u; i += ${threads}u) {
    let segment = i / ${lanes}u;
    let lane = i % ${lanes}u;
    let row = segment / ${perRow}u;
    let column = segment % ${perRow}u * ${segment}u;
    ${sums}
    ${put}
  }`;
}

function depthOf({kernelSize, groupWidth}: SpatialLayer): number {
  return kernelSize[0] * kernelSize[1] * groupWidth;
}

/** Reads the input's columns under the windows of a segment. */
function columnsText({kernelSize, stride}: SpatialLayer, segment: number, lane: string): string {
  const columns = (segment - 1) * stride + kernelSize[1];
  return `    var values: array<vec4<f32>, ${columns}>;
    for (var j = 0u; j < ${columns}u; j++) {
      values[j] = tap(image, y, left + i32(j), ${lane});
    }`;
}

/** Column by column: few vectors of the input and of the filter are needed at a time. */
function depthwiseRow({kernelSize, stride}: SpatialLayer, segment: number): string {
  const [, taps] = kernelSize;
  return range((segment - 1) * stride + taps)
    .flatMap((column) => [
      `    let value${column} = tap(image, y, left + ${column}, lane);`,
      ...(column < taps
        ? [`    let weight${column} = vec4<f32>(params[filterAt + 2u * (filterRow * ${taps}u + ${column}u)]);`]
        : []),
      ...range(segment).flatMap((p) => {
        const tap = column - p * stride;
        return tap >= 0 && tap < taps ? [`    sums[${p}] = fma(weight${tap}, value${column}, sums[${p}]);`] : [];
      }),
    ])
    .join('\n');
}

/** Of each tap four of the group's inputs. */
function groupedRow(layer: SpatialLayer, segment: number): string {
  const {groupWidth, stride} = layer;
  const [, taps] = layer.kernelSize;
  const weights = range(LANE).map((k) => `      let w${k} = vec4<f32>(params[at + ${2 * k}u]);`);
  return `${columnsText(layer, segment, 'group + input')}
    for (var filterColumn = 0u; filterColumn < ${taps}u; filterColumn++) {
      let at = filterAt + 2u * ((filterRow * ${taps}u + filterColumn) * ${groupWidth}u + ${LANE}u * input);
${weights.join('\n')}
      for (var p = 0u; p < ${segment}u; p++) {
        let value = values[p * ${stride}u + filterColumn];
        sums[p] = ${addedProducts('sums[p]', 'value')};
      }
    }`;
}

/**
 * Returns the expression of a sum with the products of four inputs `value` and the vectors of weights w0 … w3 added. By fma: a matrix
 * times a vector takes compilers of GPUs a multiplication and an addition more.
 */
function addedProducts(sum: string, value: string): string {
  return range(LANE).reduce((added, k) => `fma(w${k}, vec4<f32>(${value}[${k}]), ${added})`, sum);
}
