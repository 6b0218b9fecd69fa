/**
 * A LayerNorm of what lies in workgroup memory, in place: unit by unit, which are pixels, or quads of pixels side by side.
 *
 * Thread map: each unit belongs to a team of invocations, which split its lanes; units are taken in rounds.
 * Workgroup bytes: `partial`, a vector an invocation of the teams. Barriers: four a round.
 */
import type {Precision} from '../../params.ts';
import {LANE, lanesOf, teamsOf} from '../planner/variant.ts';
import {elementType, existing} from './vectors.ts';
import type {WorkgroupArray} from './workgroupArrays.ts';

export interface NormParts {
  readonly channels: number;
  readonly epsilon: number;
  readonly threads: number;
  readonly precision: Precision;
  readonly units: number;
  /** Where a `lane` of a `unit` begins, an expression. */
  readonly place: string;
  /** A lane's vectors, expressions of `at`, that place: one for each of its channels, or one for all. */
  readonly vectors: readonly string[];
}

/** Returns the workgroup memory that it takes. */
export function layerNormArray({units, threads}: NormParts): WorkgroupArray {
  return {name: 'partial', type: 'vec4<f32>', length: teamsOf(units, threads).threads};
}

/**
 * Returns the function `normalize(thread)`, which ends with a barrier. The variance is taken around the mean, in a second loop:
 * E[x²] − E[x]² would lose digits.
 */
export function layerNormText(parts: NormParts): string {
  const {channels, epsilon, threads: all, precision, units, vectors} = parts;
  const {team, teams, threads} = teamsOf(units, all);
  const isWide = vectors.length > 1;
  // Four pixels have a mean each; a pixel's one is that of all four channels of its vectors.
  const total = isWide ? 'team_sum(team)' : 'vec4<f32>(dot(team_sum(team), vec4<f32>(1.0)))';
  const put =
    threads < all ? `if (thread < ${threads}u) {\n      partial[thread] = sum;\n    }` : 'partial[thread] = sum;';
  return `fn team_sum(team: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < ${team}u; i++) {
    sum += partial[team * ${team}u + i];
  }
  return sum;
}

fn normalize(thread: u32) {
  let team = thread / ${team}u;
  for (var round = 0u; round < ${Math.ceil(units / teams)}u; round++) {
    let unit = round * ${teams}u + team;
    let owned = team < ${teams}u && unit < ${units}u;
    var sum = vec4<f32>();
    ${eachLaneText(parts, team, (vector) => `sum += vec4<f32>(${vector});`)}
    ${put}
    workgroupBarrier();
    var mean = vec4<f32>();
    if (owned) {
      mean = ${total} / ${channels}.0;
    }
    workgroupBarrier();
    sum = vec4<f32>();
    ${eachLaneText(parts, team, (vector, i) => {
      const centred = `centred${i}`;
      return `let ${centred} = ${existingVector(parts, i, `vec4<f32>(${vector}) - mean`)};
      sum = fma(${centred}, ${centred}, sum);`;
    })}
    ${put}
    workgroupBarrier();
    var scale = vec4<f32>();
    if (owned) {
      scale = inverseSqrt(${total} / ${channels}.0 + ${epsilon});
    }
    ${eachLaneText(parts, team, (vector, i) => {
      const scaled = existingVector(parts, i, `(vec4<f32>(${vector}) - mean) * scale`);
      return `${vector} = vec4<${elementType(precision)}>(${scaled});`;
    })}
    workgroupBarrier();
  }
}`;
}

/** Returns the loop over what an invocation owns of its team's unit: a lane's vectors are on their way at a time. */
function eachLaneText(
  {channels, place, vectors}: NormParts,
  team: number,
  statement: (vector: string, i: number) => string,
): string {
  return `if (owned) {
      for (var lane = thread % ${team}u; lane < ${lanesOf(channels)}u; lane += ${team}u) {
        let at = ${place};
        ${vectors.map(statement).join('\n        ')}
      }
    }`;
}

/** Zero in the channels beyond the last, which a variance must not count. */
function existingVector({channels, vectors}: NormParts, i: number, value: string): string {
  if (vectors.length === 1 || channels % LANE === 0) return existing(channels, 'lane', value);
  return `select(vec4<f32>(), ${value}, ${LANE}u * lane + ${i}u < ${channels}u)`;
}
