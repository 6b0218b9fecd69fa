/** From a rewritten graph to one of tfjs's GraphModels. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {tensor, tidy} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import {type Graph, writeArtifacts} from '../graph/graph.ts';
import {createWeights, type Weights, wholeBuffer} from '../graph/weights.ts';
import type {Tfjs} from '../tfjs.ts';

/**
 * Returns the model of a graph. It is made at one go and in a tidy, so that no weight stays behind where tfjs refuses the graph.
 * Throws: what tfjs throws of a graph.
 */
export function buildModel({GraphModel: Model, io: own}: Tfjs, graph: Graph, options: BuildOptions): GraphModel {
  // GraphModel keeps this very object.
  const artifacts = {...writeArtifacts(graph)};
  const handler: io.IOHandlerSync = {load: () => artifacts};
  const model = new Model(handler, {}, graph.isEdited ? withOwnDecoder(own) : own);
  tidy(() => {
    model.load();
    return model.weights;
  });
  if (options.releaseWeightData === true) releaseWeightData(model as unknown as GraphModel, artifacts);
  return model as unknown as GraphModel;
}

export interface BuildOptions {
  /** Whether to drop the copy of the weights that GraphModel keeps for `save()`, which then no longer works. */
  readonly releaseWeightData?: boolean | undefined;
}

/**
 * Has weights decoded in place. tfjs would copy each out of the buffers that it then keeps; these are written by writeArtifacts, and
 * nobody else has them.
 */
function withOwnDecoder(own: typeof io): typeof io {
  const decodeWeights: typeof io.decodeWeights = (weightData, weightSpecs) => {
    const weights = createWeights({weightSpecs, weightData});
    const tensors: NamedTensorMap = {};
    for (const {name} of weightSpecs) tensors[name] = tensorOf(name, weights, own);
    return tensors;
  };
  return {...own, decodeWeights};
}

function tensorOf(name: string, weights: Weights, own: typeof io): Tensor {
  const constant = weights.constant(name);
  if (constant !== null) return tensor(constant.data, [...constant.shape], constant.dtype);
  // Strings and complex numbers.
  return own.decodeWeights(wholeBuffer(weights.bytes(name)), [weights.spec(name)!])[name]!;
}

function releaseWeightData(model: GraphModel, artifacts: io.ModelArtifacts): void {
  artifacts.weightData = new ArrayBuffer(0);
  model.save = () =>
    Promise.reject(
      new BlockFusionError('invalid-option', {
        where: 'save',
        must: 'the model must still have its weight data',
        got: 'a model loaded with releaseWeightData',
        fix: 'load it without that option to save it',
      }),
    );
}
