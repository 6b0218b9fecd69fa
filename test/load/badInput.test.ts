/** What is wrong with a model, an input or an output folder is said: where, what, and what to do; and nothing leaks. */
import '@tensorflow/tfjs-backend-cpu';

import * as fs from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import type {io, Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import {encodeBlockAttrs} from '../../ops/attrs.ts';
import {blockSpec} from '../../ops/block.ts';
import type {BlockFusionErrorCode} from '../../ops/errors.ts';
import {fusedResidualBlock} from '../../ops/op.ts';
import {paramsLayout} from '../../ops/params.ts';
import type {AttrValue} from '../../src/graph/graphDef.ts';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {readModelFiles, writeModelFiles} from '../../src/load/modelFiles.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import type {NodeModules} from '../../src/load/nodeModules.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {fixtureFolder} from '../helpers/fixtures.ts';
import {artifactsOf, attr, type SmallNode} from '../helpers/smallGraphs.ts';

/** A disk that is full after so many files. */
const mockDisk = {filesThatFit: Infinity};
jest.mock('../../src/load/nodeModules.ts', () => {
  const {nodeModules} = jest.requireActual<{nodeModules: () => Promise<NodeModules>}>('../../src/load/nodeModules.ts');
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'});
  return {
    nodeModules: async (): Promise<NodeModules> => {
      const node = await nodeModules();
      const writeFile: typeof node.fs.writeFile = (...args) =>
        mockDisk.filesThatFit-- > 0 ? node.fs.writeFile(...args) : Promise.reject(full);
      return {...node, fs: {...node.fs, writeFile}};
    },
  };
});

const MODEL = fixtureFolder('keras-convfirst');
const SHARD = 'group1-shard1of1.bin';

let folder = '';
let tensors = 0;
beforeAll(() => tf.setBackend('cpu'));
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'bad-input-'));
  tensors = tf.memory().numTensors;
});
afterEach(async () => {
  mockDisk.filesThatFit = Infinity;
  expect(tf.memory().numTensors).toBe(tensors);
  await fs.rm(folder, {recursive: true});
});

/** Expects an error of this code whose message has the texts in this order. */
async function expectError(work: () => unknown, code: BlockFusionErrorCode, ...texts: string[]): Promise<void> {
  const error: unknown = await Promise.resolve()
    .then(work)
    .then(
      () => 'nothing thrown',
      (thrown: unknown) => thrown,
    );
  expect(error).toMatchObject({name: 'BlockFusionError', code});
  const {message} = error as Error;
  const places = texts.map((text) => message.indexOf(text));
  if (places.includes(-1) || places.some((place, i) => place < (places[i - 1] ?? 0)))
    expect(message).toBe(texts.join(' … '));
}

/** A copy of the fixture with one file changed. */
async function brokenModel(file: string, change: (bytes: Buffer) => string | Buffer): Promise<string> {
  await fs.cp(MODEL, folder, {recursive: true});
  await fs.writeFile(join(folder, file), change(await fs.readFile(join(MODEL, file))));
  return folder;
}

const brokenJson = (change: (json: io.ModelJSON) => object): Promise<string> =>
  brokenModel('model.json', (bytes) => JSON.stringify(change(JSON.parse(bytes.toString()) as io.ModelJSON)));

describe('a node that is malformed', () => {
  const withNode = (change: (node: {input?: unknown; attr?: unknown}) => void): io.ModelArtifacts => {
    const artifacts = artifactsOf({
      inputs: {x: [1, 8, 8, 4]},
      weights: {w: {shape: [1, 1, 4, 4], data: new Float32Array(16)}},
      nodes: {conv: ['Conv2D', ['x', 'w'], {strides: attr.ints(1, 1, 1, 1), padding: attr.text('SAME')}]},
    });
    const {node} = artifacts.modelTopology as {node: {op: string; input?: unknown; attr?: unknown}[]};
    change(node.find(({op}) => op === 'Conv2D')!);
    return artifacts;
  };

  test.each([
    ['an input that is missing', {input: ['x']}, 'conv: a Conv2D must have 2 inputs, got 1'],
    ['no inputs', {input: undefined}, 'a Conv2D must have 2 inputs, got 0'],
    ['attrs that are none', {attr: [null]}, 'attr 0: must be an object, got null'],
    ['an attr that is none', {attr: {strides: null}}, 'attr strides: must be an object, got null'],
    ['a list that is none', {attr: {strides: {list: 3}}}, 'attr strides: list must be an object, got 3'],
    ['a member of a list that is none', {attr: {strides: {list: {i: '1'}}}}, 'list.i must be a list, got 1'],
    ['strings of another kind', {attr: {fused_ops: {list: {s: [null]}}}}, 'list.s must hold strings in base64'],
    ['a string that is no base64', {attr: {padding: {s: 'é!'}}}, 's must be a string in base64'],
    ['a dim that is null', {attr: {shape: {shape: {dim: [null]}}}}, 'shape.dim must be a list of {size}'],
    ['dims that are no list', {attr: {shape: {shape: {dim: {size: 1}}}}}, 'shape.dim must be a list of {size}'],
    ['a shape that is null', {attr: {shape: {shape: null}}}, 'shape.dim must be a list of {size}'],
  ])('%s', async (_, change, message) => {
    const artifacts = withNode((node) => Object.assign(node, change));
    await expectError(() => fuseModelArtifacts(artifacts), 'invalid-model', message, 'convert the model again');
  });
});

