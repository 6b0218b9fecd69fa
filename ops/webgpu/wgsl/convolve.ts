/**
 * The spatial conv of one lane of channels over a segment of a row: what neighbouring outputs share of the input is read once.
 *
 * Thread map: the caller's; each call is one invocation's own. No workgroup memory, no barriers. `tap(image, row, column, lane)`
 * is the caller's too: a vector of the conv's input, zero outside the image; row and column are signed, in pixels of the input.
 */
import {LANE, lanesOf, type SpatialLayer} from '../variant.ts';
import {range} from './gemm.ts';

/** The zeros before the first row and column that `tap` counts, as expressions. Units: pixels. */
export interface PaddingBefore {
  readonly top: string;
  readonly left: string;
}

/** Rows and columns are those of an image. */
const OF_IMAGE: PaddingBefore = {top: 'i32(uniforms.padTop)', left: 'i32(uniforms.padLeft)'};

/** Rows and columns are counted from the first window's: its padding is there. */
export const OF_HALO: PaddingBefore = {top: '0', left: '0'};

/**
 * Returns the function `convolve(image, row, column, lane)`: sums with bias of `segment` outputs in output row `row` from
 * `column` on.
 */
export function convolveText(layer: SpatialLayer, segment: number, padding = OF_IMAGE): string {
  const {kernelSize, stride, weights, bias} = layer;
  const sums = range(segment).map((p) => `  var sum${p} = vec4<f32>(params[${bias}u + lane]);`);
  return `fn convolve(image: u32, row: u32, column: u32, lane: u32) -> array<vec4<f32>, ${segment}> {
${sums.join('\n')}
  let top = i32(row * ${stride}u) - ${padding.top};
  let left = i32(column * ${stride}u) - ${padding.left};
  let filterAt = ${weights}u + (lane / 2u) * ${2 * depthOf(layer)}u + lane % 2u;
  for (var filterRow = 0u; filterRow < ${kernelSize[0]}u; filterRow++) {
    let y = top + i32(filterRow);
${layer.groupWidth === 1 ? depthwiseRow(layer, segment) : groupedRow(layer, segment)}
  }
  return array<vec4<f32>, ${segment}>(${range(segment)
    .map((p) => `sum${p}`)
    .join(', ')});
}`;
}

function depthOf({kernelSize, groupWidth}: SpatialLayer): number {
  return kernelSize[0] * kernelSize[1] * groupWidth;
}

/** Reads of the input's columns under the windows of a segment. */
function columnReads({kernelSize, stride}: SpatialLayer, segment: number, lane: string): string[] {
  const columns = (segment - 1) * stride + kernelSize[1];
  return range(columns).map((j) => `let x${j} = tap(image, y, left + ${j}, ${lane});`);
}

function depthwiseRow(layer: SpatialLayer, segment: number): string {
  const [, taps] = layer.kernelSize;
  const products = range(taps).flatMap((tap) => [
    `let w${tap} = vec4<f32>(params[filterAt + 2u * (filterRow * ${taps}u + ${tap}u)]);`,
    ...range(segment).map((p) => `sum${p} = fma(w${tap}, x${p * layer.stride + tap}, sum${p});`),
  ]);
  return lines(4, [...columnReads(layer, segment, 'lane'), ...products]);
}

/** Of each tap a group's inputs, a lane at a time. */
function groupedRow(layer: SpatialLayer, segment: number): string {
  const {groupWidth, stride} = layer;
  const [, taps] = layer.kernelSize;
  const products = range(taps).flatMap((tap) => [
    `let at${tap} = filterAt + 2u * ((filterRow * ${taps}u + ${tap}u) * ${groupWidth}u + ${LANE}u * input);`,
    ...['x', 'y', 'z', 'w'].flatMap((component, k) => [
      `let w${tap}${component} = vec4<f32>(params[at${tap} + ${2 * k}u]);`,
      ...range(segment).map(
        (p) => `sum${p} = fma(vec4<f32>(x${p * stride + tap}.${component}), w${tap}${component}, sum${p});`,
      ),
    ]),
  ]);
  return lines(4, [
    `let group = lane / ${groupWidth / LANE}u * ${groupWidth / LANE}u;`,
    `for (var input = 0u; input < ${lanesOf(groupWidth)}u; input++) {`,
    ...[...columnReads(layer, segment, 'group + input'), ...products].map((line) => `  ${line}`),
    '}',
  ]);
}

function lines(indent: number, statements: readonly string[]): string {
  return statements.map((statement) => ' '.repeat(indent) + statement).join('\n');
}
