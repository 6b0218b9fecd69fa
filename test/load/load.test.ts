import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

import {readFileSync} from 'node:fs';
import * as fs from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import * as converter from '@tensorflow/tfjs-converter';
import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import {type FusedGraphModel, fusedIOHandler, loadFusedGraphModel, type LoadOptions} from '../../src/load/load.ts';
import {warmup} from '../../src/load/warmup.ts';
import {modelFileHandler, readModelFiles, writeModelFiles} from '../../src/load/modelFiles.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import type {Tfjs} from '../../src/tfjs.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {expectClose, worstDifference} from '../helpers/closeness.ts';
import {FIXTURE_CASES, fixtureFolder, type Numbers, readFixture} from '../helpers/fixtures.ts';

const SMALL = 'torch-convfirst';

let tensors = 0;
beforeAll(() => tf.setBackend('wasm'));
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

function predict(model: {predict(x: Tensor): unknown}, {data, shape}: Numbers): Numbers {
  const x = tf.tensor(data, shape);
  const y = model.predict(x) as Tensor;
  const output = {shape: y.shape, data: y.dataSync() as Float32Array};
  tf.dispose([x, y]);
  return output;
}

describe.each(['wasm', 'cpu'])('every fixture by its path on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  test.each(FIXTURE_CASES)('$name: $blocks blocks, golden output', async ({name, blocks, tolerance}) => {
    const {artifacts, input, golden} = await readFixture(name);
    const model = await loadFusedGraphModel(fixtureFolder(name), {blocks: 'all'});
    expect(model.fusionReport.blocks).toHaveLength(blocks);
    expect(model.modelSignature).toEqual(artifacts.signature);
    const y = predict(model, input);
    model.dispose();
    expect(y.shape).toEqual(golden.shape);
    expectClose(y.data, golden.data, tolerance);
  });

  test('a model whose weights are cut by the ends of shards computes what the whole one does', async () => {
    const {artifacts, input, golden} = await readFixture(SMALL);
    const [whole] = artifacts.weightData as [ArrayBuffer];
    const shards: ArrayBuffer[] = [];
    for (let at = 0; at < whole.byteLength; at += 1000) shards.push(whole.slice(at, at + 1000));
    const model = await loadFusedGraphModel(tf.io.fromMemory({...artifacts, weightData: shards}), {blocks: 'all'});
    const y = predict(model, input);
    model.dispose();
    expect(y.shape).toEqual(golden.shape);
    expectClose(y.data, golden.data, FIXTURE_CASES.find(({name}) => name === SMALL)!.tolerance);
  });

  test('keras-convnext-u8 is no further from golden than stock by more than a twentieth', async () => {
    const {artifacts, input, golden} = await readFixture('keras-convnext-u8');
    const error = async (loading: Promise<{predict(x: Tensor): unknown; dispose(): unknown}>): Promise<number> => {
      const model = await loading;
      const {worst} = worstDifference(predict(model, input).data, golden.data);
      model.dispose();
      return worst;
    };
    const stock = await error(converter.loadGraphModel(tf.io.fromMemory(legalizeArtifacts(artifacts).artifacts)));
    const fused = await error(loadFusedGraphModel(fixtureFolder('keras-convnext-u8'), {blocks: 'all'}));
    expect(fused).toBeLessThanOrEqual(1.05 * stock);
  });
});

describe('files of a fused model', () => {
  const LIMITS: Record<string, number> = {'keras-convnext-f16': 1.05, 'keras-convnext-u8': 2.1};
  test.each(FIXTURE_CASES)('$name is hardly larger than before', async ({name}) => {
    const folder = await fs.mkdtemp(join(tmpdir(), 'fused-size-'));
    const artifacts = await readModelFiles(fixtureFolder(name));
    const before = await writeModelFiles(artifacts, join(folder, 'before'));
    const after = await writeModelFiles(
      (await fuseModelArtifacts(artifacts, {storage: 'keep'})).artifacts,
      join(folder, 'after'),
    );
    await fs.rm(folder, {recursive: true});
    expect(after / before).toBeLessThanOrEqual(LIMITS[name] ?? 1.02);
  });
});

