/** A webgpu backend without a GPU, as far as blocks are planned and their shaders compiled on it: it takes every shader. */
import type {KernelBackend} from '@tensorflow/tfjs-core';

export interface FakeGPU {
  readonly backend: KernelBackend;
  /** What was compiled. */
  readonly texts: readonly string[];
}

const LIMITS = {
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBufferBindingSize: 2 ** 27,
};

export function fakeGPU(): FakeGPU {
  const texts: string[] = [];
  const device = {
    limits: LIMITS,
    lost: new Promise(() => undefined),
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createShaderModule: ({code}: {code: string}) => texts.push(code),
    createComputePipelineAsync: () => Promise.resolve({}),
  };
  return {backend: {device, recordAndSubmit: () => undefined} as unknown as KernelBackend, texts};
}
