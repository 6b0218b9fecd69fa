/** The most that this machine was seen to do, in the bench's units; shares of the peak are shares of this. */
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {measureGPUMemory, measureGPUPeak} from '../../src/analysis/machine/gpu.ts';
import type {ComputePeak} from '../../src/analysis/machine/peak.ts';
import {measureWasmPeak} from '../../src/analysis/machine/wasm.ts';

export interface Peak {
  /** Units: GMAC/s, in float32. */
  readonly gmacsPerS: number;
  /** The least that it was measured at: how far the machine falls below its best. Units: GMAC/s. */
  readonly least: number;
  /** Memory bandwidth; null where it was not measured. Units: GB/s. */
  readonly gbytesPerS: number | null;
  /** The loop that it is the rate of. */
  readonly loop: string;
  /** Units: GMAC/s. */
  readonly loops: Readonly<Record<string, number>>;
}

/** Returns the peak of one thread at a SIMD level. */
export function wasmPeak(level: SimdLevel): Peak {
  return {...computePeak(measureWasmPeak(level)), gbytesPerS: null};
}

/** Returns a GPU's peak. */
export async function gpuPeak(device: GPUDevice): Promise<Peak> {
  const compute = computePeak(await measureGPUPeak(device));
  const {bytesPerS} = await measureGPUMemory(device);
  return {...compute, gbytesPerS: bytesPerS / 1e9};
}

function computePeak({perS, loop, loops}: ComputePeak): Omit<Peak, 'gbytesPerS'> {
  const all = Object.entries(loops).map(([name, rate]) => [name, gmacs(rate.perS)] as const);
  return {gmacsPerS: gmacs(perS), least: gmacs(perS), loop, loops: Object.fromEntries(all)};
}

const gmacs = (opsPerS: number): number => opsPerS / 2e9;

/** Returns the best of measurements on the same machine, two or groups of them. */
export function betterPeak(a: Peak, b: Peak): Peak {
  const better = a.gmacsPerS >= b.gmacsPerS ? a : b;
  const gbytesPerS = a.gbytesPerS === null || b.gbytesPerS === null ? null : Math.max(a.gbytesPerS, b.gbytesPerS);
  return {...better, least: Math.min(a.least, b.least), gbytesPerS};
}
