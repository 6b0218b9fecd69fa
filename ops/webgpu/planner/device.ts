/** What plans keep to of a GPU device: plain values, so that a block is planned for a device that is not there, too. */

import {familyOf, type GPUFamily} from './families.ts';

export interface DeviceTraits {
  readonly family: GPUFamily;
  /** Workgroup memory. Units: bytes. */
  readonly workgroupBytes: number;
  /** Invocations of a workgroup. */
  readonly invocations: number;
  /** Workgroups along a dimension of a dispatch. */
  readonly workgroupsPerDimension: number;
  /** The largest buffer that a shader can bind. Units: bytes. */
  readonly bindingBytes: number;
}

/** WebGPU's default limits, which every device has. Source: the WebGPU specification, "Limits". */
export const DEFAULT_TRAITS: DeviceTraits = {
  family: 'other',
  workgroupBytes: 16 * 1024,
  invocations: 256,
  workgroupsPerDimension: 65535,
  bindingBytes: 128 * 2 ** 20,
};

/** What traitsOf reads of a GPUDevice. Older browsers do not say whose it is. */
interface WithLimits {
  readonly adapterInfo?: {readonly vendor: string};
  readonly limits: {
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
    readonly maxComputeWorkgroupSizeX: number;
    readonly maxComputeWorkgroupsPerDimension: number;
    readonly maxStorageBufferBindingSize: number;
  };
}

/** Returns the traits of a device. */
export function traitsOf({adapterInfo, limits}: WithLimits): DeviceTraits {
  return {
    family: familyOf(adapterInfo?.vendor),
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    invocations: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    workgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    bindingBytes: limits.maxStorageBufferBindingSize,
  };
}
