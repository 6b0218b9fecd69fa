/** What plans keep to of a GPU device: plain values, so that a block is planned for a device that is not there, too. */

import {MAX_REGISTERS} from './costModel.ts';

/** GPUs of one kind of registers. */
export type GPUFamily = 'intel' | 'other';

/** What the planner assumes of a family: limits have no say in it, and a shader that exceeds it runs, slowly. */
export interface FamilyTraits {
  /** Vectors of sums that an invocation holds: more do not stay in registers beside their operands. */
  readonly sums: number;
  /** Of an invocation, of 4 bytes. */
  readonly registers: number;
  /** Whether a product's next slab waits in registers. */
  readonly prefetch: boolean;
}

/**
 * Source: what the compilers of such GPUs make of the shaders, `npm run bench:gpu`. Mesa's for Intel's Xe runs 16 invocations with 64
 * registers each, and with four or more vectors of sums in a product spills hundreds of values; those of AMD's and NVIDIA's hold 16.
 */
export const FAMILIES: Readonly<Record<GPUFamily, FamilyTraits>> = {
  intel: {sums: 4, registers: 64, prefetch: false},
  other: {sums: 16, registers: MAX_REGISTERS, prefetch: true},
};

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

/** Returns the family of a vendor's GPUs, by WebGPU's name of it. */
export function familyOf(vendor: string | undefined): GPUFamily {
  return vendor === 'intel' ? 'intel' : 'other';
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