describe('loadFusedGraphModel', () => {
  beforeAll(() => tf.setBackend('wasm'));
  const load = (options?: LoadOptions): Promise<FusedGraphModel> => loadFusedGraphModel(fixtureFolder(SMALL), options);

  test('takes a handler', async () => {
    const model = await loadFusedGraphModel(modelFileHandler(fixtureFolder(SMALL)), {blocks: 'all'});
    expect(model.fusionReport.blocks).toHaveLength(4);
    model.dispose();
  });

  test('refuses a handler that cannot load', async () => {
    await expect(loadFusedGraphModel({})).rejects.toMatchObject({code: 'invalid-option'});
  });

  test('leaves a block alone that is excluded', async () => {
    const model = await load({blocks: 'all'});
    const [first] = model.fusionReport.blocks;
    model.dispose();
    const without = await load({blocks: 'all', exclude: [first!.name]});
    expect(without.fusionReport.blocks).toHaveLength(3);
    expect(without.fusionReport.left).toContainEqual({
      ...{name: first!.name, reason: expect.any(String) as string},
      ...{spec: first!.spec, nodes: first!.replaced},
    });
    without.dispose();
  });

  test('says why one thread computes the blocks, whatever was asked for', async () => {
    for (const threads of [undefined, 1, 4]) {
      const model = await load(threads === undefined ? {} : {threads});
      expect(model.fusionReport.threads).toEqual({count: 1, reason: 'tfjs has no more in Node'});
      model.dispose();
    }
  });

  test('reports progress up to 1', async () => {
    const seen: number[] = [];
    (await load({onProgress: (fraction) => seen.push(fraction)})).dispose();
    expect(seen.at(-1)).toBe(1);
  });

  test('can save what it loaded, unless the weight data was released', async () => {
    const kept = await load();
    const saved = await kept.save(tf.io.withSaveHandler((artifacts) => Promise.resolve(artifacts as never)));
    expect(saved).toMatchObject({weightSpecs: expect.any(Array) as unknown[]});
    kept.dispose();
    const {input} = await readFixture(SMALL);
    const released = await load({releaseWeightData: true});
    await expect(released.save('localstorage://x')).rejects.toMatchObject({code: 'invalid-option'});
    expect(predict(released, input).data.every(Number.isFinite)).toBe(true);
    released.dispose();
  });

  test('warms up at load, or when asked', async () => {
    const model = await load({warmup: true});
    const {pipelines, ms} = await warmup(model, [1, 32, 32, 3]);
    expect(pipelines).toBe(0);
    expect(ms).toBeGreaterThan(0);
    await expect(warmup(model, [1, 32, 32, 4])).rejects.toThrow();
    model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    await expect(load({warmup: true, inputShape: [1, 32, 32, 4]})).rejects.toThrow();
  });

  test('refuses a precision that the kernels do not have', async () => {
    await expect(load({precision: 'float16'})).rejects.toMatchObject({code: 'invalid-option'});
  });

  test('leaves no tensor when tfjs refuses the graph', async () => {
    const artifacts = await readModelFiles(fixtureFolder(SMALL));
    const broken = {
      ...artifacts,
      signature: {inputs: {}, outputs: {}},
      modelInitializer: {node: [{name: 'a', op: 'NoOp', input: ['b']}]},
    };
    await expect(loadFusedGraphModel({load: () => Promise.resolve(broken)})).rejects.toThrow();
  });

  test('keeps memory level over predictions', async () => {
    const {input} = await readFixture(SMALL);
    const model = await load({blocks: 'all'});
    predict(model, input);
    const before = tf.memory();
    for (let i = 0; i < 20; i++) predict(model, input);
    expect(tf.memory()).toMatchObject({numTensors: before.numTensors, numBytes: before.numBytes});
    model.dispose();
  });

  test('says once, and in one line, that a backend has no kernel', async () => {
    const said = jest.spyOn(console, 'info').mockImplementation(() => undefined);
    await tf.setBackend('cpu');
    await jest.isolateModulesAsync(async () => {
      const fresh = await import('../../src/load/load.ts');
      for (let time = 0; time < 2; time++)
        (
          await fresh.loadFusedGraphModel(fixtureFolder(SMALL), {blocks: 'when-faster', inputShape: [1, 32, 32, 3]})
        ).dispose();
    });
    await tf.setBackend('wasm');
    expect(said.mock.calls).toEqual([
      [expect.stringMatching(/nothing is fused, since backend 'cpu' has no fused kernel; import and set/)],
    ]);
    said.mockRestore();
  });

  test("works in the page's own copy of tfjs, which knows only the ops registered in it", async () => {
    const warnings = jest.spyOn(console, 'warn').mockImplementation();
    const copy: {tf?: Tfjs & Pick<typeof converter, 'GraphModel'>} = {};
    await jest.isolateModulesAsync(async () => {
      copy.tf = {...(await import('@tensorflow/tfjs-core')), ...(await import('@tensorflow/tfjs-converter'))};
    });
    warnings.mockRestore();
    const own = copy.tf!;
    expect(own.registerOp).not.toBe(converter.registerOp);
    const {input, golden} = await readFixture(SMALL);
    const model = await load({blocks: 'all', tf: own});
    expect(model).toBeInstanceOf(own.GraphModel);
    expectClose(predict(model, input).data, golden.data, 1e-5);
    await warmup(model, [1, 32, 32, 3]);
    model.dispose();
  });
});

