/** LayersModels with random weights, and what tf.loadLayersModel computes by them: the oracle of those that are loaded fused. */
import * as tf from '@tensorflow/tfjs-core';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {expect} from '@jest/globals';
import {loadFusedLayersModel} from '../../src/layers.ts';
import type {FusedGraphModel, LoadOptions} from '../../src/load/load.ts';
import {expectClose} from './closeness.ts';
import {randomFloats} from './random.ts';

/** What float32 rounds, as a share of the largest output. */
const ROUNDING = 1e-5;

/** Gives each weight values of its own: signed, but for variances. */
export function randomise(model: layers.LayersModel): layers.LayersModel {
  const weights = model.weights.map(({originalName, shape}, i) => {
    const sizes = shape as number[];
    const length = tf.util.sizeFromShape(sizes);
    const fanIn = sizes.slice(0, -1).reduce((product, size) => product * size, 1);
    const values = randomFloats(length, {seed: i + 1, scale: Math.sqrt(3 / fanIn)});
    return tf.tensor(originalName.endsWith('variance') ? values.map((value) => 0.5 + Math.abs(value)) : values, sizes);
  });
  model.setWeights(weights);
  tf.dispose(weights);
  return model;
}

/** Returns what the model is saved as. */
export async function saved(model: layers.LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler((given) => {
      // As it is after a file.
      artifacts = {...given, modelTopology: JSON.parse(JSON.stringify(given.modelTopology)) as object};
      return Promise.resolve({modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given)});
    }),
  );
  return artifacts!;
}

export interface Values {
  readonly shape: number[];
  readonly data: ArrayLike<number>;
}

/** Returns inputs for a model, whose open sizes are `open`, of a batch of 2. */
export function randomInputs(model: layers.LayersModel, open = 8): Tensor[] {
  return model.inputs.map(({shape}, i) => {
    const sizes = shape.map((size, axis) => (axis === 0 ? 2 : (size ?? open)));
    return tf.tensor(randomFloats(tf.util.sizeFromShape(sizes), {seed: 99 + i, scale: 3}), sizes);
  });
}

/** Runs a model on backend cpu. */
export function predicted(model: Pick<layers.LayersModel, 'predict'>, inputs: Tensor[]): Values[] {
  const outputs = [model.predict(inputs.length === 1 ? inputs[0]! : inputs)].flat();
  const values = outputs.map((output) => ({shape: output.shape, data: output.dataSync()}));
  tf.dispose(outputs);
  return values;
}

/** What a check runs, beside the model that was saved. */
export interface Check {
  /** Default: as it was saved. */
  readonly artifacts?: io.ModelArtifacts;
  readonly options?: LoadOptions;
  /** For open sizes. */
  readonly open?: number;
  readonly backends?: readonly string[];
}

/**
 * Checks that a model gives the same outputs when it is loaded fused, on each backend. Returns the model as it was on the last of
 * them, disposed.
 */
export async function expectSameOutputs(model: layers.LayersModel, check: Check = {}): Promise<FusedGraphModel> {
  const {options = {}, open, backends = ['cpu', 'wasm']} = check;
  await tf.setBackend('cpu');
  const artifacts = check.artifacts ?? (await saved(model));
  const inputs = randomInputs(model, open);
  const given = await Promise.all(inputs.map(async (input) => ({shape: input.shape, data: await input.data()})));
  const expected = predicted(model, inputs);
  tf.dispose(inputs);
  let fused: FusedGraphModel | undefined;
  for (const backend of backends) {
    await tf.setBackend(backend);
    fused = await loadFusedLayersModel({load: () => Promise.resolve(artifacts)}, {blocks: 'all', ...options});
    const own = given.map(({shape, data}) => tf.tensor(data, shape));
    const got = predicted(fused as unknown as layers.LayersModel, own);
    tf.dispose(own);
    fused.dispose();
    expect(got.map(({shape}) => shape)).toEqual(expected.map(({shape}) => shape));
    got.forEach(({data}, i) => {
      const largest = Math.max(...Array.from(expected[i]!.data, Math.abs));
      expect(largest).toBeGreaterThan(0);
      expectClose(data, expected[i]!.data, ROUNDING * largest);
    });
  }
  return fused!;
}
