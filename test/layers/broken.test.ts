/** LayersModels that are broken, or have what is not read: each is refused by name, with what to do. */
import '@tensorflow/tfjs-backend-cpu';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {io} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {loadFusedLayersModel} from '../../src/layers.ts';
import {graphOfLayers} from '../../src/layers/writeGraph.ts';

type Config = Record<string, unknown>;

const conv = (changed: Config = {}, className = 'Conv2D'): object => ({
  class_name: className,
  config: {
    name: 'conv',
    filters: 2,
    kernel_size: [3, 3],
    use_bias: false,
    batch_input_shape: [null, 8, 8, 1],
    ...changed,
  },
});
const layer = (className: string, config: Config = {}): object => ({
  class_name: className,
  config: {name: 'it', batch_input_shape: [null, 8, 8, 4], ...config},
});
const sequential = (...layers: object[]): object => ({class_name: 'Sequential', config: {name: 'model', layers}});
const functional = (...calls: [name: string, inbound: unknown][]): object => ({
  class_name: 'Functional',
  config: {
    layers: [
      {class_name: 'InputLayer', name: 'x', config: {name: 'x', batch_input_shape: [null, 4]}, inbound_nodes: []},
      ...calls.map(([name, inbound]) => ({class_name: 'Add', name, config: {name}, inbound_nodes: inbound})),
    ],
    input_layers: [['x', 0, 0]],
    output_layers: [[calls.at(-1)![0], 0, 0]],
  },
});

/** A Keras 3 model with an operation of keras.ops, as which its JSON has it: a layer that has nothing to train. */
const operation = (className: string, ...args: unknown[]): object => {
  const tensor = {class_name: '__keras_tensor__', config: {keras_history: ['x', 0, 0]}};
  const given = args.map((arg) => (arg === 'x' ? tensor : arg));
  const call = {class_name: className, name: 'it', config: {name: 'it'}, inbound_nodes: [{args: given, kwargs: {}}]};
  const input = {class_name: 'InputLayer', name: 'x', config: {name: 'x', batch_shape: [null, 4]}, inbound_nodes: []};
  return {
    class_name: 'Functional',
    config: {layers: [input, call], input_layers: ['x', 0, 0], output_layers: ['it', 0, 0]},
  };
};

const DENSE = {
  class_name: 'Dense',
  config: {name: 'dense', units: 4, use_bias: false, batch_input_shape: [null, 4]},
};

/** A model of the topology, with the kernel of a conv. */
function model(topology: unknown, specs: Partial<io.WeightsManifestEntry>[] = [{}]): io.ModelArtifacts {
  const weightSpecs = specs.map((spec) => ({
    ...{name: 'conv/kernel', shape: [3, 3, 1, 2], dtype: 'float32' as const},
    ...spec,
  }));
  const length = weightSpecs.reduce((sum, {shape}) => sum + 4 * tf.util.sizeFromShape(shape), 0);
  return {
    ...{format: 'layers-model', modelTopology: topology as object},
    ...{weightSpecs, weightData: new ArrayBuffer(length)},
  };
}

beforeAll(() => tf.setBackend('cpu'));

test('the model that the others are changes of is read', () => {
  expect(graphOfLayers(model(sequential(conv()))).outputs).toHaveLength(1);
});

const FIX = /convert the Keras model with --output_format=tfjs_graph_model/;

