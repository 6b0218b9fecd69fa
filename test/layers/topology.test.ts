/** How layers hang together: shared ones, models in models, several inputs and outputs, and the forms that Keras writes. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import type {io} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {loadFusedLayersModel} from '../../src/layers.ts';
import {graphOfLayers} from '../../src/layers/writeGraph.ts';
import {classifier, mobileNetV2} from '../helpers/layersNetworks.ts';
import {expectSameOutputs, randomise, saved} from '../helpers/layersModels.ts';

type Symbolic = layers.SymbolicTensor;
const {layers: make} = layers;

const apply = (layer: layers.layers.Layer, ...x: Symbolic[]): Symbolic =>
  layer.apply(x.length === 1 ? x[0]! : x) as Symbolic;

beforeAll(() => tf.setBackend('cpu'));

describe('layers that are called several times', () => {
  test('one layer at two nodes', async () => {
    const [a, b] = [layers.input({shape: [6]}), layers.input({shape: [6]})];
    const shared = make.dense({units: 5, activation: 'relu'});
    const outputs = apply(make.concatenate(), apply(shared, a), apply(shared, b));
    await expectSameOutputs(randomise(layers.model({inputs: [a, b], outputs})));
  });

  test('one layer after another call of itself, and what came before it', async () => {
    const x = layers.input({shape: [6]});
    const shared = make.dense({units: 6, activation: 'tanh'});
    const once = apply(shared, x);
    const twice = apply(shared, apply(make.activation({activation: 'relu'}), once));
    await expectSameOutputs(randomise(layers.model({inputs: x, outputs: [twice, once]})));
  });

  test('a shared conv with another batch normalisation at each call: each gets weights of its own', async () => {
    const x = layers.input({shape: [8, 8, 3]});
    const shared = make.conv2d({filters: 3, kernelSize: 3, padding: 'same'});
    const norm = (of: Symbolic): Symbolic => apply(make.batchNormalization(), of);
    const outputs = norm(apply(shared, norm(apply(shared, x))));
    await expectSameOutputs(randomise(layers.model({inputs: x, outputs})));
  });

  test('a shared model', async () => {
    const inner = layers.sequential({
      layers: [make.dense({units: 4, inputShape: [6], activation: 'relu'}), make.dense({units: 3})],
    });
    const [a, b] = [layers.input({shape: [6]}), layers.input({shape: [6]})];
    const outputs = apply(make.add(), apply(inner, a), apply(inner, b));
    await expectSameOutputs(randomise(layers.model({inputs: [a, b], outputs})));
  });
});

describe('batch normalisation after a conv', () => {
  const branches = (readTwice: boolean): layers.LayersModel => {
    const x = layers.input({shape: [8, 8, 3], name: 'image'});
    const conv = apply(make.conv2d({filters: 4, kernelSize: 3, name: 'conv'}), x);
    const norm = apply(make.reLU({name: 'act'}), apply(make.batchNormalization({name: 'bn'}), conv));
    return randomise(layers.model({inputs: x, outputs: readTwice ? [norm, conv] : norm}));
  };
  const opsOf = async (model: layers.LayersModel): Promise<string[]> =>
    graphOfLayers(await saved(model))
      .nodes.map(({op}) => op)
      .filter((op) => op !== 'Const');

  test('goes into it, as the converter does it', async () => {
    const model = branches(false);
    expect(await opsOf(model)).toEqual(['Placeholder', '_FusedConv2D', 'Identity']);
    await expectSameOutputs(model);
  });

  test('stays by itself where the conv is an output too', async () => {
    const model = branches(true);
    const ops = await opsOf(model);
    expect(ops).toEqual(expect.arrayContaining(['_FusedConv2D', 'FusedBatchNormV3', 'Relu']));
    await expectSameOutputs(model);
  });

  test.each<[string, layers.layers.Layer, number[]]>([
    ['a conv without bias', make.conv2d({filters: 4, kernelSize: 3, useBias: false}), [8, 8, 3]],
    ['a depthwise conv', make.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2}), [8, 8, 3]],
    ['a dense layer', make.dense({units: 9}), [6]],
    ['a dense layer without bias', make.dense({units: 9, useBias: false}), [6]],
    ['a dense layer of pixels', make.dense({units: 4}), [8, 8, 3]],
  ])('goes into %s', async (_, layer, shape) => {
    const x = layers.input({shape});
    const outputs = apply(make.reLU({maxValue: 6}), apply(make.batchNormalization(), apply(layer, x)));
    const model = randomise(layers.model({inputs: x, outputs}));
    const ops = await opsOf(model);
    expect(ops.filter((op) => /BatchNorm|^Mul|^Add|^Relu/.test(op))).toEqual([]);
    await expectSameOutputs(model);
  });
});

test('inputs and outputs keep their order and the names of their layers', async () => {
  const [a, b] = [layers.input({shape: [4], name: 'first'}), layers.input({shape: [3], name: 'second'})];
  const outputs = [
    apply(make.dense({units: 2, name: 'right'}), b),
    apply(make.dense({units: 5, name: 'left'}), a),
    apply(make.concatenate({name: 'both'}), a, b),
  ];
  const model = randomise(layers.model({inputs: [b, a], outputs}));
  await expectSameOutputs(model);
  const fused = await loadFusedLayersModel({load: async () => saved(model)});
  expect(fused.inputs.map(({name, shape}) => ({name, shape}))).toEqual([
    {name: 'second', shape: [-1, 3]},
    {name: 'first', shape: [-1, 4]},
  ]);
  expect(fused.outputs.map(({name}) => name)).toEqual(['right', 'left', 'both']);
  const values = {first: tf.ones([1, 4]), second: tf.ones([1, 3])};
  const left = fused.execute(values, 'left') as tf.Tensor;
  expect(left.shape).toEqual([1, 5]);
  tf.dispose([values, left]);
  fused.dispose();
});

test('a model whose output is its input', async () => {
  const x = layers.input({shape: [4], name: 'x'});
  const outputs = [apply(make.dropout({rate: 0.5, name: 'x_out'}), x), apply(make.dense({units: 2}), x)];
  await expectSameOutputs(randomise(layers.model({inputs: x, outputs})));
});

test('a MobileNetV2 in a Sequential in a Sequential, as Teachable Machine makes it: its blocks are fused', async () => {
  const base = mobileNetV2({size: 32, alpha: 0.35});
  const head = layers.sequential({
    layers: [
      make.dense({units: 20, activation: 'relu', inputShape: [base.outputs[0]!.shape[3]!]}),
      make.dense({units: 3, useBias: false, activation: 'softmax'}),
    ],
  });
  const model = randomise(
    layers.sequential({layers: [layers.sequential({layers: [base, make.globalAveragePooling2d({})]}), head]}),
  );
  const {fusionReport} = await expectSameOutputs(model);
  const {blocks} = fusionReport;
  expect(blocks.filter(({rule}) => rule === 'expand-first')).toHaveLength(16);
  expect(blocks.at(-1)!.name).toMatch(/^sequential_\d+\/mobilenetv2\/block_16_project_BN\//);
});

describe('what Keras writes', () => {
  const network = (): layers.LayersModel => randomise(classifier());
  /** The same model with its JSON edited. */
  const edited = async (
    model: layers.LayersModel,
    edit: (artifacts: io.ModelArtifacts & {modelTopology: Json}) => Partial<io.ModelArtifacts>,
  ): Promise<io.ModelArtifacts> => {
    const artifacts = (await saved(model)) as io.ModelArtifacts & {modelTopology: Json};
    return {...artifacts, ...edit(artifacts)};
  };
  interface Json {
    class_name: string;
    config: {layers: {class_name: string; config: Record<string, unknown>; inbound_nodes: unknown[]}[]};
  }

  test('a topology with model_config, without a format', async () => {
    const model = network();
    const artifacts = await edited(model, ({modelTopology}) => ({
      modelTopology: {keras_version: '2.15.0', backend: 'tensorflow', model_config: modelTopology},
    }));
    delete artifacts.format;
    await expectSameOutputs(model, {artifacts});
  });

  test('Functional for Model', async () => {
    const model = network();
    const modelTopology = (artifacts: {modelTopology: Json}): object => ({
      ...artifacts.modelTopology,
      class_name: 'Functional',
    });
    await expectSameOutputs(model, {artifacts: await edited(model, (a) => ({modelTopology: modelTopology(a)}))});
  });

  test('Keras 3: batch_shape, keras_history, policies for dtypes, one input without a list around it', async () => {
    const model = network();
    const artifacts = await edited(model, ({modelTopology}) => ({modelTopology: asKeras3(modelTopology)}));
    await expectSameOutputs(model, {artifacts});
  });

  function asKeras3(topology: Json): object {
    const tensor = ([layer, call, output]: unknown[]): object => ({
      class_name: '__keras_tensor__',
      config: {shape: [null, 1], dtype: 'float32', keras_history: [layer, call, output]},
    });
    const {layers: list, ...rest} = topology.config as Json['config'] & {input_layers: unknown[][]};
    const layersOfKeras3 = list.map((layer) => {
      const {batch_input_shape: shape, ...config} = layer.config;
      return {
        ...layer,
        config: {...config, ...(shape === undefined ? {} : {batch_shape: shape}), dtype: {class_name: 'DTypePolicy'}},
        inbound_nodes: (layer.inbound_nodes as unknown[][][]).map((call) => {
          const tensors = call.map(tensor);
          return {args: tensors.length === 1 ? tensors : [tensors], kwargs: {mask: null}};
        }),
      };
    });
    return {
      class_name: 'Functional',
      config: {...rest, layers: layersOfKeras3, input_layers: rest.input_layers[0]},
    };
  }

  test('a Sequential that is a list of layers', async () => {
    const model = randomise(layers.sequential({layers: [make.dense({units: 3, inputShape: [4]})]}));
    const artifacts = await edited(model, ({modelTopology}) => ({
      modelTopology: {class_name: 'Sequential', config: modelTopology.config.layers},
    }));
    await expectSameOutputs(model, {artifacts});
  });

  test('a name of the model, or of a cell, in names of weights; other weights beside', async () => {
    const model = network();
    const renamed = (rename: (layer: string, weight: string) => string) => (artifacts: io.ModelArtifacts) => ({
      weightSpecs: [
        ...artifacts.weightSpecs!.map((spec) => {
          const [layer, weight] = spec.name.split('/') as [string, string];
          return {...spec, name: rename(layer, weight)};
        }),
        {name: 'iterations', shape: [], dtype: 'int32' as const, group: 'optimizer' as const},
      ],
      weightData: [artifacts.weightData!, new ArrayBuffer(4)].flat(),
    });
    const inModel = await edited(
      model,
      renamed((layer, weight) => `functional_1/${layer}/${weight}`),
    );
    await expectSameOutputs(model, {artifacts: inModel});
    const inCell = await edited(
      model,
      renamed((layer, weight) => `${layer}/cell/${weight}`),
    );
    await expectSameOutputs(model, {artifacts: inCell});
  });

  test('numbers as ndarrays, activations as objects', async () => {
    const model = network();
    const artifacts = await edited(model, ({modelTopology}) => {
      const text = JSON.stringify(modelTopology)
        .replaceAll('"epsilon":0.001', '"epsilon":{"type":"ndarray","value":0.001}')
        .replaceAll('"activation":"softmax"', '"activation":{"class_name":"function","config":"softmax"}');
      return {modelTopology: JSON.parse(text) as object};
    });
    await expectSameOutputs(model, {artifacts});
  });
});

