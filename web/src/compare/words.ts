/** What the page calls things: stages, backends, sizes. */
import type {Stage} from '../run/protocol.ts';
import type {Backend, Settings} from '../settings/settings.ts';

export const STAGE_TITLES: Readonly<Record<Stage, string>> = {
  backend: 'Starting the backend',
  model: 'Loading the model',
  agreement: 'Checking the answer',
  timing: 'Timing both sides',
  blocks: 'Timing each block',
  machine: 'Measuring this machine',
  waterline: 'Finding where the time goes',
};

export const BACKEND_TITLES: Readonly<Record<Backend, string>> = {
  wasm: 'WebAssembly',
  webgpu: 'WebGPU',
  cpu: 'JavaScript',
};

/** Returns the settings in a line, without the backend. */
export function settingsText({backend, simd, threads, precision, batch, inputSize, runs, blocks}: Settings): string {
  return [
    ...(backend === 'wasm' && simd === 'simd' ? ['plain SIMD'] : []),
    ...(backend === 'wasm' && threads !== 'auto' ? [`${threads} thread${threads === 1 ? '' : 's'}`] : []),
    ...(backend === 'webgpu' && precision === 'float16' ? ['float16'] : []),
    `batch ${batch}`,
    ...(inputSize === null ? [] : [`${inputSize} px`]),
    `${runs} run${runs === 1 ? '' : 's'}`,
    ...(blocks === 'all' ? ['all blocks'] : []),
  ].join(', ');
}

/** Returns a size in the unit that suits it: 1 MB = 10⁶ bytes, as file managers say it. */
export function bytesText(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
