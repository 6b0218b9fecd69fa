/**
 * Levels of memory, found from how fast working sets of many sizes go through. Caches are named by what they were seen to hold
 * (≤ 16 MiB), since nothing tells here which of a processor's they are.
 */
import type {BandwidthLevel} from '../bounds.ts';
import {type Loop, measureRate, type Rate, type Sampling} from './rate.ts';

export interface MachineLevel extends BandwidthLevel {
  /** (p90 − p10) ÷ median of the samples; null where it was given. */
  readonly spread: number | null;
}

/** A working set's rate. */
export interface CurvePoint {
  /** All that the loop touches. Units: bytes. */
  readonly bytes: number;
  /** The best of the loops. Units: bytes read and written, a second. */
  readonly rate: Rate;
}

/** A level ends where the rate has fallen to this share of it. */
const FALL = 0.7;
/** Short ones: the more often a loop is tried, the surer it once goes undisturbed. */
const SAMPLING: Sampling = {samples: 7, sampleMs: 1.5, warmupMs: 8};

const SMALLEST = 2 ** 14;
/** Larger than the last cache of most machines; where it is not, that cache passes for memory. */
export const LARGEST = 2 ** 28;

/** 16 KiB to 256 MiB, two to an octave. */
export const WORKING_SETS: readonly number[] = Array.from(
  {length: 2 * Math.log2(LARGEST / SMALLEST) + 1},
  (_, i) => SMALLEST * 2 ** Math.floor(i / 2) * (i % 2 === 0 ? 1 : 1.5),
);

/** Returns the best rate of each working set over the ways through memory that `loopsOf` gives for it. */
export function measureCurve(loopsOf: (bytes: number) => readonly Loop[]): CurvePoint[] {
  return WORKING_SETS.map((bytes) => {
    const rates = loopsOf(bytes).map((loop) => measureRate(loop, SAMPLING));
    return {bytes, rate: rates.reduce((best, each) => (each.perS > best.perS ? each : best))};
  });
}

/**
 * Returns the levels that a curve shows, nearest first: the steps of a staircase that lies nowhere below the curve. A level goes on
 * while the rate is near its best, which is the level's; its capacity is the largest working set that still goes so. The largest
 * octave is memory, whatever it shows. A working set is no slower than a larger one: where it was seen to be, something disturbed it.
 */
export function levelsOf(curve: readonly CurvePoint[]): MachineLevel[] {
  const octave = curve.findIndex(({bytes}) => bytes >= curve.at(-1)!.bytes / 2);
  const steps: {bytes: number; rate: Rate}[] = [];
  for (const [i, {bytes}] of curve.slice(0, octave + 1).entries()) {
    const {rate} = fastest(curve.slice(i));
    const step = steps.at(-1);
    if (step !== undefined && rate.perS > FALL * step.rate.perS) step.bytes = bytes;
    else steps.push({bytes, rate});
  }
  return steps.map(({bytes, rate: {perS, spread}}, i) =>
    i === steps.length - 1
      ? {level: 'memory', bytes: null, bytesPerS: perS, spread}
      : {level: `≤ ${binary(bytes)}`, bytes, bytesPerS: perS, spread},
  );
}

function binary(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;
}

function fastest(points: readonly CurvePoint[]): CurvePoint {
  return points.reduce((best, each) => (each.rate.perS > best.rate.perS ? each : best));
}
