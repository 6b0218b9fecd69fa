/** tfjs's webgpu backend on a device of our own making: with features that tfjs itself does not ask for, and its limits raised. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {BlockFusionError} from '../../ops/errors.ts';
import {checkOptionNames} from '../../ops/options.ts';
import type {Precision} from '../../ops/params.ts';
import {checkPrecision} from '../load/precisionSupport.ts';
import {type Adapter, describeAdapter} from './adapter.ts';
import {createDevice, limitsOf} from './device.ts';
import type {Gpu, GpuLimits, PowerPreference} from './gpu.ts';
import {replaceBackend} from './replace.ts';

/** tfjs's class. */
type BackendClass = typeof WebGPUBackend;

/** How the device is to be. */
export interface FusedWebGPUOptions {
  /** Which GPU, where there are two. Default 'high-performance', as tfjs has it. */
  readonly powerPreference?: PowerPreference;
  /** What kernels are to compute in: 'float16' needs an adapter with shader-f16. Default 'float32'. */
  readonly precision?: Precision;
  /** Whether to go on where tensors live on the present webgpu backend, which are lost. Default false. */
  readonly disposeLiveTensors?: boolean;
  /** The class of the page's own tfjs-backend-webgpu. Default: that of the package `@tensorflow/tfjs-backend-webgpu`. */
  readonly WebGPUBackend?: BackendClass;
  /** Default: `navigator.gpu`. */
  readonly gpu?: Gpu;
}

const OPTIONS: readonly (keyof FusedWebGPUOptions)[] = [
  'powerPreference',
  'precision',
  'disposeLiveTensors',
  'WebGPUBackend',
  'gpu',
];

/** The backend that was made, and what its device can. */
export interface FusedWebGPU {
  /** tfjs's own, on the new device. */
  readonly backend: WebGPUBackend;
  /** The GPU, or what stands in for it. */
  readonly adapter: Adapter;
  /** Of the device, by WebGPU's names. */
  readonly features: readonly string[];
  /** Of the device: those that were raised to all that the adapter has. */
  readonly limits: GpuLimits;
}

/**
 * Returns a new webgpu backend, registered as 'webgpu' and current. Its device has the feature that `precision` needs, GPU
 * times where the adapter can tell them, and all of the limits that tfjs and the kernels can use. May be called again.
 *
 * Tensors stay with the backend that holds them: those on other backends go on; those on a webgpu backend that this one
 * replaces cannot. So while there are any, models' weights among them, it is refused: call this first, or dispose of them.
 * With `disposeLiveTensors` they are given up: their memory is freed, reading one or moving it to a backend is an error, and
 * `tf.memory()` counts it until it is disposed of.
 *
 * Throws: `unsupported-device` where there is no WebGPU, no adapter, or one without the feature; `invalid-option`;
 * `missing-dependency` where tfjs-backend-webgpu is not installed. The present backend then stays as it is.
 */
export async function createFusedWebGPUBackend(options: FusedWebGPUOptions = {}): Promise<FusedWebGPU> {
  const {precision = 'float32', powerPreference = 'high-performance'} = options;
  checkOptionNames('createFusedWebGPUBackend', options, OPTIONS);
  checkPrecision(precision, 'createFusedWebGPUBackend');
  const Backend = options.WebGPUBackend ?? (await importBackend());
  const {adapter, device} = await createDevice(options.gpu ?? pageGpu(), {powerPreference, precision});
  const [gpuDevice, info] = [device, adapter.info] as unknown as ConstructorParameters<BackendClass>;
  try {
    const backend = new Backend(gpuDevice, info);
    await replaceBackend(backend, {disposeLiveTensors: options.disposeLiveTensors === true});
    const {features} = device;
    return {backend, adapter: describeAdapter(adapter.info ?? {}), features: [...features], limits: limitsOf(device)};
  } catch (cause) {
    device.destroy();
    throw cause;
  }
}

function pageGpu(): Gpu | undefined {
  return (globalThis.navigator as {gpu?: Gpu} | undefined)?.gpu;
}

/** Importing it registers tfjs's own webgpu backend and all kernels. */
async function importBackend(): Promise<BackendClass> {
  try {
    return (await import('@tensorflow/tfjs-backend-webgpu')).WebGPUBackend;
  } catch (cause) {
    throw new BlockFusionError('missing-dependency', {
      where: 'createFusedWebGPUBackend',
      must: 'the package @tensorflow/tfjs-backend-webgpu must be installed',
      got: cause,
      fix: 'type: npm install @tensorflow/tfjs-backend-webgpu, or give its WebGPUBackend class',
    });
  }
}
