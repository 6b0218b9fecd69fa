/** The kernels of our own, one a backend: a new backend is one line here. */
import type {BlockKernel} from './blockKernel.ts';
import {wasmBlockKernel} from './wasm/kernel.ts';
import {webgpuBlockKernel} from './webgpu/kernel.ts';

export const BLOCK_KERNELS: readonly BlockKernel[] = [wasmBlockKernel, webgpuBlockKernel];

/** Returns the kernel of a backend, or undefined where it has none. */
export function blockKernelOf(backendName: string): BlockKernel | undefined {
  return BLOCK_KERNELS.find((kernel) => kernel.config.backendName === backendName);
}
