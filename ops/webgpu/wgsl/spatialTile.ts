/**
 * The first stage of conv-first: the spatial conv of a rectangle into workgroup memory, normalized there.
 *
 * Thread map: all invocations split the rectangle's segments × lanes (convolve.ts); for the LayerNorm each quad of pixels belongs to
 * a team of invocations, which split its lanes.
 * Workgroup bytes: `tile`, rows × channels (quads.ts), and for the LayerNorm a vector an invocation of the teams. Barriers: one after
 * the conv; four for each round of the LayerNorm, in which every team takes a quad.
 */
import type {Precision} from '../../params.ts';
import {
  LANE,
  lanesOf,
  type PixelTile,
  QUAD,
  quadsOf,
  rowsOf,
  segmentRows,
  type SpatialLayer,
  teamsOf,
} from '../planner/variant.ts';
import {activationName} from './activations.ts';
import {convolveText, eachSegmentText} from './convolve.ts';
import {range} from './gemm.ts';
import {channelPlace, putQuadText, putSegment, quadArray, type QuadArray, quadPlace} from './quads.ts';
import {elementType, existing} from './vectors.ts';
import type {WorkgroupArray} from './workgroupArrays.ts';

export interface SpatialTileParts {
  readonly layer: SpatialLayer;
  readonly tile: PixelTile;
  readonly threads: number;
  readonly precision: Precision;
  /** The name of the tensor that the conv reads. */
  readonly source: string;
}

/** Returns the array that fill_tile fills. */
export function tileArray({layer, tile, precision}: Omit<SpatialTileParts, 'source' | 'threads'>): QuadArray {
  return {name: 'tile', precision, rows: rowsOf(tile), lanes: lanesOf(layer.channels)};
}

/** Returns the workgroup memory that `fill_tile` uses: `tile`, and `partial` for the LayerNorm. */
export function spatialTileArrays(parts: Omit<SpatialTileParts, 'source'>): WorkgroupArray[] {
  const partial = {name: 'partial', type: 'vec4<f32>', length: teamsOf(parts.tile, parts.threads).threads} as const;
  return [quadArray(tileArray(parts)), ...(parts.layer.layerNormEpsilon === null ? [] : [partial])];
}

/** Returns the function `fill_tile(image, firstRow, firstColumn, thread)`, which ends with a barrier, and what it calls. */
export function spatialTileText(parts: SpatialTileParts): string {
  const {layer, tile, threads, source} = parts;
  const value = (p: number): string =>
    existing(layer.channels, 'lane', `${activationName(layer.activation)}(sums[${p}])`);
  const norm = layer.layerNormEpsilon === null ? null : normalizeText(parts, layer.layerNormEpsilon);
  return [
    imageTapText(source),
    convolveText(layer, tile),
    putQuadText(tileArray(parts)),
    ...(norm === null ? [] : [norm]),
    `fn fill_tile(image: u32, firstRow: u32, firstColumn: u32, thread: u32) {
${eachSegmentText({
  tile,
  lanes: lanesOf(layer.channels),
  threads,
  sums: 'let sums = convolve(image, firstRow + row, firstColumn + column, lane);',
  put: putSegment(tileArray(parts), {
    lane: 'lane',
    firstQuad: `segment * ${segmentRows(tile) / QUAD}u`,
    pixels: range(tile.segment).map(value),
  }),
})}
  workgroupBarrier();
${norm === null ? '' : '  normalize(thread);'}
}`,
  ].join('\n\n');
}

/**
 * Returns the function `tap` for a conv that reads a tensor. Outside the image the first pixel is read and dropped: after a branch
 * around each load a GPU could wait for no two of them at a time.
 */
export function imageTapText(source: string): string {
  return `fn tap(image: u32, row: i32, column: i32, lane: u32) -> vec4<f32> {
  let above = (row < 0) | (column < 0);
  let below = (row >= i32(uniforms.inHeight)) | (column >= i32(uniforms.inWidth));
  let pixel = (image * uniforms.inHeight + u32(row)) * uniforms.inWidth + u32(column);
  let value = load_${source}(select(pixel, 0u, above | below), lane);
  return select(value, vec4<f32>(), above | below);
}`;
}

/** The variance is taken around the mean, in a second loop: E[x²] − E[x]² would lose digits. */
function normalizeText(parts: SpatialTileParts, epsilon: number): string {
  const {layer, tile, precision} = parts;
  const {channels} = layer;
  const quads = quadsOf(rowsOf(tile));
  const {team, teams, threads} = teamsOf(parts.tile, parts.threads);
  // A lane's four channels at a time: four loads are on their way at once.
  const eachLane = (statement: (channel: number, at: string) => string): string => `if (owned) {
      for (var lane = thread % ${team}u; lane < ${lanesOf(channels)}u; lane += ${team}u) {
        let at = ${quadPlace(tileArray(parts), 'lane', 'quad')};
        ${range(LANE)
          .map((channel) => statement(channel, `tile[${channelPlace(tileArray(parts), 'at', channel)}]`))
          .join('\n        ')}
      }
    }`;
  const exists = (channel: number, value: string): string =>
    channels % LANE === 0 ? value : `select(vec4<f32>(), ${value}, ${LANE}u * lane + ${channel}u < ${channels}u)`;
  const put =
    threads < parts.threads
      ? `if (thread < ${threads}u) {\n      partial[thread] = sum;\n    }`
      : 'partial[thread] = sum;';
  return `fn team_sum(team: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < ${team}u; i++) {
    sum += partial[team * ${team}u + i];
  }
  return sum;
}

fn normalize(thread: u32) {
  let team = thread / ${team}u;
  for (var round = 0u; round < ${Math.ceil(quads / teams)}u; round++) {
    let quad = round * ${teams}u + team;
    let owned = team < ${teams}u && quad < ${quads}u;
    var sum = vec4<f32>();
    ${eachLane((_, value) => `sum += vec4<f32>(${value});`)}
    ${put}
    workgroupBarrier();
    var mean = vec4<f32>();
    if (owned) {
      mean = team_sum(team) / ${channels}.0;
    }
    workgroupBarrier();
    sum = vec4<f32>();
    ${eachLane((channel, value) => {
      const centred = `centred${channel}`;
      return `let ${centred} = ${exists(channel, `vec4<f32>(${value}) - mean`)};\nsum = fma(${centred}, ${centred}, sum);`;
    })}
    ${put}
    workgroupBarrier();
    var scale = vec4<f32>();
    if (owned) {
      scale = inverseSqrt(team_sum(team) / ${channels}.0 + ${epsilon});
    }
    ${eachLane(
      (channel, value) =>
        `${value} = vec4<${elementType(precision)}>(${exists(channel, `(vec4<f32>(${value}) - mean) * scale`)});`,
    )}
    workgroupBarrier();
  }
}`;
}
