/** A LayersModel as the official converter writes it, against Keras's own output. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {loadFusedLayersModel} from '../../src/layers.ts';
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import {expectClose} from '../helpers/closeness.ts';
import {fixtureFolder, readFixture} from '../helpers/fixtures.ts';

const NAME = 'keras-layers';
/** Of probabilities: what float32 rounds in some thirty layers. */
const TOLERANCE = 1e-6;

test.each([
  ['cpu', 'all'],
  ['wasm', 'all'],
  ['wasm', 'when-faster'],
] as const)('gives Keras’s golden output on %s with blocks %s', async (backend, blocks) => {
  await tf.setBackend(backend);
  const {input, golden} = await readFixture(NAME);
  const model = await loadFusedLayersModel(fixtureFolder(NAME), {blocks, warmup: true});
  if (blocks === 'all') expect(model.fusionReport.blocks.filter(({rule}) => rule === 'expand-first')).toHaveLength(3);
  const x = tf.tensor(input.data, input.shape);
  const y = model.predict(x) as tf.Tensor;
  expect(y.shape).toEqual(golden.shape);
  expectClose(y.dataSync(), golden.data, TOLERANCE);
  tf.dispose([x, y]);
  model.dispose();
});

test('has layers that tfjs-layers does not read', async () => {
  await expect(layers.loadLayersModel(modelFileHandler(fixtureFolder(NAME)))).rejects.toThrow(/Normalization/);
});

test('leaves no tensor behind', async () => {
  await tf.setBackend('wasm');
  const before = tf.memory().numTensors;
  const model = await loadFusedLayersModel(fixtureFolder(NAME));
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
