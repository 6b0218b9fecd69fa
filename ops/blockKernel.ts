/** The face that a backend's kernel.ts shows to the op and to registration. */
import type {KernelBackend, KernelConfig} from '@tensorflow/tfjs-core';
import type {BlockSpec} from './block.ts';
import type {ImageSize} from './cost.ts';

/** What a backend brings to the op. */
export interface BlockKernel {
  readonly config: KernelConfig;
  /** Why this spec cannot run fused on this backend at this size; null when it can. */
  refusal(backend: KernelBackend, spec: BlockSpec, size: ImageSize): string | null;
}
