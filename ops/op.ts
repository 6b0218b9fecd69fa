/**
 * The op `FusedResidualBlock`: validation, then the backend's own kernel, or the same block from stock ops where the backend
 * has none or its kernel refuses. The gradient is recomputed through the stock ops.
 */
import type {GradConfig, KernelConfig, NamedAttrMap, Tensor, Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {backend, engine, getBackend, getKernel, grads, tidy} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from './attrs.ts';
import {type BlockFields, type BlockSpec, blockSpec} from './block.ts';
import type {BlockProblem} from './blockKernel.ts';
import {BlockFusionError} from './errors.ts';
import {blockKernelOf} from './kernels.ts';
import {stockResidualBlock} from './reference/stock.ts';
import {checkInputs, requireFloatParams} from './validate.ts';

/**
 * Returns the residual block of x.
 * Shapes: x `[n, h, w, inChannels]` float32 NHWC; params as packParams makes them, float32, or on
 * webgpu half as many pairs of float16 in int32; result `[n, outHeight, outWidth, outChannels]`.
 * Throws: `invalid-spec`, `invalid-input`, `invalid-params`; `no-gradient` when a gradient is asked for on wasm.
 */
export function fusedResidualBlock(x: Tensor4D, params: Tensor1D, fields: BlockFields): Tensor4D {
  const spec = blockSpec(fields);
  const {size, precision} = checkInputs(spec, x, params);
  if (refusalHere({spec, size, precision}) !== null) return onStockOps({x, params, spec});
  const attrs = {spec} as unknown as NamedAttrMap;
  return engine().runKernel<Tensor4D>(FUSED_RESIDUAL_BLOCK, {x, params}, attrs);
}

function onStockOps({x, params, spec}: {x: Tensor4D; params: Tensor1D; spec: BlockSpec}): Tensor4D {
  return tidy(() => stockResidualBlock(x, floatParams(params), spec));
}

/** Returns params in layout 1: those given, or a new tensor unpacked from layout 2, exactly. */
function floatParams(params: Tensor1D): Tensor1D {
  const name = getBackend();
  return blockKernelOf(name)?.floatParams(params) ?? requireFloatParams(params, name);
}

/** Returns the kernel's gradient, to be registered: recomputed through the stock ops, where these have gradients. */
export function blockGradient(): GradConfig {
  return {
    kernelName: FUSED_RESIDUAL_BLOCK,
    inputsToSave: ['x', 'params'],
    gradFunc: (dy, saved, attrs) => {
      const [x, params] = saved as [Tensor4D, Tensor1D];
      const {spec} = attrs as unknown as {spec: BlockSpec};
      const [dx, dparams] = recomputedGradient({dy: dy as Tensor4D, x, params: floatParams(params), spec});
      return {x: () => dx, params: () => dparams};
    },
  };
}

function recomputedGradient({
  dy,
  x,
  params,
  spec,
}: {
  dy: Tensor4D;
  x: Tensor4D;
  params: Tensor1D;
  spec: BlockSpec;
}): [Tensor, Tensor] {
  const backendName = getBackend();
  if (!hasKernel('Conv2DBackpropFilter', backendName))
    throw new BlockFusionError('no-gradient', {
      where: FUSED_RESIDUAL_BLOCK,
      must: 'a gradient needs a backend with the convolution gradients',
      got: `backend '${backendName}'`,
      fix: "train on 'cpu', 'webgl' or 'webgpu', with the stock ops",
    });
  const gradients = grads((input, weights) => stockResidualBlock(input as Tensor4D, weights as Tensor1D, spec))(
    [x, params],
    dy,
  );
  return gradients as [Tensor, Tensor];
}

function hasKernel(name: string, backendName: string): boolean {
  return (getKernel(name, backendName) as KernelConfig | undefined) !== undefined;
}

/** The refusals that were already said, by backend. */
const saidOnce = new Set<string>();

/** Returns why the block runs on stock ops here, or null when a kernel of ours takes it. */
function refusalHere(problem: BlockProblem): string | null {
  const name = getBackend();
  const kernel = blockKernelOf(name);
  if (kernel === undefined) return `no fused kernel for backend '${name}'`;
  const refusal = hasKernel(FUSED_RESIDUAL_BLOCK, name)
    ? kernel.refusal(backend(), problem)
    : 'registerBlockFusion() was not called';
  const said = `tfjs-block-fusion: blocks run on stock ops on backend '${name}': ${refusal}`;
  if (refusal !== null && !saidOnce.has(said)) {
    saidOnce.add(said);
    console.info(said);
  }
  return refusal;
}