describe('a signature or a manifest that is malformed', () => {
  const artifacts = artifactsOf({
    inputs: {x: [1, 8, 8, 4]},
    weights: {w: {shape: [4], data: new Float32Array(4)}},
    nodes: {y: ['AddV2', ['x', 'w']]},
  });
  const [spec] = artifacts.weightSpecs!;

  test.each([
    ['an entry that is null', {signature: {inputs: {x: null}}}, 'signature.inputs.x: must be an object, got null'],
    ['entries that are none', {signature: {outputs: 3}}, 'signature.outputs: must be an object, got 3'],
    ['a name that is a number', {signature: {inputs: {x: {name: 3}}}}, 'signature.inputs.x: name must be a string'],
    ['a shape that is null', {signature: {inputs: {x: {name: 'x', tensorShape: null}}}}, 'shape.dim must be a list'],
    ['a dim that is null', {signature: {inputs: {x: {tensorShape: {dim: [null]}}}}}, 'shape.dim must be a list'],
    ['a signature that is none', {userDefinedMetadata: {signature: 'x'}}, 'signature: must be an object, got x'],
    ['a weight that is null', {weightSpecs: [null]}, 'every weight must be an object, got null'],
    ['a quantization that is null', {weightSpecs: [{...spec, quantization: null}]}, 'quantization must be an object'],
  ])('%s', async (_, change, message) => {
    const broken = {...artifacts, ...change} as unknown as io.ModelArtifacts;
    await expectError(() => fuseModelArtifacts(broken), 'invalid-model', message);
  });
});

test('options that are misspelled', async () => {
  for (const [options, ...texts] of [
    [{threads: 1.5}, 'loadFusedGraphModel: threads must be a whole number from 1 up', 'got 1.5; leave it out'],
    [{blokcs: 'all'}, 'loadFusedGraphModel: options must be of blocks', 'got blokcs; write blocks'],
    [{storage: 'float16'}, 'got storage; leave it out'],
    [{warmUp: true}, 'got warmUp; write warmup'],
  ] as const)
    await expectError(() => loadFusedGraphModel(MODEL, options as object), 'invalid-option', ...texts);
  const wrong = {tff: tf} as object;
  await expectError(
    () => {
      registerBlockFusion(wrong);
    },
    'invalid-option',
    'registerBlockFusion',
    'got tff; write tf',
  );
});

