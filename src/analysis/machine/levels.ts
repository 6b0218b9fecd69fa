/**
 * Levels of memory, found from the bandwidth of working sets of many sizes. Caches are named by the largest working set that they
 * were seen to hold (≤ 16 MiB): which of a processor's caches they are cannot be known here.
 */
import type {BandwidthLevel} from '../bounds.ts';
import {type Loop, measureRate, type Rate, type Sampling} from './rate.ts';

/** A level of memory, as measured. */
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

/** A level ends where the rate has fallen to this share of the level's. */
const LEVEL_END = 0.7;
/** Many short samples: one of them is likely to run undisturbed. */
const SAMPLING: Sampling = {samples: 7, sampleMs: 1.5, warmupMs: 8};

const MIN_WORKING_SET = 2 ** 14;
/** Larger than the last cache of most machines; where it is not, that cache passes for memory. */
export const MAX_WORKING_SET = 2 ** 28;

/** 16 KiB to 256 MiB, two to an octave. */
export const WORKING_SETS: readonly number[] = Array.from(
  {length: 2 * Math.log2(MAX_WORKING_SET / MIN_WORKING_SET) + 1},
  (_, i) => MIN_WORKING_SET * 2 ** Math.floor(i / 2) * (i % 2 === 0 ? 1 : 1.5),
);

/** Returns the best rate of each working set over the loops that `loopsOf` gives for it. */
export function measureCurve(loopsOf: (bytes: number) => readonly Loop[]): CurvePoint[] {
  return WORKING_SETS.map((bytes) => {
    const rates = loopsOf(bytes).map((loop) => measureRate(loop, SAMPLING));
    return {bytes, rate: rates.reduce((best, each) => (each.perS > best.perS ? each : best))};
  });
}

/**
 * Returns the levels that a curve shows, nearest first: the steps of a staircase that lies nowhere below the curve. A level's rate is
 * the best of its working sets, its capacity the largest one whose rate is near that. The largest octave is memory, whatever it
 * shows. A working set that was measured slower than a larger one was disturbed: the larger one's rate counts.
 */
export function levelsOf(curve: readonly CurvePoint[]): MachineLevel[] {
  const octave = curve.findIndex(({bytes}) => bytes >= curve.at(-1)!.bytes / 2);
  const steps: {bytes: number; rate: Rate}[] = [];
  for (const [i, {bytes}] of curve.slice(0, octave + 1).entries()) {
    const {rate} = fastest(curve.slice(i));
    const step = steps.at(-1);
    if (step !== undefined && rate.perS > LEVEL_END * step.rate.perS) step.bytes = bytes;
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
