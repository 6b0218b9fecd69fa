/** How long stock ops take for a block at least, by the cost model, and whether fusing it is estimated to pay. */
import type {Activation, BlockSpec} from '../../block.ts';
import type {BlockRun} from '../../blockKernel.ts';
import {getOrMake} from '../../getOrMake.ts';
import {layerNames} from '../../params.ts';
import {DEFAULT_TRAITS} from './device.ts';
import {secondsOf} from './explanation.ts';
import {planBlock, type WebGPUPlan} from './plan.ts';

/** Mean, subtract, square, mean, add, rsqrt, multiply. */
const LAYER_NORM_KERNELS = 7;
/** Mean, multiply. */
const EXCITE_KERNELS = 2;
/** Square, sum, root, mean, add, divide, multiply, add, multiply. */
const RESPONSE_NORM_KERNELS = 9;

/** Kernels of stock ops beside the conv before: relu and relu6 are in it, and constant factors in the weights after it. */
const ACTIVATION_KERNELS: Readonly<Record<Activation, number>> = {
  linear: 0,
  relu: 0,
  relu6: 0,
  sigmoid: 1,
  elu: 1,
  /** A conv takes it in. */
  prelu: 0,
  /** Add, clip, multiply. */
  'hard-sigmoid': 3,
  /** Sigmoid, multiply. */
  silu: 2,
  /** Erf, add, multiply. */
  gelu: 3,
  /** Add, clip, multiply. */
  'hard-swish': 3,
  /** Square, multiply, multiply, add, tanh, add, multiply. */
  'gelu-tanh': 7,
};

/** Returns how many kernels stock ops run for a block at least: a grouped conv as one dense conv, zeros between its groups. */
export function stockKernels(spec: BlockSpec): number {
  const {layerNormEpsilon, squeezeExcite, responseNorm, residual, outputActivation} = spec;
  const norm = layerNormEpsilon === null ? 0 : LAYER_NORM_KERNELS;
  const excite = squeezeExcite === null ? 0 : EXCITE_KERNELS;
  const response = responseNorm === null ? 0 : RESPONSE_NORM_KERNELS;
  const activations = [
    ...[spec.spatialActivation, spec.hiddenActivation, outputActivation],
    ...(squeezeExcite === null ? [] : [squeezeExcite.activation, squeezeExcite.gate]),
  ].reduce((sum, activation) => sum + ACTIVATION_KERNELS[activation], 0);
  // After a sum an activation is no part of a conv.
  const last = residual && outputActivation !== 'linear' && ACTIVATION_KERNELS[outputActivation] === 0 ? 1 : 0;
  return layerNames(spec).length + activations + norm + excite + response + (residual ? 1 : 0) + last;
}

/** A model has many blocks alike. */
const reasons = new WeakMap<BlockSpec, Map<string, string | null>>();

/** Returns why a block is not estimated to be faster fused than by stock ops, on a device with default limits; null where it is. */
export function reasonNotToFuse(run: BlockRun): string | null {
  const {batch, height, width} = run.size;
  const ofSpec = getOrMake(reasons, run.spec, () => new Map<string, string | null>());
  return getOrMake(ofSpec, `${batch}×${height}×${width}`, () => estimate(run));
}

function estimate({spec, size}: BlockRun): string | null {
  const plans = planBlock({spec, size, precision: 'float32'}, DEFAULT_TRAITS);
  if (typeof plans === 'string') return `it would run on stock ops: ${plans}`;
  const fused = secondsOf(plans[0]!.passes);
  const stock = stockSeconds(spec, plans);
  if (fused < stock) return null;
  return `estimated no faster fused on webgpu: ${milliseconds(fused)}, and at least ${milliseconds(stock)} by stock ops`;
}

/**
 * Returns how long stock ops take for a block at least, of which these are the plans. The layers are taken to be as fast as passes of
 * our own, and every further kernel to take no longer than its dispatch. Units: seconds.
 */
export function stockSeconds(spec: BlockSpec, plans: readonly WebGPUPlan[]): number {
  const layers = layerNames(spec).length;
  const layered = plans.find(({passes}) => passes.length === layers) ?? plans.at(-1)!;
  const {dispatchSeconds} = layered.passes[0]!.cost;
  return secondsOf(layered.passes) + (stockKernels(spec) - layered.passes.length) * dispatchSeconds;
}

function milliseconds(seconds: number): string {
  return `${(1e3 * seconds).toPrecision(2)} ms`;
}
