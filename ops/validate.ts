/** What the op and every kernel demand of their inputs, before anything is read. */
import type {KernelFunc, TensorInfo} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from './attrs.ts';
import {type BlockGeometry, type BlockSpec, blockGeometry, blockSpec} from './block.ts';
import type {ImageSize} from './cost.ts';
import {BlockFusionError} from './errors.ts';
import {paramsForm, type Precision} from './params.ts';

/** Shape and element type, as tensors and kernel inputs have them. */
export interface InputInfo {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** What the inputs say of the block to be computed. */
export interface CheckedInputs {
  readonly size: ImageSize;
  readonly geometry: BlockGeometry;
  /** Of params. */
  readonly precision: Precision;
}

/**
 * Returns the size of x, what the block makes of it, and what params are in.
 * Shapes: x `[n, h, w, inChannels]`; params `[length]` float32, or `[length / 2]` int32, pairs of float16, where length is
 * that of `paramsLayout(spec)`.
 * Throws: `invalid-input`, `invalid-params`.
 */
export function checkInputs(spec: BlockSpec, x: InputInfo, params: InputInfo): CheckedInputs {
  checkImages(spec, x);
  const precision = checkParams(spec, params);
  const [batch, height, width] = x.shape as [number, number, number];
  return {size: {batch, height, width}, geometry: blockGeometry(spec, height, width), precision};
}

/** What a kernel was called with, sound. */
export interface BlockCall extends CheckedInputs {
  readonly x: TensorInfo;
  readonly params: TensorInfo;
  readonly spec: BlockSpec;
  /** [n, h, w, outChannels]. */
  readonly outputShape: number[];
}

/**
 * Returns what a kernel was called with.
 * Throws: as checkInputs does, and `invalid-spec`.
 */
export function checkCall({inputs, attrs}: Parameters<KernelFunc>[0]): BlockCall {
  const {x, params} = inputs as {x: TensorInfo; params: TensorInfo};
  const spec = blockSpec((attrs as unknown as {spec: BlockSpec}).spec);
  const checked = checkInputs(spec, x, params);
  const {size, geometry} = checked;
  return {
    ...{x, params, spec, ...checked},
    outputShape: [size.batch, geometry.outHeight, geometry.outWidth, spec.outChannels],
  };
}

function checkImages(spec: BlockSpec, x: InputInfo): void {
  const must = (holds: boolean, rule: string, got: unknown, fix: string): void => {
    if (!holds) throw new BlockFusionError('invalid-input', {where: FUSED_RESIDUAL_BLOCK, must: rule, got, fix});
  };
  must(x.dtype === 'float32', 'x must be float32', x.dtype, "cast it with tf.cast(x, 'float32')");
  must(x.shape.length === 4, 'x must have rank 4 [n, h, w, c]', x.shape, 'reshape it');
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  must(batch * height * width > 0, 'x must not be empty', x.shape, 'give at least one image and pixel');
  must(channels === spec.inChannels, `x must have ${spec.inChannels} channels, last`, x.shape, 'give NHWC data');
}

/** Params tell by their dtype what they are in. */
function checkParams(spec: BlockSpec, {shape, dtype}: InputInfo): Precision {
  const precision = dtype === 'int32' ? 'float16' : 'float32';
  const form = paramsForm(spec, precision);
  if (shape.length === 1 && shape[0] === form.length && dtype === form.dtype) return precision;
  throw new BlockFusionError('invalid-params', {
    where: FUSED_RESIDUAL_BLOCK,
    must: `params must be a${precision === 'float32' ? '' : 'n'} ${form.dtype} vector of length ${form.length}`,
    got: `${dtype} [${shape.join()}]`,
    fix: 'pack them with packParams for this spec',
  });
}

/**
 * Refuses params that a backend's kernel, or stock ops, cannot read.
 * Throws: `invalid-params`.
 */
export function requireFloat32(precision: Precision, backendName: string): void {
  if (precision === 'float32') return;
  throw new BlockFusionError('invalid-params', {
    where: `${FUSED_RESIDUAL_BLOCK} on ${backendName}`,
    must: "params must be float32: only backend 'webgpu' reads float16 pairs",
    got: 'int32',
    fix: "load the model by loadFusedGraphModel without precision: 'float16', or set backend 'webgpu'",
  });
}

/**
 * Returns the params that are given, on a backend that cannot read float16 pairs.
 * Throws: `invalid-params` for such pairs.
 */
export function requireFloatParams<T extends InputInfo>(params: T, backendName: string): T {
  requireFloat32(params.dtype === 'int32' ? 'float16' : 'float32', backendName);
  return params;
}
