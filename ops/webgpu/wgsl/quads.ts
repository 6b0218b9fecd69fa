/**
 * The pixels of a product in workgroup memory: for each channel vectors of four neighbouring rows, so that an invocation reads four
 * rows' values of an input at a time, and multiplies each with a vector of weights.
 *
 * The first channels of all lanes lie together, then the second ones, and so on; from one lane to the next is an odd number of
 * vectors. So whoever writes neighbouring lanes of a quad, or neighbouring quads of a lane, writes to different banks.
 */
import type {Precision} from '../../params.ts';
import {LANE, QUAD, quadsOf} from '../planner/variant.ts';
import {elementType} from './vectors.ts';
import {oddStride, vectorArray, type WorkgroupArray} from './workgroupArrays.ts';

/** So many rows of so many lanes of channels, in the array of this name. */
export interface QuadArray {
  readonly name: string;
  readonly precision: Precision;
  readonly rows: number;
  readonly lanes: number;
}

/** Returns the vectors from one lane to the next. */
function laneStride({rows}: QuadArray): number {
  return oddStride(quadsOf(rows));
}

/** Returns the vectors from one channel of a lane to the next. */
function planeVectors(array: QuadArray): number {
  return array.lanes * laneStride(array);
}

/** Returns the array's vectors. */
export function quadVectors(array: QuadArray): number {
  return LANE * planeVectors(array);
}

/** Returns the array as workgroup memory. */
export function quadArray(array: QuadArray): WorkgroupArray {
  return vectorArray(array.name, array.precision, quadVectors(array));
}

/** Returns where a quad's values of a lane's first channel lie, from expressions. */
export function quadPlace(array: QuadArray, lane: string, quad: string): string {
  return `${lane} * ${laneStride(array)}u + ${quad}`;
}

/** Returns where those of another channel of the lane lie, from where the first one's do. */
export function channelPlace(array: QuadArray, first: string, channel: number): string {
  return channel === 0 ? first : `${first} + ${channel * planeVectors(array)}u`;
}

/** Returns where a quad's values of a channel lie, from expressions: the lane, the channel's number in it, the quad. */
export function quadAt(array: QuadArray, {lane, channel, quad}: Record<'lane' | 'channel' | 'quad', string>): string {
  return `${channel} * ${planeVectors(array)}u + ${quadPlace(array, lane, quad)}`;
}

/** Returns the function `put_<name>(to, rows)`, which puts a lane's channels of each of a quad's rows, the first channels at `to`. */
export function putQuadText(array: QuadArray): string {
  const {name, precision} = array;
  const puts = Array.from('xyzw', (channel, i) => {
    const values = [0, 1, 2, 3].map((row) => `rows[${row}].${channel}`).join(', ');
    return `  ${name}[${channelPlace(array, 'to', i)}] = vec4<${elementType(precision)}>(vec4<f32>(${values}));`;
  });
  return `fn put_${name}(to: u32, rows: array<vec4<f32>, ${QUAD}>) {
${puts.join('\n')}
}`;
}

/** Returns the call that puts a quad's rows, expressions. */
export function putQuad(array: QuadArray, lane: string, quad: string, rows: readonly string[]): string {
  return `put_${array.name}(${quadPlace(array, lane, quad)}, array<vec4<f32>, ${QUAD}>(${rows.join(', ')}));`;
}

/** Returns the calls that put a segment's pixels, expressions; a last quad that they do not fill gets zeros. */
export function putSegment(
  array: QuadArray,
  {lane, firstQuad, pixels}: {readonly lane: string; readonly firstQuad: string; readonly pixels: readonly string[]},
): string {
  return Array.from({length: quadsOf(pixels.length)}, (_, quad) => {
    const rows = [0, 1, 2, 3].map((row) => pixels[QUAD * quad + row] ?? 'vec4<f32>()');
    return putQuad(array, lane, `${firstQuad} + ${quad}u`, rows);
  }).join('\n    ');
}
