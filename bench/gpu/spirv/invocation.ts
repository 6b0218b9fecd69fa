/** Invocations of a dispatch, run: what each loop of the shader does, and what a wave asks of each buffer. */
import {type SpirvLoop, loopsOf} from './loops.ts';
import {type Module, rootOf} from './module.ts';
import {type Access, accessesOf, type Builtins, programOf} from './program.ts';
import {bytesOfAccess} from './work.ts';

/** What a dispatch gives to its shader. */
export interface Given {
  readonly dispatch: readonly [x: number, y: number, z: number];
  readonly uniforms: Int32Array;
}

export interface Invocation {
  readonly loops: SpirvLoop;
  /** How often each block runs. */
  readonly counts: Float64Array;
}

/** No invocation of a sensible shader runs so many blocks. */
const MAX_BLOCKS = 1e8;

/** Runs the first invocation of a workgroup in the midst of the dispatch. Throws: where it does not come to its end. */
export function runInvocation(module: Module, {dispatch, uniforms}: Given): Invocation {
  const counts = new Float64Array(module.blocks.length);
  const ended = programOf(module, {traces: false})({
    ...{uniforms, counts, builtins: builtinsOf(module, dispatch, 0)},
    maxBlocks: MAX_BLOCKS,
    touch: () => undefined,
  });
  if (!ended) throw new Error('an invocation does not come to its end');
  return {loops: loopsOf(module, counts), counts};
}

/** At the edges of a dispatch they may have less to do. */
function builtinsOf({sides}: Module, dispatch: Given['dispatch'], index: number): Builtins {
  const group = dispatch.map((workgroups) => Math.floor(workgroups / 2));
  const [x, y] = sides;
  const local = [index % x, Math.floor(index / x) % y, Math.floor(index / (x * y))];
  return {
    LocalInvocationIndex: index,
    LocalInvocationId: local,
    WorkgroupId: group,
    NumWorkgroups: dispatch,
    GlobalInvocationId: sides.map((side, i) => group[i]! * side + local[i]!),
  };
}

/** What moves to and from a buffer. Units: bytes. */
export interface Traffic {
  readonly binding: number;
  /** By the invocations of a wave in sum. */
  readonly requested: number;
  /** By a wave, in whole sectors of the cache, each once for an instruction. */
  readonly fetched: number;
  /** By a workgroup, in whole sectors, each once. */
  readonly distinct: number;
}

/** Blocks that a workgroup runs until enough is known of where it reads and writes. */
const TRACED_BLOCKS = 4e6;
/** Times that each access of a wave is looked at. */
const SAMPLES = 6;

interface Waves {
  /** Of the first invocation. */
  readonly counts: ArrayLike<number>;
  /** Invocations of a wave. */
  readonly lanes: number;
  readonly sectorBytes: number;
}

/** Returns the traffic of a wave and of its workgroup, for each buffer. */
export function trafficOf(module: Module, given: Given, waves: Waves): Traffic[] {
  const {counts, lanes, sectorBytes} = waves;
  const accesses = accessesOf(module).flatMap((access) => {
    const binding = module.bindings.get(rootOf(module, access.instruction.operands[0]!));
    return binding === undefined ? [] : [{...access, binding, bytes: bytesOfAccess(module, access.instruction)}];
  });
  const {offsets, distinct} = traced(module, given, {...waves, accesses});
  return [...new Set(accesses.map(({binding}) => binding))].map((binding) => {
    const sum = {binding, requested: 0, fetched: 0, distinct: distinct.get(binding)!.size * sectorBytes};
    for (const [i, access] of accesses.entries()) {
      if (access.binding !== binding) continue;
      const times = counts[access.block]!;
      sum.requested += times * lanes * access.bytes;
      sum.fetched += times * fetchedBytes(offsets[i]!, {...waves, bytes: access.bytes});
    }
    return sum;
  });
}

interface BoundAccess extends Access {
  readonly binding: number;
  readonly bytes: number;
}

interface Traced {
  /** Where the invocations of a wave touch memory the first times, for each access. */
  readonly offsets: readonly number[][][];
  /** Sectors that the workgroup touches, by binding. */
  readonly distinct: ReadonlyMap<number, Set<number>>;
}

function traced(
  module: Module,
  {dispatch, uniforms}: Given,
  {lanes, sectorBytes, accesses}: Waves & {accesses: readonly BoundAccess[]},
): Traced {
  const program = programOf(module, {traces: true});
  const offsets = accesses.map((): number[][] => []);
  const distinct = new Map(accesses.map(({binding}) => [binding, new Set<number>()]));
  const sectors = accesses.map(({binding}) => distinct.get(binding)!);
  const threads = module.sides.reduce((product, side) => product * side);
  for (let lane = 0; lane < threads; lane++) {
    const times = accesses.map(() => 0);
    program({
      ...{uniforms, builtins: builtinsOf(module, dispatch, lane), maxBlocks: Math.ceil(TRACED_BLOCKS / threads)},
      counts: new Float64Array(module.blocks.length),
      touch: (access, offset) => {
        const time = times[access]!++;
        if (lane < lanes && time < SAMPLES) (offsets[access]![time] ??= []).push(offset);
        sectors[access]!.add(Math.floor(offset / sectorBytes));
      },
    });
  }
  return {offsets, distinct};
}

/** Returns what a wave fetches by an access each time; of one that was not seen all that it asks for. */
function fetchedBytes(
  samples: readonly (readonly number[])[],
  {bytes, sectorBytes, lanes}: Waves & {bytes: number},
): number {
  if (samples.length === 0) return lanes * bytes;
  const each = samples.map((offsets) => {
    const sectors = new Set(
      offsets.flatMap((offset) => [Math.floor(offset / sectorBytes), Math.floor((offset + bytes - 1) / sectorBytes)]),
    );
    return sectors.size * sectorBytes;
  });
  return each.reduce((sum, value) => sum + value, 0) / samples.length;
}
