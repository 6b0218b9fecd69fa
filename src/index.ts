/**
 * The package itself: `import … from 'tfjs-block-fusion'`. Importing it has no effect: call registerBlockFusion(), or load a model.
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
export type {ImageSize} from '../ops/cost.ts';
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
export type {LayerName, Precision} from '../ops/params.ts';
export {type FusedGraphModel, fusedIOHandler, loadFusedGraphModel, type LoadOptions} from './load/load.ts';
export {registerBlockFusion, type RegisterOptions} from './load/register.ts';
export {type Warmup, warmup} from './load/warmup.ts';
export type {Tfjs} from './tfjs.ts';
export type {Approximation} from './parts/approximation.ts';
export type {Miss} from './blocks/rule.ts';
export type {FuseOptions} from './rewrite/options.ts';
export type {FusedBlock, FusionReport, InFloat32, LeftBlock, Legalized, Misread} from './rewrite/report.ts';
export {type FusedModel, fuseModelArtifacts} from './rewrite/fuse.ts';
export {VERSION} from './version.ts';
