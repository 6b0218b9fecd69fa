/** The zoo's two trained networks, each stock and fused: loaded once, then asked about one image after the other. */
import * as tf from '@tensorflow/tfjs-core';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, io} from '@tensorflow/tfjs-core';
import {outputDifference} from '../../../src/compare/difference.ts';
import {readWeightData} from '../../../src/graph/weights.ts';
import {loadFusedGraphModel} from '../../../src/load/load.ts';
import {interleave} from '../../../src/run/interleave.ts';
import {both, type Pair} from '../../../src/run/pair.ts';
import {completeRun, outputsOf} from '../../../src/run/runs.ts';
import {type Held, stockSide} from '../../../src/run/sides.ts';
import {OWN_TFJS} from '../../../src/tfjs.ts';
import {ZOO_FILES, type ZooFiles} from '../models/zooFiles.ts';
import {IMAGE_SIZE} from './image.ts';
import {type LoadedNetwork, NETWORK_NAMES, type NetworkName, type NetworkReading} from './protocol.ts';
import {agree, answerOf, softmax} from './scores.ts';

export interface Network extends LoadedNetwork {
  readonly name: NetworkName;
  readonly models: Pair<GraphModel>;
}

/** A timed sample is as many runs in a row as last so long. Units: milliseconds. */
const SAMPLE_MS = 3;

/** Returns both networks, of which each has run. Throws: what loading throws. */
export async function loadNetworks(): Promise<Network[]> {
  const networks: Network[] = [];
  for (const name of NETWORK_NAMES) networks.push(await loadNetwork(name));
  return networks;
}

async function loadNetwork(name: NetworkName): Promise<Network> {
  const artifacts = await artifactsOf(ZOO_FILES[name]);
  const held: Held = [];
  const original = await OWN_TFJS.loadGraphModel(tf.io.fromMemory(artifacts)).catch(() => null);
  if (original !== null) held.push(original);
  const input = tf.zeros([1, IMAGE_SIZE, IMAGE_SIZE, 1]);
  const stock = await stockSide({original, artifacts, inputs: inputsOf(original, input), held});
  const fused = await loadFusedGraphModel(tf.io.fromMemory(artifacts), {blocks: 'all'});
  await outputsOf(fused, inputsOf(fused, input));
  input.dispose();
  for (const each of held) if (each !== stock.model) each.dispose();
  const models = {stock: stock.model, fused};
  return {name, models, stockForm: stock.form, blocks: fused.fusionReport.blocks.length};
}

async function artifactsOf({model, weights}: ZooFiles): Promise<io.ModelArtifacts> {
  const handler = tf.io.http(model, {weightUrlConverter: () => Promise.resolve(weights)});
  return readWeightData(await handler.load!());
}

/** The one input of both networks. */
function inputsOf(model: GraphModel | null, image: tf.Tensor): NamedTensorMap {
  return {[model?.inputs[0]?.name ?? 'image']: image};
}

/** Returns what a network makes of an image. */
export async function readBy({models}: Network, image: tf.Tensor): Promise<NetworkReading> {
  const stock = (await outputsOf(models.stock, inputsOf(models.stock, image)))[0]!;
  const fused = (await outputsOf(models.fused, inputsOf(models.fused, image)))[0]!;
  const difference = outputDifference([fused], [stock]);
  return {
    scores: both({stock, fused}, softmax),
    answers: both({stock, fused}, answerOf),
    maxAbsError: difference.maxAbsError,
    agrees: agree(difference),
  };
}

/** Returns a timed sample of both sides, in turns. Units: milliseconds a run. */
export async function sampleOf({models}: Network, image: tf.Tensor): Promise<Pair<number>> {
  const runs = both(models, (model) => completeRun(model, inputsOf(model, image)));
  const {stock, fused} = await interleave(runs, {runs: 1, minSampleMs: SAMPLE_MS, maxWarmups: 1});
  return {stock: stock[0]!, fused: fused[0]!};
}
