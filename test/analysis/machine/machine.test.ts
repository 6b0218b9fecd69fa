/** What a machine can do. Rates depend on the machine, and are held only to what all machines keep. */
import {type Machine, measureMachine} from '../../../src/analysis/machine/machine.ts';
import {type CurvePoint, levelsOf, WORKING_SETS} from '../../../src/analysis/machine/levels.ts';
import {bestOf} from '../../../src/analysis/machine/peak.ts';
import {measureRate, rateOf} from '../../../src/analysis/machine/rate.ts';
import {BlockFusionError} from '../../../ops/errors.ts';
import {simdLevel} from '../../../ops/wasm/module.ts';
import {ALL_TFJS} from '../../../src/run/allTfjs.ts';
import {onSendingBackend} from '../../helpers/sendingBackend.ts';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

const points = (rates: readonly (readonly [bytes: number, perS: number])[]): CurvePoint[] =>
  rates.map(([bytes, perS]) => ({bytes, rate: {perS, spread: perS / 1000}}));

describe('rateOf', () => {
  it('is the best sample, and the middle four fifths over the median', () => {
    const perMs = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const {perS, spread} = rateOf(perMs);
    expect(perS).toBe(11_000);
    expect(spread).toBeCloseTo((10 - 2) / 6);
  });
});

describe('measureRate', () => {
  it('counts the work of every run of a sample', () => {
    let runs = 0;
    const busy = (): void => {
      runs++;
      for (const end = performance.now() + 0.5; performance.now() < end;);
    };
    const {perS} = measureRate({work: 3, run: busy}, {samples: 3, sampleMs: 4, warmupMs: 1});
    expect(runs).toBeGreaterThan(6);
    expect(perS).toBeLessThanOrEqual(3 / 0.5e-3);
  });
});

describe('bestOf', () => {
  it('names the fastest loop and keeps all', () => {
    const loops = {slow: {perS: 1, spread: 0.5}, fast: {perS: 3, spread: 0.1}, middle: {perS: 2, spread: 0.2}};
    expect(bestOf(loops)).toEqual({perS: 3, spread: 0.1, loop: 'fast', loops});
  });
});

describe('levelsOf', () => {
  it('ends a level where the rate falls, with the best rate of each', () => {
    const curve = points([
      [16 * KIB, 100],
      [32 * KIB, 98],
      [64 * KIB, 50],
      [MIB, 48],
      [64 * MIB, 11],
      [128 * MIB, 10],
      [256 * MIB, 10],
    ]);
    expect(levelsOf(curve)).toEqual([
      {level: '≤ 32 KiB', bytes: 32 * KIB, bytesPerS: 100, spread: 0.1},
      {level: '≤ 1 MiB', bytes: MIB, bytesPerS: 50, spread: 0.05},
      {level: 'memory', bytes: null, bytesPerS: 11, spread: 0.011},
    ]);
  });

  it('takes a working set that is slower than a larger one for disturbed', () => {
    const curve = points([
      [16 * KIB, 100],
      [32 * KIB, 20],
      [64 * KIB, 99],
      [128 * KIB, 10],
      [256 * KIB, 10],
    ]);
    expect(levelsOf(curve)).toMatchObject([
      {bytes: 64 * KIB, bytesPerS: 100},
      {level: 'memory', bytesPerS: 10},
    ]);
  });

  it('takes the largest octave for memory, even where it goes on falling', () => {
    const curve = points([
      [16 * KIB, 100],
      [128 * KIB, 40],
      [192 * KIB, 20],
      [256 * KIB, 10],
    ]);
    expect(levelsOf(curve)).toMatchObject([{bytes: 16 * KIB}, {level: 'memory', bytesPerS: 40}]);
  });

  it('has one level where all goes alike, and where there is one size', () => {
    expect(levelsOf(points(WORKING_SETS.map((bytes) => [bytes, 7] as const)))).toMatchObject([{level: 'memory'}]);
    expect(levelsOf(points([[MIB, 7]]))).toMatchObject([{level: 'memory', bytesPerS: 7}]);
  });

  it('lies nowhere below the curve', () => {
    // A hash of the index in place of a random number: disturbed everywhere, and falling on the whole.
    const curve = points(
      WORKING_SETS.map((bytes, i) => [bytes, (1 + ((i * 7919) % 97) / 97) * (1e9 / (i + 3))] as const),
    );
    const levels = levelsOf(curve);
    for (const {bytes, rate} of curve) {
      const level = levels.find((each) => each.bytes === null || bytes <= each.bytes)!;
      expect(level.bytesPerS).toBeGreaterThanOrEqual(rate.perS);
    }
    expect(levels.length).toBeGreaterThan(2);
  });
});

describe('working sets', () => {
  it('are 16 KiB to 256 MiB, each of whole 128 bytes', () => {
    expect(WORKING_SETS[0]).toBe(16 * KIB);
    expect(WORKING_SETS.at(-1)).toBe(256 * MIB);
    expect(WORKING_SETS.every((bytes, i) => bytes % 128 === 0 && bytes > (WORKING_SETS[i - 1] ?? 0))).toBe(true);
  });
});

describe.each(['wasm', 'cpu'])('a machine measured on %s', (backend) => {
  let machine: Machine;
  const progress: string[] = [];
  beforeAll(async () => {
    await ALL_TFJS.setBackend(backend);
    machine = await measureMachine({onProgress: (what) => progress.push(what)});
  });

  it('computes', () => {
    expect(machine).toMatchObject({backend, simd: backend === 'wasm' ? simdLevel() : null});
    // From a slow phone's core to what no core will do.
    expect(machine.opsPerS).toBeGreaterThan(1e8);
    expect(machine.opsPerS).toBeLessThan(1e12);
    expect(machine.spread).toBeGreaterThanOrEqual(0);
    expect(progress).toEqual(['measuring the peak', 'measuring the bandwidth']);
  });

  it('has bandwidths, memory the lowest', () => {
    const {bytesPerS: levels} = machine;
    expect(levels.at(-1)).toMatchObject({level: 'memory', bytes: null});
    for (const [i, {bytes, bytesPerS}] of levels.entries()) {
      expect(bytesPerS).toBeGreaterThan(1e8);
      expect(bytesPerS).toBeLessThan(1e13);
      const next = levels[i + 1];
      if (next === undefined) continue;
      expect(next.bytesPerS).toBeLessThan(bytesPerS);
      expect(next.bytes ?? Infinity).toBeGreaterThan(bytes!);
    }
  });

  it('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(machine))).toEqual(machine);
  });
});

describe('a backend of which nothing is known', () => {
  it('is refused, with what to do', async () => {
    const measured = onSendingBackend(() => measureMachine());
    await expect(measured).rejects.toThrow(BlockFusionError);
    await expect(measured).rejects.toThrow(/cpu, or wasm with SIMD, got sending; give the peak/);
  });
});
