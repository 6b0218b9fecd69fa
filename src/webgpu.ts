/**
 * `tfjs-block-fusion/webgpu`, for pages that run on WebGPU and want more of the device than tfjs asks for.
 *
 * @packageDocumentation
 */
export {BlockFusionError, type BlockFusionErrorCode, type BlockFusionErrorParts} from '../ops/errors.ts';
export type {Precision} from '../ops/params.ts';
export type {Adapter, AdapterInfo} from './webgpu/adapter.ts';
export {createFusedWebGPUBackend, type FusedWebGPU, type FusedWebGPUOptions} from './webgpu/createBackend.ts';
export type {Gpu, GpuAdapter, GpuDevice, GpuLimits, PowerPreference} from './webgpu/gpu.ts';
