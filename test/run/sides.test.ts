import '@tensorflow/tfjs-backend-cpu';
import {modelInputs, randomInputs} from '../../src/run/inputs.ts';
import {disposeAll, type Held, type StockSide, stockSide} from '../../src/run/sides.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {artifactsOf, floats, type SmallGraph} from '../helpers/smallGraphs.ts';

/** A convolution that does not say its strides. */
const BROKEN: SmallGraph = {
  inputs: {x: [1, 2, 2, 3]},
  weights: {v: floats([1, 1, 3, 3])},
  nodes: {broken: ['Conv2D', ['x', 'v'], {}]},
};
const RUNNING: SmallGraph = {inputs: {x: [2]}, nodes: {out: ['Relu', ['x']]}};

describe('the stock side', () => {
  const held: Held = [];
  beforeAll(() => tf.setBackend('cpu'));
  afterEach(() => {
    disposeAll(held);
  });

  async function stockOf(graph: SmallGraph, {loads}: {loads: boolean}): Promise<StockSide> {
    const artifacts = artifactsOf(graph);
    const model = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
    const inputs = randomInputs(modelInputs(model));
    held.push(model, ...Object.values(inputs));
    return stockSide({original: loads ? model : null, artifacts, inputs, held});
  }

  it('is the model as it is, where there is nothing to legalize', async () => {
    expect(await stockOf(RUNNING, {loads: true})).toMatchObject({form: 'original'});
  });

  it.each([
    {what: 'does not run', graph: BROKEN, loads: true, got: /got Cannot read properties of undefined/},
    {what: 'does not load', graph: RUNNING, loads: false, got: /got a model that does not load;/},
  ])('says where, whoever asks for it, of a model that $what', async ({graph, loads, got}) => {
    const refused = stockOf(graph, {loads});
    await expect(refused).rejects.toMatchObject({code: 'unsupported-model'});
    await expect(refused).rejects.toThrow(/^the stock side: stock tfjs must run the model/);
    await expect(refused).rejects.toThrow(got);
  });
});
