/** The package's public face: exports only. Importing it has no effect: call registerBlockFusion(), or load a model. */
export {
  type Activation,
  type BlockOrder,
  type BlockSpec,
  blockSpec,
  type ExplicitPadding,
  type Padding,
} from '../ops/block.ts';
export {BlockFusionError, type BlockFusionErrorCode, type BlockFusionErrorParts} from '../ops/errors.ts';
export {fusedResidualBlock} from '../ops/op.ts';
export {
  type BlockWeights,
  type LayerName,
  type LayerWeights,
  packParams,
  type Precision,
  unpackParams,
} from '../ops/params.ts';
export {
  type FusedGraphModel,
  fusedIOHandler,
  loadFusedGraphModel,
  type LoadOptions,
  type Warmup,
  warmup,
} from './load/load.ts';
export {registerBlockFusion} from './load/register.ts';
export type {Tfjs} from './tfjs.ts';
export type {FusedBlock, FuseOptions, FusionReport, InFloat32, LeftBlock, Legalized, Miss} from './rewrite/report.ts';
export {fuseModelArtifacts} from './rewrite/fuse.ts';
export {VERSION} from './version.ts';