test.each<[string, io.ModelArtifacts, RegExp]>([
  ['another layer', model(sequential(layer('LSTM'))), /layer it \(LSTM\): .*docs\/layers\.md.*got LSTM/],
  [
    'channels first',
    model(sequential(conv({data_format: 'channels_first'}))),
    /layer conv .*channels_last.*channels_first/,
  ],
  ['channels first of Flatten', model(sequential(layer('Flatten', {data_format: 'channels_first'}))), /channels_last/],
  ['an activation', model(sequential(conv({activation: 'sinc'}))), /activation must be one of linear, .*got sinc/],
  ['causal padding', model(sequential(conv({padding: 'causal'}))), /padding must be valid or same, got causal/],
  [
    'stride and dilation',
    model(sequential(conv({strides: 2, dilation_rate: 2}))),
    /strides or dilation_rate must be 1/,
  ],
  [
    'what tfjs-layers leaves out of ReLU',
    model(sequential(layer('ReLU', {negative_slope: 0.1}))),
    /layer it .ReLU.: negative_slope must be 0, .*got 0\.1/,
  ],
  [
    'what it leaves out of DepthwiseConv2D',
    model(sequential(conv({dilation_rate: 2}, 'DepthwiseConv2D'))),
    /dilation_rate must be 1/,
  ],
  ['another ELU', model(sequential(layer('ELU', {alpha: 2}))), /alpha must be 1, got 2/],
  [
    'batch normalisation of rows',
    model(sequential(layer('BatchNormalization', {axis: 1}))),
    /axis must be the last of 4, got 1/,
  ],
  [
    'a Dense layer of rank 5',
    model(sequential(layer('Dense', {units: 2, batch_input_shape: [null, 2, 2, 2, 2]}))),
    /rank 2, 3 or 4/,
  ],
  [
    'training mode',
    model(
      functional([
        'add',
        [
          [
            ['x', 0, 0, {}],
            ['x', 0, 0, {training: true}],
          ],
        ],
      ]),
    ),
    /layer add .*training: true/,
  ],
  [
    'a model of a class of its own',
    model({class_name: 'MyModel', config: {layers: [conv()]}}),
    /Sequential, Functional, Model, got MyModel/,
  ],
  [
    'an operation that has the class of a layer',
    model(operation('Softmax', 'x')),
    /layer it .*got keras\.ops\.Softmax/,
  ],
  [
    'an operation on text',
    model(operation('Add', 'x', 'text')),
    /must be an operation on tensors and numbers, got text/,
  ],
])('%s is not read', (_, artifacts, message) => {
  expect(() => graphOfLayers(artifacts)).toThrow(expect.objectContaining({code: 'unsupported-model'}) as Error);
  expect(() => graphOfLayers(artifacts)).toThrow(message);
  expect(() => graphOfLayers(artifacts)).toThrow(FIX);
});