describe('a model in files', () => {
  test('a shard of more than 2 GiB is read', async () => {
    const bytes = 2 ** 31 + 8;
    const model = await brokenJson((json) => ({
      ...json,
      modelTopology: {node: [{name: 'w', op: 'Const', attr: {}}], versions: {}},
      weightsManifest: [{paths: [SHARD], weights: [{name: 'w', shape: [bytes / 4], dtype: 'float32'}]}],
    }));
    const file = await fs.open(join(model, SHARD), 'w');
    await file.truncate(bytes);
    await file.write(Uint8Array.of(0, 0, 128, 63), 0, 4, bytes - 4);
    await file.close();
    const {weightData} = await readModelFiles(model);
    const [shard] = weightData as ArrayBuffer[];
    expect(new Float32Array(shard!, bytes - 8, 2)).toEqual(Float32Array.of(0, 1));
  });

  test('truncated shard', async () => {
    const model = await brokenModel(SHARD, (bytes) => bytes.subarray(0, 1000));
    await expectError(
      () => loadFusedGraphModel(model),
      'invalid-model',
      `${join(model, 'model.json')}: ${SHARD}: the shards must hold the weights that the manifest lists`,
      '640496 bytes',
      'got 1000',
      'see that no shard is truncated',
    );
  });

  test('missing shard', async () => {
    const model = await brokenModel(SHARD, (bytes) => bytes);
    await fs.rm(join(model, SHARD));
    await expectError(
      () => loadFusedGraphModel(model),
      'invalid-model',
      join(model, SHARD),
      'ENOENT',
      'fetch or convert the model again',
    );
  });

  test('weights manifest that does not match', async () => {
    const model = await brokenJson((json) => {
      json.weightsManifest[0]!.weights[1]!.shape = [64, 11];
      return json;
    });
    await expectError(() => loadFusedGraphModel(model), 'invalid-model', SHARD, 'must be 640752 bytes long', '640496');
  });

  test('weights manifest of the wrong form', async () => {
    const model = await brokenJson((json) => ({...json, weightsManifest: {paths: []}}));
    await expectError(() => loadFusedGraphModel(model), 'invalid-model', 'weightsManifest', 'must be a list of groups');
  });

  test('malformed JSON', async () => {
    const model = await brokenModel('model.json', (bytes) => bytes.subarray(0, 5000));
    await expectError(
      () => loadFusedGraphModel(model),
      'invalid-model',
      'model.json: must be JSON',
      'fetch or convert',
    );
  });

  test('JSON that is no model', async () => {
    const model = await brokenModel('model.json', () => '{"name": "package"}');
    await expectError(
      () => loadFusedGraphModel(model),
      'invalid-model',
      'without a modelTopology',
      'give the model.json',
    );
  });

  test('no file at all', async () => {
    const path = join(folder, 'none.json');
    await expectError(
      () => loadFusedGraphModel(path),
      'invalid-model',
      path,
      'ENOENT',
      'give the path of a model.json',
    );
  });

  test('a LayersModel', async () => {
    const model = await brokenJson((json) => ({...json, format: 'layers-model'}));
    await expectError(
      () => loadFusedGraphModel(model),
      'unsupported-model',
      'format: must be a GraphModel, got a LayersModel; load it with loadFusedLayersModel of tfjs-block-fusion/layers',
      '--output_format=tfjs_graph_model',
    );
  });

  test('a LayersModel of before models said their format', async () => {
    const model = await brokenJson((json) => ({...json, format: undefined, modelTopology: {model_config: {}}}));
    await expectError(() => loadFusedGraphModel(model), 'unsupported-model', 'LayersModel', '--output_format');
  });
});

describe('a graph', () => {
  test('with a cycle', async () => {
    const artifacts = artifactsOf({
      inputs: {x: [1, 4]},
      nodes: {a: ['AddV2', ['x', 'b']], b: ['Relu', ['a']], y: ['Relu', ['b']]},
    });
    await expectError(() => load(artifacts), 'invalid-model', 'modelTopology: b: the graph must have no cycle', 'a');
  });

  test('with a missing node', async () => {
    const artifacts = artifactsOf({inputs: {x: [1, 4]}, nodes: {y: ['Relu', ['gone']]}});
    await expectError(() => load(artifacts), 'invalid-model', 'y: every input must name a node', 'got gone', 'convert');
  });

  test('with a missing weight', async () => {
    const artifacts = {...artifactsOf({inputs: {x: [1, 4]}, weights: {w}, nodes: {y: ['AddV2', ['x', 'w']]}})};
    const missing = {...artifacts, weightSpecs: [], weightData: new ArrayBuffer(0)};
    await expectError(() => load(missing), 'invalid-model', 'w: a Const must have its weight', 'with all its shards');
  });
});

const w = {shape: [4], data: new Float32Array(4)};
const load = (artifacts: io.ModelArtifacts): Promise<unknown> =>
  loadFusedGraphModel({load: () => Promise.resolve(artifacts)});

const SPEC = blockSpec({
  order: 'conv-first',
  ...{inChannels: 8, hiddenChannels: 8, outChannels: 8, kernelSize: [3, 3], stride: 1, padding: 'same', groupWidth: 1},
  ...{layerNormEpsilon: null, spatialActivation: 'linear', hiddenActivation: 'relu', residual: true},
});
const LENGTH = paramsLayout(SPEC).length;

