/**
 * `tfjs-block-fusion/layers`: Keras LayersModels, loaded fused.
 *
 * @packageDocumentation
 */
export {BlockFusionError, type BlockFusionErrorCode, type BlockFusionErrorParts} from '../ops/errors.ts';
export {loadFusedLayersModel} from './layers/load.ts';
export type {FusedGraphModel, LoadOptions} from './load/load.ts';
export type {FusionReport} from './rewrite/report.ts';
