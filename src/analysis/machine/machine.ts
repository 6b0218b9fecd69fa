/**
 * What a machine can do, on the backend in use: measured by the loops beside this file, of which nothing is left out, or given.
 * Measured figures are the best that was seen of one thread, or of the GPU, so that a time which follows from them is a lower bound.
 */
import type * as core from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../../ops/errors.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import {simdLevel} from '../../../ops/wasm/module.ts';
import type {MachineRates} from '../bounds.ts';
import {measureGPULevels, measureGPUPeak} from './gpu.ts';
import {measureJavaScriptLevels, measureJavaScriptPeak} from './javaScript.ts';
import type {MachineLevel} from './levels.ts';
import type {ComputePeak} from './peak.ts';
import {measureWasmLevels, measureWasmPeak} from './wasm.ts';

export type {MachineLevel} from './levels.ts';

/** What is asked of tfjs: its backend. */
export type BackendTfjs = Pick<typeof core, 'getBackend' | 'backend'>;

export type RateSource = 'measured' | 'given';

/** Plain data, for JSON. */
export interface Machine extends MachineRates {
  readonly backend: string;
  /** The SIMD level of the wasm kernels; null on other backends. */
  readonly simd: SimdLevel | null;
  readonly bytesPerS: readonly MachineLevel[];
  /** Of opsPerS: (p90 − p10) ÷ median of the samples; null where it was given. */
  readonly spread: number | null;
  /** The loop that opsPerS is the rate of; null where it was given. */
  readonly loop: string | null;
  readonly source: {readonly opsPerS: RateSource; readonly bytesPerS: RateSource};
}

/** What a user knows better than a measurement would. */
export interface GivenRates {
  /** 1 MAC = 2 FLOP. Units: GFLOP/s. */
  readonly peak?: number | undefined;
  /** Of memory; caches are then not told apart. Units: GB/s. */
  readonly bandwidth?: number | undefined;
}

/** Beyond these no machine computes and none remembers: a figure there is one in another unit. Units: those of GivenRates. */
const POSSIBLE = {
  peak: {unit: 'GFLOP/s', least: 1e-2, most: 1e7},
  bandwidth: {unit: 'GB/s', least: 1e-2, most: 1e6},
} as const;

/**
 * Returns what the machine can do on tfjs's current backend: what is given, and of the rest what is measured.
 * Throws: `invalid-option` for absurd rates, and what measureMachine throws.
 */
export async function machineOf(tf: BackendTfjs, given: GivenRates = {}): Promise<Machine> {
  return machineFrom({backend: tf.getBackend(), simd: simdOf(tf), measure: () => measureMachine(tf)}, given);
}

/** A backend, and how its machine is measured: perhaps elsewhere, or once for many runs. */
interface MachineSource extends Pick<Machine, 'backend' | 'simd'> {
  readonly measure: () => Promise<Machine>;
}

/** Returns what is given, and measures only where something is left to know. Throws: as machineOf, and what measuring throws. */
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

/** Returns of a machine what is given. */
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
    const {unit, least, most} = POSSIBLE[name];
    if (rate !== undefined && !(rate >= least && rate <= most))
      throw new BlockFusionError('invalid-option', {
        where: `--${name}`,
        must: `must be a machine's, ${least} to ${most.toExponential().replace('+', '')} ${unit}`,
        got: String(rate),
        fix: `give it in ${unit}, or leave it out to have it measured`,
      });
  }
}

/**
 * Returns what the machine is seen to do on tfjs's current backend, which takes seconds of one core, or of the GPU. `onProgress`
 * is told what is measured.
 * Throws: `unsupported-device` where the backend is none of wasm, webgpu, cpu, or wasm has no SIMD here.
 */
export async function measureMachine(
  tf: BackendTfjs,
  {onProgress = () => undefined}: {onProgress?: (what: string) => void} = {},
): Promise<Machine> {
  const backend = tf.getBackend();
  const {peak, levels, simd} = probesOf(tf);
  onProgress('measuring the peak');
  const {perS, spread, loop} = await peak();
  onProgress('measuring the bandwidth');
  const bytesPerS = await levels();
  const source = {opsPerS: 'measured', bytesPerS: 'measured'} as const;
  return {backend, simd, opsPerS: perS, spread, loop, bytesPerS, source};
}

function simdOf(tf: BackendTfjs): SimdLevel | null {
  return tf.getBackend() === 'wasm' ? simdLevel() : null;
}

interface Probes {
  readonly simd: SimdLevel | null;
  readonly peak: () => ComputePeak | Promise<ComputePeak>;
  readonly levels: () => MachineLevel[] | Promise<MachineLevel[]>;
}

function probesOf(tf: BackendTfjs): Probes {
  const backend = tf.getBackend();
  const simd = simdOf(tf);
  if (simd !== null) return {simd, peak: () => measureWasmPeak(simd), levels: () => measureWasmLevels(simd)};
  switch (backend) {
    case 'webgpu': {
      const {device} = tf.backend() as unknown as {device: GPUDevice};
      return {simd, peak: () => measureGPUPeak(device), levels: () => measureGPULevels(device)};
    }
    case 'cpu':
      return {simd, peak: measureJavaScriptPeak, levels: measureJavaScriptLevels};
    default:
      throw new BlockFusionError('unsupported-device', {
        where: 'measureMachine',
        must: 'the backend must be webgpu, cpu, or wasm with SIMD',
        got: backend,
        fix: 'give the peak and the bandwidth',
      });
  }
}
