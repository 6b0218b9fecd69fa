/**
 * What is used of WebGPU to get a device. In words of our own: the types that tfjs brings are of an older WebGPU, and a page
 * may have none.
 */
import type {AdapterInfo} from './adapter.ts';

export type PowerPreference = 'high-performance' | 'low-power';

/** `navigator.gpu`. */
export interface Gpu {
  requestAdapter(options?: {powerPreference?: PowerPreference}): Promise<GpuAdapter | null>;
}

/** Limits that a device has at WebGPU's default, however much its adapter could, unless more is asked for. */
export const RAISED_LIMITS = [
  // As tfjs raises them.
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
  // Kernels of many inputs: tfjs leaves it at 8.
  'maxStorageBuffersPerShaderStage',
] as const;

export type GpuLimits = Readonly<Record<(typeof RAISED_LIMITS)[number], number>>;

export interface GpuAdapter {
  readonly features: {has(name: string): boolean};
  readonly limits: GpuLimits;
  /** Absent in older browsers. */
  readonly info?: AdapterInfo;
  requestDevice(descriptor?: {
    requiredFeatures?: Iterable<string>;
    requiredLimits?: Record<string, number>;
  }): Promise<GpuDevice>;
}

export interface GpuDevice {
  readonly features: Iterable<string>;
  readonly limits: GpuLimits;
  destroy(): void;
}
