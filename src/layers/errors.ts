/** What is wrong with a LayersModel: broken, or sound and not read here. */
import {BlockFusionError} from '../../ops/errors.ts';

/** Returns the error of a model.json that contradicts itself or lacks something. */
export function brokenModel(where: string, must: string, got: unknown): BlockFusionError {
  return new BlockFusionError('invalid-model', {where, must, got, fix: 'save or convert the Keras model again'});
}

const CONVERT =
  'convert the Keras model with --output_format=tfjs_graph_model, or run this one unfused where tf.loadLayersModel reads it';

/** Returns the error of a layer that tf.loadLayersModel may know and this package does not. */
export function unsupportedLayer(where: string, must: string, got: unknown, fix = CONVERT): BlockFusionError {
  return new BlockFusionError('unsupported-model', {where, must, got, fix});
}
