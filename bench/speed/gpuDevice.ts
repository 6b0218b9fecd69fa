/** The GPU that the bench measures beside tfjs. */
import {ALL_TFJS} from '../../src/run/allTfjs.ts';

/** Returns the device of tfjs's webgpu backend, which must be the current one. */
export function gpuDevice(): GPUDevice {
  return (ALL_TFJS.backend() as unknown as {device: GPUDevice}).device;
}
