/**
 * The pipelines of a device: compiled asynchronously, so that no page waits for them, and proven. WebGPU reports a shader that
 * does not compile, or that needs more than the device has, only later, and computes garbage meanwhile: so nothing is dispatched
 * before its pipeline stands.
 */
import {getOrMake} from '../getOrMake.ts';
import {type Variant, variantKey} from './planner/variant.ts';
import {shaderText} from './wgsl/shader.ts';

/** A pipeline that stands, or why there is none. */
export type Proof = {readonly pipeline: GPUComputePipeline} | {readonly refusal: string};

/** Compiles each variant once. */
export class Pipelines {
  private readonly device: GPUDevice;
  private readonly proofs = new Map<string, Promise<Proof>>();

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** Compiles a variant's shader, or returns what came of it before. Never rejects. */
  prove(variant: Variant): Promise<Proof> {
    return getOrMake(this.proofs, variantKey(variant), () =>
      compile(this.device, variant).catch((cause: unknown) => ({refusal: firstLine(cause)})),
    );
  }
}

async function compile(device: GPUDevice, variant: Variant): Promise<Proof> {
  // Scopes lie on a stack that all of the page shares: this one is closed before anything else can run.
  device.pushErrorScope('validation');
  const module = device.createShaderModule({code: shaderText(variant), label: variant.kernel});
  const moduleError = device.popErrorScope();
  const pipeline = device.createComputePipelineAsync({
    label: variant.kernel,
    layout: 'auto',
    compute: {module, entryPoint: 'main'},
  });
  const [error, made] = await Promise.allSettled([moduleError, pipeline]);
  if (error.status === 'fulfilled' && error.value !== null) return {refusal: firstLine(error.value)};
  return made.status === 'fulfilled' ? {pipeline: made.value} : {refusal: firstLine(made.reason)};
}

function firstLine(cause: unknown): string {
  const {message} = cause as {message?: unknown};
  return String(message ?? cause)
    .trim()
    .split('\n')[0]!;
}
