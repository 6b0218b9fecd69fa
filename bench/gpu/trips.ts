/**
 * How often each loop of a shader's assembly goes round: the loop of the SPIR-V that it comes from tells. Compilers keep the order of
 * loops and their nesting; they unroll some wholly, which are then no loops and leave their contents around, and others in part. Of
 * all ways to pair the loops, that is taken by which what the assembly does fits best what the SPIR-V does.
 */
import {getOrMake} from '../../ops/getOrMake.ts';
import type {Assembly, Loop} from './assembly/loops.ts';
import {macsOf, type Mix} from './assembly/mix.ts';
import type {SpirvLoop} from './spirv/loops.ts';
import {addWork, noWork, type Work} from './spirv/work.ts';

/** A loop of the assembly, or its code outside of loops, as an invocation runs it. */
export interface Trips {
  /** Null is the code outside. */
  readonly loop: Loop | null;
  /** In all. */
  readonly trips: number;
  /** Share of its instructions that a round runs: a branch may leave out some. */
  readonly share: number;
}

/** Returns the trips of the code outside of loops and of each loop. */
export function tripsOf(assembly: Assembly, shader: SpirvLoop): Trips[] {
  const tree = treeOf(assembly.loops.filter(({mix, isInnermost}) => !isInnermost || mix.issue > MAX_IDLE_INSTRUCTIONS));
  const ways = finished(new Search().waysOf(shader.inner, {loops: tree, copies: 1}), tree).map((way) => ({
    ...way,
    cost: way.cost + misfit(assembly.outside, sumOf(shader.text, way.unrolled)),
  }));
  const way = cheapest(ways)[0]!;
  const found = new Map(way.pairs.map((pair) => [pair.loop, pair]));
  return [
    {loop: null, trips: 1, share: shareOf(shader, way)},
    ...assembly.loops.map((loop) => found.get(loop) ?? {loop, trips: 0, share: 1}),
  ];
}

/** NVIDIA's code ends with a jump to itself. */
const MAX_IDLE_INSTRUCTIONS = 2;
/** Ways that are kept of those that pair as many loops: the best is seldom beyond the first two. */
const KEPT_WAYS = 12;
/** A loop of the assembly that is paired with none. */
const UNPAIRED = 0.75;
/** Loops side by side that are paired with none, before one that is. */
const MAX_SKIPPED = 2;
/** Copies that a compiler makes of a loop within one that it unrolls. */
const MAX_COPIES = 8;

interface Tree {
  readonly loop: Loop;
  readonly inner: readonly Tree[];
}

function treeOf(loops: readonly Loop[]): Tree[] {
  const isWithin = (a: Loop, b: Loop): boolean => a !== b && b.first <= a.first && a.last <= b.last;
  return loops
    .filter((loop) => !loops.some((other) => isWithin(loop, other)))
    .map((loop) => ({loop, inner: treeOf(loops.filter((other) => isWithin(other, loop)))}));
}

/** Some loops of the SPIR-V paired with the first `used` of the assembly's loops that stand side by side. */
interface Way {
  readonly used: number;
  readonly cost: number;
  /** What wholly unrolled loops leave to the code around. */
  readonly unrolled: Work;
  /** Instructions of those that ran, in all. */
  readonly ran: number;
  readonly pairs: readonly Trips[];
}

/** Where loops are looked for. */
interface Place {
  readonly loops: readonly Tree[];
  /** How often the SPIR-V's loop stands there. */
  readonly copies: number;
}

const NOTHING: Way = {used: 0, cost: 0, unrolled: noWork(), ran: 0, pairs: []};

/** Finds ways; what was found for a loop at a place is kept. */
class Search {
  private readonly kept = new Map<SpirvLoop, Map<Tree | null, Map<number, Way[]>>>();

  /** Returns the best ways for each number of loops that they use. */
  waysOf(shader: readonly SpirvLoop[], {loops, copies}: Place): Way[] {
    let ways = [NOTHING];
    for (const each of shader)
      ways = best(
        ways.flatMap((way) =>
          this.stepsOf(each, {loops: loops.slice(way.used), copies}).map((step) => joined(way, step)),
        ),
      );
    return ways;
  }

  /** Loops that stand side by side are known by the first of them. */
  private stepsOf(shader: SpirvLoop, place: Place): Way[] {
    const ofShader = getOrMake(this.kept, shader, () => new Map<Tree | null, Map<number, Way[]>>());
    const ofPlace = getOrMake(ofShader, place.loops[0] ?? null, () => new Map<number, Way[]>());
    return getOrMake(ofPlace, place.copies, () =>
      best([...this.unrolledWays(shader, place), ...this.keptWays(shader, place)]),
    );
  }

  /** The loop is no loop any more; those within it may be, once for each round. */
  private unrolledWays(shader: SpirvLoop, {loops, copies}: Place): Way[] {
    const rounds = Math.round(roundsOf(shader));
    const once = this.waysOf(shader.inner, {loops: rounds === 1 ? loops : [], copies});
    const replicates = rounds > 1 && rounds <= Math.min(MAX_COPIES, loops.length) && shader.inner.length > 0;
    const inner = Array.from({length: rounds}, () => shader.inner).flat();
    const replicated = replicates
      ? this.waysOf(inner, {loops, copies: copies * rounds}).map((way) => ({
          ...way,
          unrolled: timesWork(way.unrolled, 1 / rounds),
        }))
      : [];
    return [...once, ...replicated].map((way) => ({
      ...way,
      unrolled: timesWork(sumOf(shader.text, way.unrolled), rounds),
      ran: way.ran + shader.own.instructions,
    }));
  }

