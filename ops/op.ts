/**
 * The op `FusedResidualBlock`: validation, then the backend's own kernel, or the same block from stock ops where the backend
 * has none or its kernel refuses. The gradient is recomputed through the stock ops.
 */
import * as core from '@tensorflow/tfjs-core';
import type {GradSaveFunc, KernelConfig, NamedAttrMap, Tensor, Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from './attrs.ts';
import {type BlockSpec, blockSpec} from './block.ts';
import type {ImageSize} from './cost.ts';
import {BlockFusionError} from './errors.ts';
import {blockKernelOf} from './kernels.ts';
import {stockResidualBlock} from './reference/stock.ts';
import type {TfCore} from './tfjs.ts';
import {checkInputs} from './validate.ts';

/**
 * Returns the residual block of x.
 * Shapes: x `[n, h, w, inChannels]` float32 NHWC; params `[paramsLayout(spec).length]` float32; result
 * `[n, outHeight, outWidth, outChannels]`.
 * Throws: `invalid-spec`, `invalid-input`, `invalid-params`; `no-gradient` when a gradient is asked for on wasm.
 */
export function fusedResidualBlock(x: Tensor4D, params: Tensor1D, spec: BlockSpec): Tensor4D {
  return fusedResidualBlockWith(core, x, params, spec);
}

/** fusedResidualBlock in the given copy of tfjs. */
export function fusedResidualBlockWith(tf: TfCore, x: Tensor4D, params: Tensor1D, fields: BlockSpec): Tensor4D {
  const spec = blockSpec(fields);
  const {size} = checkInputs(spec, x, params);
  if (refusalHere(tf, spec, size) !== null) return stockResidualBlock(tf, x, params, spec);
  const attrs = {spec} as unknown as NamedAttrMap;
  const block = tf.customGrad((...args) => {
    const [input, weights, save] = args as unknown as [Tensor4D, Tensor1D, GradSaveFunc];
    save([input, weights]);
    return {
      value: tf.engine().runKernel<Tensor>(FUSED_RESIDUAL_BLOCK, {x: input, params: weights}, attrs),
      gradFunc: (dy, saved) => recomputedGradient(tf, spec, dy as Tensor4D, saved),
    };
  });
  return block(x, params) as Tensor4D;
}

function recomputedGradient(tf: TfCore, spec: BlockSpec, dy: Tensor4D, saved: Tensor[]): Tensor[] {
  const backend = tf.getBackend();
  const kernel = tf.getKernel('Conv2DBackpropFilter', backend) as KernelConfig | undefined;
  if (kernel === undefined)
    throw new BlockFusionError('no-gradient', {
      where: FUSED_RESIDUAL_BLOCK,
      must: 'a gradient needs a backend with the convolution gradients',
      got: `backend '${backend}'`,
      fix: "train on 'cpu', 'webgl' or 'webgpu', with the stock ops",
    });
  const [x, params] = saved as [Tensor4D, Tensor1D];
  const gradient = tf.grads((input, weights) => stockResidualBlock(tf, input as Tensor4D, weights as Tensor1D, spec));
  return gradient([x, params], dy);
}

/** The refusals that were already said, by backend. */
const saidOnce = new Set<string>();

/** Returns why the block runs on stock ops here, or null when a kernel of ours takes it. */
function refusalHere(tf: TfCore, spec: BlockSpec, size: ImageSize): string | null {
  const name = tf.getBackend();
  const kernel = blockKernelOf(name);
  if (kernel === undefined) return `no fused kernel for backend '${name}'`;
  const refusal = kernel.refusal(tf.backend(), spec, size);
  const said = `tfjs-block-fusion: blocks run on stock ops on backend '${name}': ${refusal}`;
  if (refusal !== null && !saidOnce.has(said)) {
    saidOnce.add(said);
    console.info(said);
  }
  return refusal;
}
