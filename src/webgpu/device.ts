/** A device with all that its adapter has of what tfjs and the fused kernels can use, and with what was wished for, or an error. */
import {BlockFusionError} from '../../ops/errors.ts';
import type {Precision} from '../../ops/params.ts';
import {SHADER_F16} from '../load/precisionSupport.ts';
import {describeAdapter} from './adapter.ts';
import {type Gpu, type GpuAdapter, type GpuDevice, type GpuLimits, type PowerPreference, RAISED_LIMITS} from './gpu.ts';

const WHERE = 'createFusedWebGPUBackend';

/** Features that tfjs uses where there are any: times of the GPU, and drawing to a canvas. */
const TFJS_FEATURES = ['timestamp-query', 'bgra8unorm-storage'];

/** What a device was made of. */
export interface NewDevice {
  readonly adapter: GpuAdapter;
  readonly device: GpuDevice;
}

/**
 * Returns a new device.
 * Throws: `unsupported-device` where there is no WebGPU, no adapter, or one without the feature that `precision` needs.
 */
export async function createDevice(
  gpu: Gpu | undefined,
  {powerPreference, precision}: {powerPreference: PowerPreference; precision: Precision},
): Promise<NewDevice> {
  if (gpu === undefined) throw unsupported('there must be WebGPU (navigator.gpu)', 'none', 'use a page on https');
  const adapter = await gpu.requestAdapter({powerPreference});
  if (adapter === null) throw unsupported('there must be a WebGPU adapter', 'none', 'turn hardware acceleration on');
  const device = await adapter.requestDevice({
    requiredFeatures: featuresOf(adapter, precision),
    requiredLimits: limitsOf(adapter),
  });
  return {adapter, device};
}

function featuresOf({features, info = {}}: GpuAdapter, precision: Precision): string[] {
  const present = TFJS_FEATURES.filter((name) => features.has(name));
  if (precision === 'float32') return present;
  if (features.has(SHADER_F16)) return [...present, SHADER_F16];
  throw unsupported(
    `precision 'float16' needs an adapter with ${SHADER_F16}`,
    `${describeAdapter(info).name} without it`,
    'leave precision out',
  );
}

/** Returns all that an adapter, or a device, has of the limits that are raised. */
export function limitsOf({limits}: {limits: GpuLimits}): Record<keyof GpuLimits, number> {
  return Object.fromEntries(RAISED_LIMITS.map((name) => [name, limits[name]])) as Record<keyof GpuLimits, number>;
}

function unsupported(must: string, got: string, fix: string): BlockFusionError {
  return new BlockFusionError('unsupported-device', {
    where: WHERE,
    must,
    got,
    fix: `${fix}, or use another browser, GPU or backend`,
  });
}