describe('a fused node', () => {
  const model = (length: number, change: Record<string, AttrValue> = {}): io.ModelArtifacts => {
    const node: SmallNode = ['FusedResidualBlock', ['x', 'params'], {...encodeBlockAttrs(SPEC), ...change}];
    const weights = {params: {shape: [length], data: new Float32Array(length)}};
    return artifactsOf({inputs: {x: [1, 4, 4, 8]}, weights, nodes: {y: node}});
  };

  test('that is right loads', async () => {
    const loaded = await loadFusedGraphModel({load: () => Promise.resolve(model(LENGTH))});
    loaded.dispose();
  });

  test('with an unknown layout of params', async () => {
    const unknown = model(LENGTH, {params_layout: {i: '7'}});
    await expectError(
      () => load(unknown),
      'invalid-params',
      'params_layout must be 1 or 2, got 7',
      'fuse the model again',
    );
  });

  test('with params of the wrong length', async () => {
    await expectError(
      () => load(model(LENGTH - 8)),
      'invalid-params',
      'modelTopology: y',
      `of length ${LENGTH}`,
      `[${LENGTH - 8}]`,
    );
  });
});

describe('an input of the op', () => {
  test.each([
    ['wrong dtype', 'int32', [1, 4, 4, 8], 'x must be float32, got int32; cast it'],
    ['wrong rank', 'float32', [4, 4, 8], 'x must have rank 4 [n, h, w, c], got [4,4,8]; reshape it'],
    ['zero images', 'float32', [0, 4, 4, 8], 'x must not be empty, got [0,4,4,8]; give at least one image'],
    ['zero pixels', 'float32', [1, 4, 0, 8], 'x must not be empty, got [1,4,0,8]; give at least one image'],
    ['wrong channels', 'float32', [1, 4, 4, 7], 'got [1,4,4,7]; give NHWC data'],
  ] as ['wrong dtype', 'int32' | 'float32', [number, number, number, number], string][])(
    'of %s',
    async (_, dtype, shape, text) => {
      const x: Tensor4D = tf.zeros(shape, dtype);
      const params: Tensor1D = tf.zeros([LENGTH]);
      await expectError(() => fusedResidualBlock(x, params, SPEC), 'invalid-input', text);
      tf.dispose([x, params]);
    },
  );

  test('params of the wrong length', async () => {
    const [x, params] = [tf.zeros<tf.Rank.R4>([1, 4, 4, 8]), tf.zeros<tf.Rank.R1>([3])];
    await expectError(
      () => fusedResidualBlock(x, params, SPEC),
      'invalid-params',
      `length ${LENGTH}`,
      '[3]',
      'packParams',
    );
    tf.dispose([x, params]);
  });
});

describe('an output folder', () => {
  test('that exists is refused, and stays as it was', async () => {
    await fs.writeFile(join(folder, 'model.json'), 'old');
    const artifacts = await readModelFiles(MODEL);
    await expectError(() => writeModelFiles(artifacts, folder), 'output', folder, 'must not exist', 'force');
    expect(await fs.readFile(join(folder, 'model.json'), 'utf8')).toBe('old');
  });

  test('that is a file is refused', async () => {
    await fs.writeFile(join(folder, 'file'), 'old');
    const artifacts = await readModelFiles(MODEL);
    const write = (): Promise<number> => writeModelFiles(artifacts, join(folder, 'file'), {force: true});
    await expectError(write, 'output', join(folder, 'file'), 'must be a folder', 'choose another');
    expect(await fs.readFile(join(folder, 'file'), 'utf8')).toBe('old');
  });

  test.each([
    ['the first shard', 0],
    ['model.json', 1],
  ])('on a disk that is full at %s: nothing of it stays', async (_, filesThatFit) => {
    mockDisk.filesThatFit = filesThatFit;
    const artifacts = await readModelFiles(MODEL);
    const out = join(folder, 'new/out');
    await expectError(() => writeModelFiles(artifacts, out), 'output', out, 'ENOSPC', 'free some space');
    expect(await fs.readdir(folder)).toEqual([]);
  });

  test('that is replaced on a full disk keeps the old model', async () => {
    const artifacts = await readModelFiles(MODEL);
    const out = join(folder, 'out');
    await writeModelFiles(artifacts, out);
    mockDisk.filesThatFit = 1;
    await expectError(() => writeModelFiles(artifacts, out, {force: true}), 'output', out, 'ENOSPC');
    expect(await readModelFiles(out)).toEqual(artifacts);
    expect(await fs.readdir(folder)).toEqual(['out']);
  });
});
