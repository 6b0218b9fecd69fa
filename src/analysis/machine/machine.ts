/**
 * What a machine can do, on the backend in use: measured by the loops beside this file, whose work no compiler can leave out.
 * Measured rates are the best that was seen of one thread, or of the GPU, so that a time which follows from them is a lower bound.
 */
import * as tf from '@tensorflow/tfjs-core';
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

/** Where a rate is from. */
export type RateSource = 'measured' | 'given';

/** Plain data, for JSON. */
export interface Machine extends MachineRates {
  /** Of which these are the rates. */
  readonly backend: string;
  /** The SIMD level of the wasm kernels; null on other backends. */
  readonly simd: SimdLevel | null;
  readonly bytesPerS: readonly MachineLevel[];
  /** Of opsPerS: (p90 − p10) ÷ median of the samples; null where it was given. */
  readonly spread: number | null;
  /** The loop that opsPerS is the rate of; null where it was given. */
  readonly loop: string | null;
  /** Which rates were measured and which given. */
  readonly source: {
    /** Of the peak. */
    readonly opsPerS: RateSource;
    /** Of all bandwidths. */
    readonly bytesPerS: RateSource;
  };
}

/**
 * Returns the machine of tfjs's current backend as measured, which takes seconds of one core, or of the GPU. `onProgress` is called
 * with what is measured.
 * Throws: `unsupported-device` where the backend is none of wasm, webgpu, cpu, or wasm has no SIMD here.
 */
export async function measureMachine(options: {onProgress?: (what: string) => void} = {}): Promise<Machine> {
  const {onProgress = () => undefined} = options;
  const backend = tf.getBackend();
  const {peak, levels, simd} = probesOf();
  onProgress('measuring the peak');
  const {perS, spread, loop} = await peak();
  onProgress('measuring the bandwidth');
  const bytesPerS = await levels();
  const source = {opsPerS: 'measured', bytesPerS: 'measured'} as const;
  return {backend, simd, opsPerS: perS, spread, loop, bytesPerS, source};
}

/** Returns the SIMD level of the wasm kernels; null on other backends. */
export function simdOf(): SimdLevel | null {
  return tf.getBackend() === 'wasm' ? simdLevel() : null;
}

interface Probes {
  readonly simd: SimdLevel | null;
  readonly peak: () => ComputePeak | Promise<ComputePeak>;
  readonly levels: () => MachineLevel[] | Promise<MachineLevel[]>;
}

function probesOf(): Probes {
  const backend = tf.getBackend();
  const simd = simdOf();
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
