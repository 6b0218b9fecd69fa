/**
 * `tfjs-block-fusion/runtime`: the op and its kernels without the rewriter, for pages that load models which were fused beforehand.
 *
 * @packageDocumentation
 */
export {
  type Activation,
  type BlockFields,
  type BlockOrder,
  type BlockSpec,
  blockSpec,
  type ExplicitPadding,
  type Padding,
  type ResponseNorm,
  type SqueezeExcite,
} from '../ops/block.ts';
export type {ThreadCount} from '../ops/blockKernel.ts';
export {BlockFusionError, type BlockFusionErrorCode, type BlockFusionErrorParts} from '../ops/errors.ts';
export {fusedResidualBlock} from '../ops/op.ts';
export {
  type BlockLayers,
  type BlockWeights,
  type FoldedBlock,
  type FoldedLayer,
  type LayerWeights,
  packParams,
  type ResponseNormWeights,
  type UnpackedLayer,
  unpackParams,
} from '../ops/packParams.ts';
export type {LayerName} from '../ops/params.ts';
export {registerBlockFusion, type RegisterOptions} from './load/register.ts';
export type {Tfjs} from './tfjs.ts';
export {VERSION} from './version.ts';