  /** The loop is one of the assembly's, after some that are paired with none; it may do several rounds at a time. */
  private keptWays(shader: SpirvLoop, {loops, copies}: Place): Way[] {
    return loops.slice(0, MAX_SKIPPED + 1).flatMap((tree, before) => {
      const skipped = unpairedCost(loops.slice(0, before));
      const ways = finished(this.waysOf(shader.inner, {loops: tree.inner, copies}), tree.inner);
      return ways.flatMap((way) => {
        const round = sumOf(shader.text, way.unrolled);
        const share = shareOf(shader, way);
        return factorsOf(tree.loop.mix, round, roundsOf(shader)).flatMap((factor) => {
          const pair = {loop: tree.loop, share, trips: wholeRounds(shader, factor) / copies};
          const kept: Way = {
            used: before + 1,
            cost: skipped + way.cost + misfit(tree.loop.mix, timesWork(round, factor)),
            ...{unrolled: noWork(), ran: 0},
            pairs: [...way.pairs, pair],
          };
          return [kept, ...withRemainder(kept, {shader, round, share, factor, copies, next: loops[before + 1]})];
        });
      });
    });
  }
}

function joined(a: Way, b: Way): Way {
  return {
    used: a.used + b.used,
    cost: a.cost + b.cost,
    unrolled: sumOf(a.unrolled, b.unrolled),
    ran: a.ran + b.ran,
    pairs: [...a.pairs, ...b.pairs],
  };
}

/** Returns the best few ways for each number of loops. */
function best(ways: readonly Way[]): Way[] {
  const byUse = new Map<number, Way[]>();
  for (const way of ways) getOrMake(byUse, way.used, () => []).push(way);
  return [...byUse.values()].flatMap(cheapest);
}

function cheapest(ways: readonly Way[]): Way[] {
  return [...ways].sort((a, b) => a.cost - b.cost).slice(0, KEPT_WAYS);
}

/** Rounds each time that it is come to. */
function roundsOf({trips, entries}: SpirvLoop): number {
  return entries === 0 ? 1 : Math.max(1, trips / entries);
}

/** Returns the share of a loop's text, with that of the loops that are unrolled in it, that a round runs. */
function shareOf({trips, own, text}: SpirvLoop, {unrolled, ran}: Way): number {
  const all = trips * (text.instructions + unrolled.instructions);
  return all === 0 ? 1 : Math.min(1, (own.instructions + ran) / all);
}

/** Rounds of a loop that does so many of the SPIR-V's at a time. */
function wholeRounds(shader: SpirvLoop, factor: number): number {
  return factor === 1 ? shader.trips : Math.max(shader.entries, shader.entries * Math.floor(roundsOf(shader) / factor));
}

interface Remainder {
  readonly shader: SpirvLoop;
  readonly round: Work;
  readonly share: number;
  readonly factor: number;
  readonly copies: number;
  readonly next: Tree | undefined;
}

/** A loop that is unrolled in part may have its last rounds in a loop of their own. */
function withRemainder(kept: Way, {shader, round, share, factor, copies, next}: Remainder): Way[] {
  if (factor === 1 || next === undefined || next.inner.length > 0) return [];
  const trips = Math.max(0, shader.trips - factor * wholeRounds(shader, factor)) / copies;
  return [
    {
      ...kept,
      used: kept.used + 1,
      cost: kept.cost + misfit(next.loop.mix, round),
      pairs: [...kept.pairs, {loop: next.loop, share, trips}],
    },
  ];
}

/** Returns how many rounds of the SPIR-V's loop one of the assembly's may do. */
function factorsOf(mix: Mix, round: Work, rounds: number): number[] {
  const ratios = FEATURES.map(({of, expected}) => Math.round(of(mix) / Math.max(expected(round), 1e-9)));
  return [1, ...new Set(ratios.filter((ratio) => ratio > 1 && ratio <= rounds))];
}

/** Loops of the assembly that are left are paired with none. */
function finished(ways: readonly Way[], loops: readonly Tree[]): Way[] {
  return cheapest(ways.map((way) => ({...way, cost: way.cost + unpairedCost(loops.slice(way.used))})));
}

function unpairedCost(loops: readonly Tree[]): number {
  return loops.reduce((sum, {loop, inner}) => sum + UNPAIRED + misfit(loop.mix, noWork()) + unpairedCost(inner), 0);
}

interface Feature {
  readonly of: (mix: Mix) => number;
  readonly expected: (work: Work) => number;
  /** Less than this is nothing. */
  readonly least: number;
  readonly weight: number;
}

const FEATURES: readonly Feature[] = [
  {of: macsOf, expected: ({macs}) => macs, least: 1, weight: 2},
  {
    of: ({globalBytes}) => globalBytes,
    expected: ({globalRead, globalWritten}) => globalRead + globalWritten,
    ...{least: 8, weight: 1},
  },
  {
    of: ({workgroupBytes}) => workgroupBytes,
    expected: ({workgroupRead, workgroupWritten}) => workgroupRead + workgroupWritten,
    ...{least: 8, weight: 1},
  },
  // A workgroup of one wave needs none.
  {of: ({barriers}) => barriers, expected: ({barriers}) => barriers, least: 1, weight: 0.25},
];

/** Returns how far apart they are: of each feature the part of the larger that the smaller lacks. */
function misfit(mix: Mix, work: Work): number {
  return FEATURES.reduce((sum, {of, expected, least, weight}) => {
    const [a, b] = [of(mix), expected(work)];
    return sum + (weight * Math.abs(a - b)) / Math.max(a, b, least);
  }, 0);
}

function sumOf(a: Work, b: Work): Work {
  const sum = {...a};
  addWork(sum, b, 1);
  return sum;
}

function timesWork(work: Work, times: number): Work {
  const sum = noWork();
  addWork(sum, work, times);
  return sum;
}