describe('over HTTP', () => {
  beforeAll(() => tf.setBackend('wasm'));

  /** A server of the fixture's files, and what it was asked for. */
  function server(): {fetchFunc: typeof fetch; requests: {url: string; init: RequestInit | undefined}[]} {
    const requests: {url: string; init: RequestInit | undefined}[] = [];
    const fetchFunc = ((url: string, init?: RequestInit) => {
      requests.push({url, init});
      const file = new URL(url).pathname.split('/').at(-1)!;
      return Promise.resolve(new Response(readFileSync(join(fixtureFolder(SMALL), file))));
    }) as typeof fetch;
    return {fetchFunc, requests};
  }

  test.each([
    ['a URL', 'https://host/a/model.json', {}],
    ['request options', 'https://host/a/model.json', {requestInit: {headers: {key: 'k'}}}],
    ['a stream of weights', 'https://host/a/model.json', {streamWeights: true}],
    ['a TF Hub address', 'https://host/a', {fromTFHub: true}],
    [
      'weights elsewhere',
      'https://host/model.json',
      {weightUrlConverter: (name: string) => Promise.resolve(`https://host/a/${name}`)},
    ],
  ] as [string, string, LoadOptions][])('takes %s', async (_, url, options) => {
    const {fetchFunc, requests} = server();
    const model = await loadFusedGraphModel(url, {...options, fetchFunc, blocks: 'all'});
    expect(model.fusionReport.blocks).toHaveLength(4);
    model.dispose();
    const [json, shard] = requests.map((request) => request.url);
    const query = options.fromTFHub === true ? '?tfjs-format=file' : '';
    expect(json).toBe(`${url}${options.fromTFHub === true ? '/model.json' : ''}${query}`);
    expect(shard).toBe(`https://host/a/group1-shard1of1.bin${query}`);
    expect(requests[0]!.init).toEqual(options.requestInit ?? {});
  });
});

test('fusedIOHandler gives tf.loadGraphModel a fused model', async () => {
  registerBlockFusion();
  const {input, golden} = await readFixture(SMALL);
  const model = await converter.loadGraphModel(fusedIOHandler(modelFileHandler(fixtureFolder(SMALL))));
  expectClose(predict(model, input).data, golden.data, 1e-5);
  model.dispose();
});