test.each(['float16', 'uint8', 'uint16'] as const)('weights stored as %s', async (dtype) => {
  const model = randomise(classifier());
  const {artifacts, decoded} = quantized(await saved(model), dtype);
  model.loadWeights(decoded, true);
  tf.dispose(decoded);
  await expectSameOutputs(model, {artifacts});
});

/** Returns a model with its weights quantized, and the weights as tfjs decodes these. */
function quantized(
  artifacts: io.ModelArtifacts,
  dtype: 'float16' | 'uint8' | 'uint16',
): {artifacts: io.ModelArtifacts; decoded: tf.NamedTensorMap} {
  const tensors = tf.io.decodeWeights(artifacts.weightData!, artifacts.weightSpecs!);
  const weightData: ArrayBuffer[] = [];
  const weightSpecs = artifacts.weightSpecs!.map((spec): io.WeightsManifestEntry => {
    const values = tensors[spec.name]!.dataSync() as Float32Array;
    const {quantization, codes} = codesOf(values, dtype);
    weightData.push(codes.buffer as ArrayBuffer);
    return {...spec, quantization};
  });
  tf.dispose(tensors);
  const joined = tf.io.CompositeArrayBuffer.join(weightData);
  return {
    artifacts: {...artifacts, weightSpecs, weightData: joined},
    decoded: tf.io.decodeWeights(joined, weightSpecs),
  };
}

function codesOf(
  values: Float32Array,
  dtype: 'float16' | 'uint8' | 'uint16',
): {quantization: NonNullable<io.WeightsManifestEntry['quantization']>; codes: Uint8Array | Uint16Array} {
  if (dtype === 'float16') {
    // Random halves, not the nearest to the values: any will do.
    const codes = Uint16Array.from(values, (value) => (value < 0 ? 0x8000 : 0) | (0x3000 + Math.abs(value) * 0x600));
    return {quantization: {dtype, original_dtype: 'float32'} as never, codes};
  }
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const scale = (max - min) / (dtype === 'uint8' ? 255 : 65535) || 1;
  const codes = Array.from(values, (value) => Math.round((value - min) / scale));
  const quantization = {dtype, scale, min, original_dtype: 'float32'} as never;
  return {quantization, codes: dtype === 'uint8' ? Uint8Array.from(codes) : Uint16Array.from(codes)};
}
