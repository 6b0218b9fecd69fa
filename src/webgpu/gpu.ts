/**
 * What is used of WebGPU to get a device. In words of our own: the types that tfjs brings are of an older WebGPU, and a page
 * may have none.
 */
import type {AdapterInfo} from './adapter.ts';

/** Which GPU, where there are two: the faster one, or the one that takes less power. */
export type PowerPreference = 'high-performance' | 'low-power';

/** `navigator.gpu`. */
export interface Gpu {
  /** Returns an adapter; null where there is none. */
  requestAdapter(options?: {powerPreference?: PowerPreference}): Promise<GpuAdapter | null>;
}

/** Limits that a device has at WebGPU's default, however much its adapter could, unless more is asked for. By WebGPU's names. */
export interface GpuLimits {
  /** Units: bytes. */
  readonly maxComputeWorkgroupStorageSize: number;
  /** Units: workgroups. */
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Units: bytes. */
  readonly maxStorageBufferBindingSize: number;
  /** Units: bytes. */
  readonly maxBufferSize: number;
  /** Units: invocations. */
  readonly maxComputeWorkgroupSizeX: number;
  /** Units: invocations. */
  readonly maxComputeInvocationsPerWorkgroup: number;
  /** Units: buffers. tfjs leaves it at 8; kernels of many inputs take more. */
  readonly maxStorageBuffersPerShaderStage: number;
}

const EACH_LIMIT: Readonly<Record<keyof GpuLimits, true>> = {
  maxComputeWorkgroupStorageSize: true,
  maxComputeWorkgroupsPerDimension: true,
  maxStorageBufferBindingSize: true,
  maxBufferSize: true,
  maxComputeWorkgroupSizeX: true,
  maxComputeInvocationsPerWorkgroup: true,
  maxStorageBuffersPerShaderStage: true,
};

/** The limits that are raised to all that the adapter has. */
export const RAISED_LIMITS = Object.keys(EACH_LIMIT) as readonly (keyof GpuLimits)[];

/** What `requestAdapter` gives. */
export interface GpuAdapter {
  /** By WebGPU's names, as in 'shader-f16'. */
  readonly features: Pick<ReadonlySet<string>, 'has'>;
  /** Its own, which a device may have. */
  readonly limits: GpuLimits;
  /** Absent in older browsers. */
  readonly info?: AdapterInfo;
  /** Returns a device with these features and limits. */
  requestDevice(descriptor?: {
    requiredFeatures?: Iterable<string>;
    requiredLimits?: Record<string, number>;
  }): Promise<GpuDevice>;
}

/** What `requestDevice` gives. */
export interface GpuDevice {
  /** Those that were asked for and are there. */
  readonly features: Iterable<string>;
  /** Those that it was made with. */
  readonly limits: GpuLimits;
  /** Frees it. */
  destroy(): void;
}
