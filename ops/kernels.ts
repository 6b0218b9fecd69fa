/** The kernels of our own, one a backend: a new backend is one line here. */
import type {KernelBackend, KernelConfig} from '@tensorflow/tfjs-core';
import type {BlockSpec} from './block.ts';
import type {ImageSize} from './cost.ts';
import {wasmBlockKernel} from './wasm/kernel.ts';

/** What a backend brings to the op. */
export interface BlockKernel {
  readonly config: KernelConfig;
  /** Why this spec cannot run fused on this backend at this size; null when it can. */
  refusal(backend: KernelBackend, spec: BlockSpec, size: ImageSize): string | null;
}

const BLOCK_KERNELS: readonly BlockKernel[] = [wasmBlockKernel];

/** Returns every kernel, to be registered. */
export function blockKernels(): readonly BlockKernel[] {
  return BLOCK_KERNELS;
}

/** Returns the kernel of a backend, or undefined where it has none. */
export function blockKernelOf(backendName: string): BlockKernel | undefined {
  return BLOCK_KERNELS.find((kernel) => kernel.config.backendName === backendName);
}
