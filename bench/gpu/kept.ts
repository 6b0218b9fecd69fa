/** Modelled times of the planner's candidates, as a test keeps them: by block, step and tile. */
import type {Step} from '../../ops/webgpu/planner/cuts.ts';
import type {GPUFamily} from '../../ops/webgpu/planner/families.ts';
import type {Variant} from '../../ops/webgpu/planner/variant.ts';

/** What candidates.ts prints of a candidate. */
export interface CandidateLine {
  readonly case: string;
  readonly family: GPUFamily;
  readonly batch: number;
  /** Its stepName. */
  readonly step: string;
  readonly variant: Variant;
  readonly workgroups: number;
  readonly us: number;
  /** Cycles of a wave: of its SIMD's issue, and where it has its SIMD to itself. */
  readonly issue: number;
  readonly alone: number;
  /** Cycles in which a SIMD issues an instruction of a wave. */
  readonly passes: number;
  readonly spills: number;
  readonly isDoubtful: boolean;
}

/** Of each block, of each step, of each tile. Units: µs. */
export type KeptTimes = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>;

/** Returns the times of candidates at batch 1. */
export function keptTimes(lines: readonly CandidateLine[]): KeptTimes {
  const kept: Record<string, Record<string, Record<string, number>>> = {};
  for (const {case: name, step, variant, us} of lines.filter(({batch}) => batch === 1))
    ((kept[name] ??= {})[step] ??= {})[tileKey(variant)] = Number(us.toPrecision(3));
  return kept;
}

/** Returns what a step is called: from which tensor to which. */
export function stepName({inputs, output}: Step): string {
  return `${inputs[0]!} to ${output}`;
}

/** What a step's variants differ in. */
const TILES = new Set(['tile', 'expandTile', 'projectTile', 'hiddenChunk', 'threads', 'prefetch', 'readsPixels']);

/** Returns a text that tells a candidate from all others of its step: the sizes of its tiles. */
export function tileKey(variant: Variant): string {
  const sizes: string[] = [];
  const collect = (value: object, isTile: boolean): void => {
    for (const [name, inner] of Object.entries(value)) {
      const isSize = isTile || TILES.has(name);
      if (typeof inner === 'object' && inner !== null) collect(inner as object, isSize);
      else if (isSize) sizes.push(String(Number(inner)));
    }
  };
  collect(variant, false);
  return sizes.join(' ');
}
