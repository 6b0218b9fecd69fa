/**
 * What a pass of the first of two sweeps leaves beside its output: in `tileSums`, of each of its tiles a vector a lane, the sum over
 * the tile's pixels. The kernel `gates` adds them up.
 *
 * Thread map: rows of partial sums lie in workgroup memory; each lane's are added up by one invocation, in their order, so that the
 * same input gives the same bits in every run. Barriers: one, before that.
 */
import {lanesOf} from '../planner/variant.ts';

export interface TileSums {
  /** The array of workgroup memory: rows of so many lanes. */
  readonly array: string;
  readonly rows: number;
  readonly lanes: number;
  readonly threads: number;
  /** Of the whole output. */
  readonly channels: number;
  /** The lane of the output that is the tile's first, an expression. */
  readonly firstLane?: string;
}

/** Returns the statements that store the sums of the tile. */
export function storeSumsText({array, rows, lanes, threads, channels, firstLane}: TileSums): string {
  const all = lanesOf(channels);
  const at = firstLane === undefined ? 'lane' : `${firstLane} + lane`;
  const put = `tileSums[workgroup * ${all}u + ${at}] = sum;`;
  return `  workgroupBarrier();
  for (var lane = thread; lane < ${lanes}u; lane += ${threads}u) {
    var sum = vec4<f32>();
    for (var row = 0u; row < ${rows}u; row++) {
      sum += ${array}[row * ${lanes}u + lane];
    }
    ${all % lanes === 0 ? put : `if (${at} < ${all}u) {\n      ${put}\n    }`}
  }`;
}
