/** Each layer that is read, as a model of its own: the same outputs as tfjs-layers gives, on cpu and wasm. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {expectSameOutputs, randomise, saved} from '../helpers/layersModels.ts';

type Layer = layers.layers.Layer;
const {layers: make} = layers;

const IMAGE = [9, 10, 4];
const ROW = [6];
const ROWS = [5, 6];

function alone(layer: Layer, inputShape: (number | null)[]): layers.LayersModel {
  const input = layers.input({shape: inputShape});
  return randomise(layers.model({inputs: input, outputs: layer.apply(input) as layers.SymbolicTensor}));
}

beforeAll(() => tf.setBackend('cpu'));

const OPEN = [null, null, 4];

describe('convolutions', () => {
  const conv = (config: object): Layer => make.conv2d({filters: 5, kernelSize: 3, ...config});
  const depthwise = (config: object): Layer => make.depthwiseConv2d({kernelSize: 3, ...config});
  const separable = (config: object): Layer => make.separableConv2d({filters: 5, kernelSize: 3, ...config});
  test.each<[string, Layer, (number | null)[]]>([
    ['a conv', conv({}), IMAGE],
    ['a conv without bias', conv({useBias: false}), IMAGE],
    ['a conv with same padding and stride', conv({padding: 'same', strides: 2, activation: 'relu'}), IMAGE],
    ['a conv with other strides', conv({strides: [2, 1], activation: 'relu6'}), IMAGE],
    ['a dilated conv', conv({dilationRate: 2}), IMAGE],
    ['an oblong conv', conv({kernelSize: [2, 3], padding: 'same', activation: 'swish'}), IMAGE],
    ['a conv on an image of open size', conv({padding: 'same', strides: 2}), OPEN],
    ['a depthwise conv', depthwise({}), IMAGE],
    ['a depthwise conv with multiplier', depthwise({depthMultiplier: 2, activation: 'relu'}), IMAGE],
    ['a depthwise conv with stride', depthwise({strides: 2, padding: 'same', useBias: false}), IMAGE],
    ['a separable conv', separable({activation: 'elu'}), IMAGE],
    ['a dilated separable conv', separable({dilationRate: 2}), IMAGE],
  ])('%s', async (_, layer, shape) => {
    await expectSameOutputs(alone(layer, shape));
  });

  test('a separable conv with multiplier, which tfjs-layers leaves out of what it saves', async () => {
    const model = alone(separable({depthMultiplier: 3, padding: 'same', useBias: false}), IMAGE);
    const artifacts = await saved(model);
    const text = JSON.stringify(artifacts.modelTopology).replace('"filters":', '"depth_multiplier":3,"filters":');
    await expectSameOutputs(model, {artifacts: {...artifacts, modelTopology: JSON.parse(text) as object}});
  });

  test('a grouped conv is one of each group', async () => {
    const groups = 2;
    const input = layers.input({shape: [9, 10, 4]});
    const part = (from: number): layers.SymbolicTensor =>
      make
        .conv2d({filters: 3, kernelSize: 3, name: `part${from}`})
        .apply(
          make.conv2d({filters: 2, kernelSize: 1, useBias: false, name: `cut${from}`}).apply(input),
        ) as layers.SymbolicTensor;
    const parts = layers.model({
      inputs: input,
      outputs: make.concatenate().apply([part(0), part(2)]) as layers.SymbolicTensor,
    });
    randomise(parts);
    for (const from of [0, 2]) {
      const cut = Float32Array.from({length: 8}, (_, i) => (Math.floor(i / 2) === from + (i % 2) ? 1 : 0));
      parts.getLayer(`cut${from}`).setWeights([tf.tensor(cut, [1, 1, 4, 2])]);
    }
    const weights = [0, 2].map((from) => parts.getLayer(`part${from}`).getWeights());
    const kernel = tf.concat(
      weights.map(([each]) => each!),
      3,
    );
    const bias = tf.concat(
      weights.map(([, each]) => each!),
      0,
    );
    const conv = {class_name: 'Conv2D', config: {name: 'conv', filters: 6, kernel_size: [3, 3], groups}};
    const grouped = {
      ...(await saved(parts)),
      modelTopology: {
        class_name: 'Sequential',
        config: {layers: [{...conv, config: {...conv.config, batch_input_shape: [null, 9, 10, 4]}}]},
      },
      weightSpecs: [
        {name: 'conv/kernel', shape: kernel.shape, dtype: 'float32' as const},
        {name: 'conv/bias', shape: bias.shape, dtype: 'float32' as const},
      ],
      weightData: [kernel, bias].map((each) => new Float32Array(each.dataSync()).buffer),
    };
    await expectSameOutputs(parts, {artifacts: grouped});
  });
});

describe('dense', () => {
  test.each<[string, object, (number | null)[]]>([
    ['on rows', {}, ROW],
    ['without bias', {useBias: false}, ROW],
    ['with relu', {activation: 'relu'}, ROW],
    ['with softmax', {activation: 'softmax'}, ROW],
    ['on rows of rows', {activation: 'relu'}, ROWS],
    ['on an open number of rows', {}, [null, 6]],
    ['on pixels', {activation: 'tanh'}, IMAGE],
  ])('%s', async (_, config, shape) => {
    await expectSameOutputs(alone(make.dense({units: 7, ...config}), shape));
  });
});

describe('activations', () => {
  const NAMES = [
    ...['elu', 'hardSigmoid', 'linear', 'relu', 'relu6', 'selu', 'sigmoid', 'softmax', 'softplus', 'softsign'],
    ...['tanh', 'swish', 'mish', 'gelu', 'logSoftmax'],
  ] as const;
  test.each(NAMES)('%s, as a layer and of a conv', async (name) => {
    // tfjs-layers knows more than its types say.
    const activation = name as 'relu';
    await expectSameOutputs(alone(make.activation({activation}), IMAGE));
    await expectSameOutputs(alone(make.conv2d({filters: 5, kernelSize: 1, activation}), IMAGE));
  });

  test('gelu_new, which tfjs-layers itself does not load again', async () => {
    await expectSameOutputs(alone(make.activation({activation: 'gelu_new'}), IMAGE));
  });

  test.each<[string, Layer]>([
    ['ReLU', make.reLU()],
    ['ReLU up to 6', make.reLU({maxValue: 6})],
    ['ReLU up to 2', make.reLU({maxValue: 2})],
    ['LeakyReLU', make.leakyReLU()],
    ['LeakyReLU of another slope', make.leakyReLU({alpha: 0.05})],
    ['PReLU of each element', make.prelu()],
    ['PReLU of each channel', make.prelu({sharedAxes: [1, 2]})],
    ['ELU', make.elu()],
    ['ThresholdedReLU', make.thresholdedReLU({theta: 0.5})],
    ['Softmax over channels', make.softmax({axis: -1})],
  ])('%s', async (_, layer) => {
    await expectSameOutputs(alone(layer, IMAGE));
  });
});

test('Softmax over rows, which tfjs-layers does not run: over channels that change their places with them', async () => {
  const swapped = (): Layer => make.permute({dims: [3, 2, 1]});
  const model = layers.sequential({
    layers: [make.permute({dims: [3, 2, 1], inputShape: IMAGE}), make.softmax({axis: -1}), swapped()],
  });
  await expectSameOutputs(model, {artifacts: await saved(alone(make.softmax({axis: 1}), IMAGE))});
});

describe('pooling and image sizes', () => {
  test.each<[string, Layer, (number | null)[]]>([
    ['max pooling', make.maxPooling2d({}), IMAGE],
    ['max pooling with same padding', make.maxPooling2d({poolSize: 3, strides: 2, padding: 'same'}), IMAGE],
    ['average pooling', make.averagePooling2d({poolSize: [2, 3], strides: [1, 2]}), IMAGE],
    ['average pooling with same padding', make.averagePooling2d({poolSize: 3, padding: 'same'}), IMAGE],
    ['global average pooling', make.globalAveragePooling2d({}), IMAGE],
    ['global max pooling', make.globalMaxPooling2d({}), OPEN],
    ['zero padding', make.zeroPadding2d({padding: 2}), IMAGE],
    ['zero padding of each axis', make.zeroPadding2d({padding: [1, 2]}), IMAGE],
    [
      'zero padding of each side',
      make.zeroPadding2d({
        padding: [
          [0, 1],
          [2, 3],
        ],
      }),
      OPEN,
    ],
    [
      'cropping',
      make.cropping2D({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
      IMAGE,
    ],
    [
      'cropping of an image of open size',
      make.cropping2D({
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
      OPEN,
    ],
    ['upsampling', make.upSampling2d({}), IMAGE],
    ['bilinear upsampling', make.upSampling2d({size: [3, 2], interpolation: 'bilinear'}), IMAGE],
    ['upsampling of an image of open size', make.upSampling2d({size: [2, 3]}), OPEN],
  ])('%s', async (_, layer, shape) => {
    await expectSameOutputs(alone(layer, shape));
  });

  test('global pooling that keeps its axes, which tfjs-layers never does', async () => {
    const model = alone(make.globalAveragePooling2d({}), IMAGE);
    const artifacts = await saved(model);
    const text = JSON.stringify(artifacts.modelTopology).replace('"data_format":', '"keepdims":true,"data_format":');
    const reshaped = layers.sequential({layers: [model, make.reshape({targetShape: [1, 1, 4]})]});
    await expectSameOutputs(reshaped, {artifacts: {...artifacts, modelTopology: JSON.parse(text) as object}});
  });
});

describe('normalisation', () => {
  const EVERY_IMAGE: [string, object][] = [
    ['as it is', {}],
    ['without scale', {scale: false}],
    ['without offset', {center: false}],
    ['without both', {scale: false, center: false, epsilon: 1e-5}],
  ];
  test.each(EVERY_IMAGE)('batch normalisation of an image, %s', async (_, config) => {
    const model = alone(make.batchNormalization(config), IMAGE);
    await expectSameOutputs(model);
  });
  test.each([[ROW], [ROWS]])('batch normalisation of shape %j', async (shape) => {
    await expectSameOutputs(alone(make.batchNormalization(), shape));
  });
  test.each(EVERY_IMAGE)('layer normalisation of an image, %s', async (_, config) => {
    await expectSameOutputs(alone(make.layerNormalization(config), IMAGE));
  });
  test.each([[1], [[1, 2, 3]], [[2, 3]]])('layer normalisation over axes %j', async (axis) => {
    await expectSameOutputs(alone(make.layerNormalization({axis}), IMAGE));
  });
  test('Normalization, which tfjs-layers lacks: a batch normalisation without scale and offset', async () => {
    const model = alone(make.batchNormalization({scale: false, center: false, epsilon: 0, name: 'norm'}), IMAGE);
    const artifacts = await saved(model);
    const inWeights = {
      ...artifacts,
      modelTopology: JSON.parse(
        JSON.stringify(artifacts.modelTopology).replace('"BatchNormalization"', '"Normalization"'),
      ) as object,
      weightSpecs: artifacts.weightSpecs!.map((spec) => ({...spec, name: spec.name.replace('moving_', '')})),
    };
    await expectSameOutputs(model, {artifacts: inWeights});
    const [mean, variance] = model
      .getLayer('norm')
      .getWeights()
      .map((each) => [...each.dataSync()]);
    const text = JSON.stringify(inWeights.modelTopology).replace(
      '"axis":-1',
      `"axis":-1,"mean":[${mean!.join()}],"variance":[${variance!.join()}]`,
    );
    const inConfig = {
      ...inWeights,
      modelTopology: JSON.parse(text) as object,
      weightSpecs: [],
      weightData: new ArrayBuffer(0),
    };
    await expectSameOutputs(model, {artifacts: inConfig});
  });

  test('rescaling', async () => {
    await expectSameOutputs(alone(make.rescaling({scale: 1 / 127.5, offset: -1}), IMAGE));
  });
});

describe('merging', () => {
  const merged = (layer: Layer, shapes: number[][]): layers.LayersModel => {
    const inputs = shapes.map((shape) => layers.input({shape}));
    return layers.model({inputs, outputs: layer.apply(inputs) as layers.SymbolicTensor});
  };
  const LAYERS: [string, () => Layer][] = [
    ['add', () => make.add()],
    ['multiply', () => make.multiply()],
    ['average', () => make.average()],
    ['maximum', () => make.maximum()],
    ['minimum', () => make.minimum()],
  ];
  test.each(LAYERS)('%s', async (_, layer) => {
    await expectSameOutputs(merged(layer(), [ROWS, ROWS]));
    await expectSameOutputs(merged(layer(), [ROWS, ROWS, ROWS]));
    await expectSameOutputs(merged(layer(), [ROW, ROWS]));
  });
  test.each([[-1], [1]])('concatenate over axis %d', async (axis) => {
    await expectSameOutputs(merged(make.concatenate({axis}), [ROWS, ROWS, ROWS]));
  });
  test('subtract, which tfjs-layers lacks: the sum with the negative', async () => {
    const inputs = [layers.input({shape: ROW, name: 'a'}), layers.input({shape: ROW, name: 'b'})];
    const negative = make.dense({units: 6, useBias: false, name: 'negative'});
    const outputs = make.add().apply([inputs[0]!, negative.apply(inputs[1]!) as layers.SymbolicTensor]);
    const model = layers.model({inputs, outputs: outputs as layers.SymbolicTensor});
    negative.setWeights([tf.neg(tf.eye(6))]);
    const input = (name: string): object => ({
      ...{name, class_name: 'InputLayer', inbound_nodes: []},
      config: {name, batch_input_shape: [null, 6]},
    });
    const subtract = {name: 'subtract', class_name: 'Subtract', config: {name: 'subtract'}};
    const call = [
      ['a', 0, 0, {}],
      ['b', 0, 0, {}],
    ];
    const topology = {
      class_name: 'Functional',
      config: {
        layers: [input('a'), input('b'), {...subtract, inbound_nodes: [call]}],
        input_layers: [
          ['a', 0, 0],
          ['b', 0, 0],
        ],
        output_layers: [['subtract', 0, 0]],
      },
    };
    await expectSameOutputs(model, {
      artifacts: {modelTopology: topology, weightSpecs: [], weightData: new ArrayBuffer(0)},
    });
  });
});

describe('reshaping, and layers of training', () => {
  test.each<[string, Layer, number[]]>([
    ['flatten', make.flatten(), IMAGE],
    ['reshape', make.reshape({targetShape: [3, 12]}), [9, 4]],
    ['reshape with an open size', make.reshape({targetShape: [3, -1]}), [9, 4]],
    ['permute', make.permute({dims: [3, 1, 2]}), IMAGE],
    ['repeat a vector', make.repeatVector({n: 3}), ROW],
    ['dropout', make.dropout({rate: 0.5}), ROW],
    ['spatial dropout', make.spatialDropout1d({rate: 0.5}), ROWS],
    ['Gaussian noise', make.gaussianNoise({stddev: 1}), ROW],
    ['Gaussian dropout', make.gaussianDropout({rate: 0.5}), ROW],
    ['alpha dropout', make.alphaDropout({rate: 0.5}), ROW],
  ])('%s', async (_, layer, shape) => {
    await expectSameOutputs(alone(layer, shape));
  });
});