test.each<[string, io.ModelArtifacts, RegExp]>([
  ['no topology', model(undefined), /modelTopology: must be an object with class_name and config/],
  ['a topology that is text', model('{}'), /modelTopology: must be an object/],
  ['no config', model({class_name: 'Sequential'}), /modelTopology: must have class_name and config/],
  ['no layers', model(sequential()), /model \(Sequential\): must have a list of layers, got \[\]/],
  ['a layer that is none', model(sequential(conv(), 7 as never)), /layers\[1\]: must be an object/],
  ['two layers of one name', model(sequential(conv(), conv())), /names of layers must be unique, got conv twice/],
  ['no input shape', model(sequential(conv({batch_input_shape: undefined}))), /layer conv_input: must state the shape/],
  ['an input shape that is none', model(sequential(conv({batch_input_shape: [null, 'a', 8, 1]}))), /list of sizes/],
  ['no filters', model(sequential(conv({filters: undefined}))), /layer conv \(Conv2D\): filters must be a number/],
  ['half a filter', model(sequential(conv({filters: 0.5}))), /filters must be a whole number above 0, got 0\.5/],
  ['a kernel of three sizes', model(sequential(conv({kernel_size: [3, 3, 3]}))), /kernel_size must be one or two/],
  ['groups that do not divide', model(sequential(conv({groups: 3}))), /groups must divide 1 channels, got 3/],
  [
    'an input of another rank',
    model(sequential(conv({batch_input_shape: [null, 8, 1]}))),
    /input of rank 4, got \[\?, 8, 1\]/,
  ],
  [
    'open channels',
    model(sequential(conv({batch_input_shape: [null, 8, 8, null]}))),
    /must be known, got \[\?, 8, 8, \?\]/,
  ],
  ['an image that is too small', model(sequential(conv({batch_input_shape: [null, 2, 2, 1]}))), /window must fit/],
  ['a flag that is none', model(sequential(conv({use_bias: 'no'}))), /use_bias must be true or false, got no/],
  [
    'no weight',
    model(sequential(conv()), []),
    /layer conv .*the weights manifest must have conv\/kernel, got none of this layer/,
  ],
  ['no bias', model(sequential(conv({use_bias: true}))), /must have conv\/bias, got \["conv\/kernel"\]/],
  [
    'a weight of another shape',
    model(sequential(conv({filters: 3}))),
    /conv\/kernel must be of shape \[3, 3, 1, 3\], got \[3,3,1,2\]/,
  ],
  [
    'a weight of another type',
    model(sequential(conv()), [{dtype: 'int32'}]),
    /conv\/kernel must be float32, got int32/,
  ],
  [
    'one weight for two layers',
    model(sequential(DENSE, sequential(DENSE)), [{name: 'dense/kernel', shape: [4, 4]}]),
    /names of their own, got dense twice/,
  ],
  ['weights that are cut off', {...model(sequential(conv())), weightData: new ArrayBuffer(4)}, /must be 72 bytes long/],
  [
    'a layer that is called on one that is not there',
    model(
      functional([
        'add',
        [
          [
            ['y', 0, 0, {}],
            ['x', 0, 0, {}],
          ],
        ],
      ]),
    ),
    /layer add .*inbound_nodes must name outputs.*y\[0\]\[0\]/,
  ],
  [
    'a cycle',
    model(
      functional(
        [
          'a',
          [
            [
              ['b', 0, 0, {}],
              ['x', 0, 0, {}],
            ],
          ],
        ],
        [
          'b',
          [
            [
              ['a', 0, 0, {}],
              ['x', 0, 0, {}],
            ],
          ],
        ],
      ),
    ),
    /layer a .*do not wait for it, got \["b\[0\]\[0\]"\]/,
  ],
  [
    'a layer that is never called',
    model(functional(['add', []])),
    /output_layers: must name outputs of layers, got add/,
  ],
  ['one input of a merge', model(functional(['add', [[['x', 0, 0, {}]]]])), /layer add .*two inputs or more, got 1/],
  ['inbound_nodes that are none', model(functional(['add', 'x'])), /layer add .*inbound_nodes must be a list/],
  ['a call without layers', model(functional(['add', [[]]])), /layer add .*inbound_nodes must name layers/],
  [
    'an axis that is not there',
    model(sequential(layer('Softmax', {axis: 7}))),
    /axis must lie within the input's 4, got 7/,
  ],
  [
    'a reshape to more',
    model(sequential(layer('Reshape', {target_shape: [-1, 100]}))),
    /as many elements as \[\?, 8, 8, 4\]/,
  ],
  ['a permutation of others', model(sequential(layer('Permute', {dims: [1, 1, 2]}))), /dims must be the axes/],
  ['a crop of all', model(sequential(layer('Cropping2D', {cropping: 4}))), /must leave some of its input/],
  [
    'padding that is none',
    model(sequential(layer('ZeroPadding2D', {padding: [1, -1]}))),
    /padding must be whole numbers/,
  ],
])('%s is an error', (_, artifacts, message) => {
  expect(() => graphOfLayers(artifacts)).toThrow(expect.objectContaining({code: 'invalid-model'}) as Error);
  expect(() => graphOfLayers(artifacts)).toThrow(message);
});

describe('loading', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'block-fusion-layers-'));
  });
  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  test('a file that is no JSON is named', async () => {
    const file = join(folder, 'model.json');
    writeFileSync(file, '{"format": "layers-mod');
    await expect(loadFusedLayersModel(file)).rejects.toMatchObject({
      ...{code: 'invalid-model', message: expect.stringContaining(`${file}: must be JSON`) as string},
    });
  });

  test('what is wrong with options is said of this loader', async () => {
    const handler = {load: () => Promise.resolve(model(sequential(conv())))};
    const wrong = {blocks: 'all', speed: 3} as never;
    await expect(loadFusedLayersModel(handler, wrong)).rejects.toThrow(/^loadFusedLayersModel: .*speed/);
    await expect(loadFusedLayersModel({})).rejects.toThrow(/^loadFusedLayersModel: .*load method/);
  });

  test('a GraphModel is loaded as loadFusedGraphModel does', async () => {
    const loaded = await loadFusedLayersModel('test/fixtures/keras-convfirst', {blocks: 'all'});
    expect(loaded.fusionReport.blocks.length).toBeGreaterThan(0);
    loaded.dispose();
  });
});
