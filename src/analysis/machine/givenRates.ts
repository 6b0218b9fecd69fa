/** A machine whose peak or bandwidth is given: only what is not given is measured. */
import * as tf from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../../ops/errors.ts';
import {checkOptionNames} from '../../../ops/options.ts';
import {type Machine, measureMachine, simdOf} from './machine.ts';

/** Rates that are known without measuring. */
export interface GivenRates {
  /** 1 MAC = 2 FLOP. Units: GFLOP/s. */
  readonly peak?: number | undefined;
  /** Of memory, which then counts for all caches too. Units: GB/s. */
  readonly bandwidth?: number | undefined;
}

/** Outside of these a rate is in another unit. Units: those of GivenRates. */
const POSSIBLE = {
  peak: {unit: 'GFLOP/s', min: 1e-2, max: 1e7},
  bandwidth: {unit: 'GB/s', min: 1e-2, max: 1e6},
} as const;

/**
 * Returns the machine of tfjs's current backend: the rates that are given, and the others as measured.
 * Throws: `invalid-option` for absurd rates, and what measureMachine throws.
 */
export async function machineOf(given: GivenRates = {}): Promise<Machine> {
  checkOptionNames('machineOf', given, Object.keys(POSSIBLE));
  return machineFrom({backend: tf.getBackend(), simd: simdOf(), measure: () => measureMachine()}, given);
}

/** A backend, and how its machine is measured. */
interface MachineSource extends Pick<Machine, 'backend' | 'simd'> {
  readonly measure: () => Promise<Machine>;
}

/** Returns the rates that are given, and measures where one is not. Throws: as machineOf, and what measuring throws. */
export async function machineFrom({backend, simd, measure}: MachineSource, given: GivenRates): Promise<Machine> {
  checkGivenRates(given);
  const {peak, bandwidth} = given;
  if (peak !== undefined && bandwidth !== undefined)
    return {backend, simd, ...givenPeak(peak), ...givenBandwidth(bandwidth), source: GIVEN};
  const measured = await measure();
  return {
    ...measured,
    ...givenRates(given),
    source: {
      opsPerS: peak === undefined ? 'measured' : 'given',
      bytesPerS: bandwidth === undefined ? 'measured' : 'given',
    },
  };
}

const GIVEN: Machine['source'] = {opsPerS: 'given', bytesPerS: 'given'};

function givenRates({peak, bandwidth}: GivenRates): Partial<GivenPeak & GivenBandwidth> {
  return {
    ...(peak === undefined ? {} : givenPeak(peak)),
    ...(bandwidth === undefined ? {} : givenBandwidth(bandwidth)),
  };
}

type GivenPeak = Pick<Machine, 'opsPerS' | 'spread' | 'loop'>;
type GivenBandwidth = Pick<Machine, 'bytesPerS'>;

function givenPeak(peak: number): GivenPeak {
  return {opsPerS: 1e9 * peak, spread: null, loop: null};
}

function givenBandwidth(bandwidth: number): GivenBandwidth {
  return {bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 1e9 * bandwidth, spread: null}]};
}

/** Throws: `invalid-option` for rates that no machine has. */
export function checkGivenRates(given: GivenRates): void {
  for (const name of ['peak', 'bandwidth'] as const) {
    const rate = given[name];
    const {unit, min, max} = POSSIBLE[name];
    if (rate !== undefined && !(rate >= min && rate <= max))
      throw new BlockFusionError('invalid-option', {
        where: `--${name}`,
        must: `must be a machine's, ${min} to ${max.toExponential().replace('+', '')} ${unit}`,
        got: String(rate),
        fix: `give it in ${unit}, or leave it out to have it measured`,
      });
  }
}
