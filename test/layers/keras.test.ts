/** A LayersModel as the official converter writes it, against Keras's own output. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {loadFusedLayersModel} from '../../src/layers.ts';
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import {expectClose} from '../helpers/closeness.ts';
import {fixtureFolder, readFixture} from '../helpers/fixtures.ts';

/** Of outputs near 1: what float32 rounds in some thirty layers. */
const TOLERANCE = 1e-6;

describe.each([
  {name: 'keras-layers', rule: 'expand-first', count: 3, unread: /Normalization/},
  {name: 'keras3-layers', rule: 'conv-first', count: 5, unread: /batchInputShape/},
])('$name', ({name, rule, count, unread}) => {
  test.each([
    ['cpu', 'all'],
    ['wasm', 'all'],
    ['wasm', 'when-faster'],
  ] as const)('gives Keras’s golden output on %s with blocks %s', async (backend, blocks) => {
    await tf.setBackend(backend);
    const {input, golden} = await readFixture(name);
    const model = await loadFusedLayersModel(fixtureFolder(name), {blocks, warmup: true});
    if (blocks === 'all') expect(model.fusionReport.blocks.filter((block) => block.rule === rule)).toHaveLength(count);
    const x = tf.tensor(input.data, input.shape);
    const y = model.predict(x) as tf.Tensor;
    expect(y.shape).toEqual(golden.shape);
    expectClose(y.dataSync(), golden.data, TOLERANCE * Math.max(1, ...golden.data.map(Math.abs)));
    tf.dispose([x, y]);
    model.dispose();
  });

  test('is not what tfjs-layers reads', async () => {
    await expect(layers.loadLayersModel(modelFileHandler(fixtureFolder(name)))).rejects.toThrow(unread);
  });
});

test('leaves no tensor behind', async () => {
  await tf.setBackend('wasm');
  const before = tf.memory().numTensors;
  const model = await loadFusedLayersModel(fixtureFolder('keras-layers'));
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
