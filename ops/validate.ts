/** What the op and every kernel demand of their inputs, before anything is read. */
import {FUSED_RESIDUAL_BLOCK} from './attrs.ts';
import {type BlockGeometry, type BlockSpec, blockGeometry} from './block.ts';
import type {ImageSize} from './cost.ts';
import {BlockFusionError} from './errors.ts';
import {paramsLayout} from './params.ts';

/** Shape and element type, as tensors and kernel inputs have them. */
export interface InputInfo {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/**
 * Returns the size of x and what the block makes of it.
 * Shapes: x `[n, h, w, inChannels]`, params `[paramsLayout(spec).length]`.
 * Throws: `invalid-input`, `invalid-params`.
 */
export function checkInputs(
  spec: BlockSpec,
  x: InputInfo,
  params: InputInfo,
): {size: ImageSize; geometry: BlockGeometry} {
  const must = (holds: boolean, rule: string, got: unknown, fix: string): void => {
    if (!holds) throw new BlockFusionError('invalid-input', {where: FUSED_RESIDUAL_BLOCK, must: rule, got, fix});
  };
  must(x.dtype === 'float32', 'x must be float32', x.dtype, "cast it with tf.cast(x, 'float32')");
  must(x.shape.length === 4, 'x must have rank 4 [n, h, w, c]', x.shape, 'reshape it');
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  must(batch * height * width > 0, 'x must not be empty', x.shape, 'give at least one image and pixel');
  must(channels === spec.inChannels, `x must have ${spec.inChannels} channels, last`, x.shape, 'give NHWC data');
  const {length} = paramsLayout(spec);
  if (params.shape.length !== 1 || params.dtype !== 'float32' || params.shape[0] !== length)
    throw new BlockFusionError('invalid-params', {
      where: FUSED_RESIDUAL_BLOCK,
      must: `params must be a float32 vector of length ${length}`,
      got: `${params.dtype} [${params.shape.join()}]`,
      fix: 'pack them with packParams for this spec',
    });
  return {size: {batch, height, width}, geometry: blockGeometry(spec, height, width)};
}
