/** Invocations of a dispatch, run: what each loop of the shader does, and what a wave asks of each buffer. */
import {type SpirvLoop, loopsOf} from './loops.ts';
import {type Module, rootOf} from './module.ts';
import {type Access, accessesOf, type Builtins, type Program, programOf} from './program.ts';
import {bytesOfAccess} from './work.ts';

/** What a dispatch gives to its shader. */
export interface Given {
  readonly dispatch: readonly [x: number, y: number, z: number];
  readonly uniforms: Int32Array;
}

/** The mean of some workgroups' first invocations. */
export interface Invocation {
  readonly loops: SpirvLoop;
  /** How often each block runs. */
  readonly counts: Float64Array;
  /** Of the workgroups that were run the one that does most. */
  readonly workgroup: number;
}

/** No invocation of a sensible shader runs so many blocks. */
const MAX_BLOCKS = 1e8;
/** Workgroups that are run, of all parts of the dispatch: at an image's edges they have less to do. */
const RUN_WORKGROUPS = 12;
/** Multiples of it without their whole part are spread evenly, and follow no period of an image. */
const GOLDEN = 0.618034;

/**
 * Returns what the first invocations of some workgroups do on average: of those in a workgroup the first one has most rounds.
 * Throws: where one does not come to its end.
 */
export function runInvocation(module: Module, given: Given): Invocation {
  const program = programOf(module, {traces: false});
  const all = given.dispatch.reduce((product, side) => product * side);
  const runs = Array.from({length: Math.min(RUN_WORKGROUPS, all)}, (_, i) => {
    const workgroup = all <= RUN_WORKGROUPS ? i : Math.floor(((GOLDEN * (i + 1)) % 1) * all);
    return {workgroup, counts: countsOf(program, module, {...given, workgroup})};
  });
  const counts = Float64Array.from(module.blocks, (_, block) => {
    const sum = runs.reduce((total, run) => total + run.counts[block]!, 0);
    return sum / runs.length;
  });
  const {workgroup} = runs.reduce((best, run) => (sumOf(run.counts) > sumOf(best.counts) ? run : best));
  return {loops: loopsOf(module, counts), counts, workgroup};
}

interface InWorkgroup extends Given {
  readonly workgroup: number;
}

function countsOf(program: Program, module: Module, given: InWorkgroup): Float64Array {
  const counts = new Float64Array(module.blocks.length);
  const ended = program({
    ...{uniforms: given.uniforms, counts, builtins: builtinsOf(module, given, 0)},
    maxBlocks: MAX_BLOCKS,
    touch: () => undefined,
  });
  if (!ended) throw new Error('an invocation does not come to its end');
  return counts;
}

function sumOf(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function builtinsOf({sides}: Module, {dispatch, workgroup}: InWorkgroup, index: number): Builtins {
  const group = positionOf(workgroup, dispatch);
  const local = positionOf(index, sides);
  return {
    LocalInvocationIndex: index,
    LocalInvocationId: local,
    WorkgroupId: group,
    NumWorkgroups: dispatch,
    GlobalInvocationId: sides.map((side, i) => group[i]! * side + local[i]!),
  };
}

function positionOf(index: number, [x, y]: readonly [x: number, y: number, z: number]): number[] {
  return [index % x, Math.floor(index / x) % y, Math.floor(index / (x * y))];
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
  readonly ran: Pick<Invocation, 'counts' | 'workgroup'>;
  /** Invocations of a wave. */
  readonly lanes: number;
  readonly sectorBytes: number;
}

/** Returns the traffic of a wave and of its workgroup, for each buffer. */
export function trafficOf(module: Module, given: Given, waves: Waves): Traffic[] {
  const {ran, lanes, sectorBytes} = waves;
  const accesses = accessesOf(module).flatMap((access) => {
    const binding = module.bindings.get(rootOf(module, access.instruction.operands[0]!));
    return binding === undefined ? [] : [{...access, binding, bytes: bytesOfAccess(module, access.instruction)}];
  });
  const {offsets, distinct} = traced(module, given, {...waves, accesses});
  return [...new Set(accesses.map(({binding}) => binding))].map((binding) => {
    const sum = {binding, requested: 0, fetched: 0, distinct: distinct.get(binding)!.size * sectorBytes};
    for (const [i, access] of accesses.entries()) {
      if (access.binding !== binding) continue;
      const times = ran.counts[access.block]!;
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
  given: Given,
  {ran: {workgroup}, lanes, sectorBytes, accesses}: Waves & {accesses: readonly BoundAccess[]},
): Traced {
  const program = programOf(module, {traces: true});
  const offsets = accesses.map((): number[][] => []);
  const distinct = new Map(accesses.map(({binding}) => [binding, new Set<number>()]));
  const sectors = accesses.map(({binding}) => distinct.get(binding)!);
  const threads = module.sides.reduce((product, side) => product * side);
  for (let lane = 0; lane < threads; lane++) {
    const times = accesses.map(() => 0);
    program({
      ...{
        uniforms: given.uniforms,
        builtins: builtinsOf(module, {...given, workgroup}, lane),
        maxBlocks: Math.ceil(TRACED_BLOCKS / threads),
      },
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
