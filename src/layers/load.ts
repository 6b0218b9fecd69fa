/** Loading a LayersModel fused: its graph is written first, then all goes as for a GraphModel. */
import type {io} from '@tensorflow/tfjs-core';
import {isLayersModel} from '../graph/graphDef.ts';
import {createGraph, type Graph, writeArtifacts} from '../graph/graph.ts';
import {type FusedGraphModel, loadFused, type LoadOptions} from '../load/load.ts';
import {graphOfLayers} from './writeGraph.ts';

/**
 * Returns the LayersModel at a URL, a path (in Node) or behind a handler as a GraphModel with its blocks fused, for inference: what
 * `tf.loadLayersModel` loads, but for layers that are not read (docs/layers.md lists those that are). It takes the options of
 * loadFusedGraphModel; a GraphModel is loaded as by that.
 * Shapes: inputs and outputs are those of the LayersModel, by the names of their layers, in its order.
 * Throws: `unsupported-model` for a layer that is not read, and as loadFusedGraphModel.
 */
export async function loadFusedLayersModel(
  model: string | io.IOHandler,
  options: LoadOptions = {},
): Promise<FusedGraphModel> {
  return loadFused(model, options, {where: 'loadFusedLayersModel', graphOf});
}

function graphOf(artifacts: io.ModelArtifacts): Graph {
  return isLayersModel(artifacts) ? graphOfLayers(artifacts) : createGraph(artifacts);
}

/** Returns the artifacts of a GraphModel that computes what a LayersModel does, with no block fused; those of a GraphModel as they are. */
export function asGraphModel(artifacts: io.ModelArtifacts): io.ModelArtifacts {
  return isLayersModel(artifacts) ? writeArtifacts(graphOfLayers(artifacts)) : artifacts;
}
