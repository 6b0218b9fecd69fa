/** Trips of the assembly's loops, by the SPIR-V's: of kept shaders, whose trips are counted by hand, and of what compilers do to loops. */
import {type Assembly, parseAssembly} from '../../../bench/gpu/assembly/loops.ts';
import {emptyMix, macsOf, type Mix} from '../../../bench/gpu/assembly/mix.ts';
import {READERS} from '../../../bench/gpu/assembly/readers.ts';
import {runInvocation} from '../../../bench/gpu/spirv/invocation.ts';
import {type SpirvLoop, wholeWork} from '../../../bench/gpu/spirv/loops.ts';
import {noWork, type Work} from '../../../bench/gpu/spirv/work.ts';
import {type Trips, tripsOf} from '../../../bench/gpu/trips.ts';
import {DEPTH, GIVEN, keptAssembly, keptModule, SLABS, TILES, VENDORS} from './kept.ts';

const macsBy = (assembly: Assembly, trips: readonly Trips[]): number =>
  trips.reduce((sum, {loop, trips: rounds}) => sum + rounds * macsOf(loop?.mix ?? assembly.outside), 0);

describe.each(VENDORS)('kept shaders for %s', (vendor) => {
  it('have the trips of the product of slabs', () => {
    const assembly = keptAssembly('product', vendor);
    const {loops} = runInvocation(keptModule('product'), GIVEN.product);
    const trips = tripsOf(assembly, loops);
    const product = trips.find(({loop}) => loop !== null && loop.mix.fmas > 0)!;
    const slabs = trips.find(({loop}) => loop !== null && loop.mix.globalLoads > 0)!;
    expect([product.trips, slabs.trips]).toEqual([SLABS * DEPTH, SLABS]);
    // An exponential is a multiplication and what the compiler does for small results.
    expect(macsBy(assembly, trips) / wholeWork(loops).macs).toBeCloseTo(1, 1);
  });

  it("have the trips of stock's product, whose inner loop is unrolled", () => {
    const assembly = keptAssembly('stockProduct', vendor);
    const {loops} = runInvocation(keptModule('stockProduct'), GIVEN.stockProduct);
    const trips = tripsOf(assembly, loops);
    const tiles = trips.filter(({loop}) => loop !== null && loop.mix.fmas > 0);
    expect(tiles.map(({loop, trips: rounds}) => [macsOf(loop!.mix), rounds])).toEqual([[16, TILES]]);
    expect(macsBy(assembly, trips) / wholeWork(loops).macs).toBeCloseTo(1, 1);
  });
});

/** A loop of SPIR-V that is come to once. */
const loop = (trips: number, text: Partial<Work>, inner: readonly SpirvLoop[] = [], entries = 1): SpirvLoop => {
  const own = {...noWork(), ...text};
  return {trips, entries, own, text: own, inner};
};

/** Assembly with these loops, by their first and last lines. */
const assemblyOf = (loops: readonly (readonly [first: number, last: number, mix: Partial<Mix>])[]): Assembly => ({
  ...parseAssembly(READERS.amd, ''),
  loops: loops.map(([first, last, mix]) => ({
    ...{first, last, mix: {...emptyMix(), issue: 10, ...mix}},
    isInnermost: !loops.some(([start, end]) => first < start && end < last),
  })),
});

const tripsIn = (assembly: Assembly, ...inner: SpirvLoop[]): number[] =>
  tripsOf(assembly, loop(1, {}, inner)).flatMap(({loop: of, trips}) => (of === null ? [] : [trips]));

const load = {globalLoads: 1, globalBytes: 16};

describe('loops', () => {
  it('that are unrolled in part, with a loop for the rest', () => {
    const assembly = assemblyOf([
      [0, 9, {flops: 32}],
      [10, 14, {flops: 8}],
    ]);
    expect(tripsIn(assembly, loop(18, {macs: 4}))).toEqual([4, 2]);
  });

  it('that are unrolled wholly leave their work to the loop around', () => {
    const assembly = assemblyOf([[0, 9, {...load, flops: 32}]]);
    expect(tripsIn(assembly, loop(5, {globalRead: 16}, [loop(20, {macs: 4}, [], 5)]))).toEqual([5]);
  });

  it('that are unrolled wholly before another are none of the assembly', () => {
    const assembly = assemblyOf([[10, 19, {flops: 8}]]);
    expect(tripsIn(assembly, loop(4, {globalRead: 16}), loop(100, {macs: 4}))).toEqual([100]);
  });

  it('within one that is unrolled stand there once for each of its rounds', () => {
    const assembly = assemblyOf([
      [0, 9, {flops: 8}],
      [10, 19, {flops: 8}],
    ]);
    expect(tripsIn(assembly, loop(2, {}, [loop(14, {macs: 4}, [], 2)]))).toEqual([7, 7]);
  });

  it("that are nobody's go round never", () => {
    const assembly = assemblyOf([
      [0, 9, {workgroupBytes: 16}],
      [10, 19, {flops: 8}],
    ]);
    expect(tripsIn(assembly, loop(100, {macs: 4}))).toEqual([0, 100]);
  });

  it('run what a branch lets them, of their own text and of what is unrolled in it', () => {
    const text = (instructions: number): Work => ({...noWork(), macs: 4, instructions});
    const own = (instructions: number): Work => ({...noWork(), instructions});
    // Ten rounds of ten instructions, of which a round runs five; in each, three rounds of thirty are unrolled, and all run.
    const inner: SpirvLoop = {trips: 30, entries: 10, text: text(30), own: own(30 * 30), inner: []};
    const outer: SpirvLoop = {trips: 10, entries: 1, text: text(10), own: own(10 * 5), inner: [inner]};
    const assembly = assemblyOf([[0, 9, {flops: 2 * (4 + 3 * 4)}]]);
    const [, found] = tripsOf(assembly, loop(1, {}, [outer]));
    expect(found).toMatchObject({trips: 10, share: (5 + 90) / (10 + 90)});
  });
});
