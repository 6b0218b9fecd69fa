/** From a rewritten graph to one of tfjs's GraphModels. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {backend, getBackend, reshape, tensor, tidy} from '@tensorflow/tfjs-core';
import type {BlockKernel} from '../../ops/blockKernel.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {elements} from '../../ops/shape.ts';
import {artifactsOf, type Graph, writeWeightData} from '../graph/graph.ts';
import {type Constant, type StoredWeight, type Weights, weightsOf, wholeBuffer} from '../graph/weights.ts';
import type {Tfjs} from '../tfjs.ts';

export interface BuildOptions {
  /** Whether to drop the copy of the weights that GraphModel keeps for `save()`, which then no longer works. */
  readonly releaseWeightData?: boolean | undefined;
}

/**
 * Returns the model of a graph. It is made at one go and in a tidy, so that no weight stays behind where tfjs refuses the graph.
 * Throws: what tfjs throws of a graph.
 */
export function buildModel(
  {GraphModel: Model, io: own}: Tfjs,
  graph: Graph,
  {releaseWeightData = false}: BuildOptions,
): GraphModel {
  // GraphModel keeps this very object.
  const artifacts = artifactsOf(graph, new ArrayBuffer(0));
  const handler: io.IOHandlerSync = {load: () => artifacts};
  const decodeWeights = (): NamedTensorMap => tensorsOf(graph.weights, own);
  const model = new Model(handler, {}, {...own, decodeWeights}) as unknown as GraphModel;
  tidy(() => {
    void model.load();
    return model.weights;
  });
  if (releaseWeightData) refuseToSave(model);
  else keepWeightData(artifacts, graph);
  return model;
}

/** Gives save() the weights, in the form of a file: nobody else asks for them, so that they are packed when it does. */
function keepWeightData(artifacts: io.ModelArtifacts, {isEdited, source, weights}: Graph): void {
  Object.defineProperty(artifacts, 'weightData', {
    enumerable: true,
    get: () => (isEdited ? writeWeightData(weights) : source.weightData),
  });
}

/** Returns a tensor of each weight. tfjs would copy all of them out of their buffers first. */
function tensorsOf(weights: Weights, own: typeof io): NamedTensorMap {
  const kernel = blockKernelOf(getBackend());
  const tensors: NamedTensorMap = {};
  for (const weight of weights.all) tensors[weight.spec.name] = tensorOf(weight, {own, kernel});
  return tensors;
}

interface Decoding {
  readonly own: typeof io;
  readonly kernel: BlockKernel | undefined;
}

function tensorOf(weight: StoredWeight, {own, kernel}: Decoding): Tensor {
  const {spec, fill} = weight;
  // Weights of its own, so that what is decoded is let go.
  const alone = weightsOf([weight]);
  const shape = [...spec.shape];
  const makeParams = kernel?.makeParams;
  const write = fill ?? pieceWriter(alone.constant(spec.name));
  if (write !== undefined) {
    const length = elements(shape);
    const params = makeParams?.(backend(), length, write);
    if (params) return reshape(params, shape);
    const data = new Float32Array(length);
    write(data);
    return tensor(data, shape);
  }
  const constant = alone.constant(spec.name);
  // Strings and complex numbers.
  if (constant === null) return own.decodeWeights(wholeBuffer(alone.bytes(spec.name)), [spec])[spec.name]!;
  // What a backend keeps may not lie in somebody else's buffer.
  return tensor(makeParams ? constant.data : constant.data.slice(), shape, constant.dtype);
}

/** Returns what writes floats that lie in several shards, which would have to be joined first; undefined for any other weight. */
function pieceWriter(constant: Constant | null): ((values: Float32Array) => void) | undefined {
  const pieces = constant?.stored === 'float32' ? constant.pieces() : [];
  if (pieces.length < 2) return undefined;
  return (values) => {
    let at = 0;
    for (const piece of pieces) {
      values.set(piece, at);
      at += piece.length;
    }
  };
}

function refuseToSave(model: GraphModel): void {
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
