/** What SECURITY.md says that a hostile model cannot do, it cannot. Each case is a model.json that somebody made for harm. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {request} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {io} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {encodeBlockAttrs} from '../../ops/attrs.ts';
import {blockSpec} from '../../ops/block.ts';
import {paramsLayout} from '../../ops/params.ts';
import {element, SvgDocument, svgFile} from '../../src/analysis/charts/svgDocument.ts';
import {serve} from '../../src/cli/host/browser/server.ts';
import type {AttrValue, NodeDef} from '../../src/graph/graphDef.ts';
import {fuseModelArtifacts, loadFusedGraphModel} from '../../src/index.ts';
import {loadFusedLayersModel} from '../../src/layers.ts';
import {readModelFiles, writeModelFiles} from '../../src/load/modelFiles.ts';
import {artifactsOf, attr, floats, int, ints, type SmallNode} from '../helpers/smallGraphs.ts';
import {buildCli, runCli} from '../helpers/runCli.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('wasm');
  folder = mkdtempSync(join(tmpdir(), 'hostile-'));
});
afterAll(() => {
  rmSync(folder, {recursive: true});
});

const SUM: io.ModelArtifacts = artifactsOf({
  inputs: {x: [1, 8, 8, 4]},
  weights: {w: floats([4])},
  nodes: {y: ['AddV2', ['x', 'w']]},
});

/** Writes a model whose one shard is at this path. */
function modelWithShard(name: string, path: string): string {
  const model = join(folder, name);
  mkdirSync(model);
  const {weightSpecs, modelTopology, format} = SUM;
  const json = {format, modelTopology, weightsManifest: [{paths: [path], weights: weightSpecs}]};
  writeFileSync(join(model, 'model.json'), JSON.stringify(json));
  return model;
}

describe('shards', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'secret'), new Uint8Array(16));
    mkdirSync(join(folder, 'above'));
    writeFileSync(join(folder, 'above/secret'), new Uint8Array(16));
  });

  it.each([
    ['up', '../secret'],
    ['down-and-up', 'a/../../secret'],
    ['sibling', '../above/secret'],
    ['root', '/etc/hostname'],
    ['folder', '.'],
  ])('outside of the folder are not read: %s, %s', async (name, path) => {
    const model = modelWithShard(name, path);
    await expect(readModelFiles(model)).rejects.toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('paths must be of files in the folder of model.json') as string,
    });
  });

  it.each([
    ['file-url', 'file:///etc/hostname'],
    ['http-url', 'http://127.0.0.1:9/secret'],
  ])('are never URLs in Node: %s', async (name, path) => {
    await expect(readModelFiles(modelWithShard(name, path))).rejects.toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('ENOENT') as string,
    });
  });

  it('that are pipes are not waited for', async () => {
    const model = modelWithShard('pipe', 'pipe.bin');
    execFileSync('mkfifo', [join(model, 'pipe.bin')]);
    await expect(readModelFiles(model)).rejects.toThrow(/pipe\.bin: must be a file that can be read, got no file/);
  });

  it('in a folder below, and links, are read: the links are those of whoever made the folder', async () => {
    const model = modelWithShard('below', 'weights/..w.bin');
    mkdirSync(join(model, 'weights'));
    symlinkSync(join(folder, 'secret'), join(model, 'weights/..w.bin'));
    await expect(readModelFiles(model)).resolves.toMatchObject({weightSpecs: SUM.weightSpecs});
  });

  it('are written under names of ours', async () => {
    const out = join(folder, 'out');
    await writeModelFiles({...SUM, weightPaths: ['../x']} as io.ModelArtifacts, out);
    expect(readdirSync(out).sort()).toEqual(['group1-shard1of1.bin', 'model.json']);
    const {weightsManifest} = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8')) as io.ModelJSON;
    expect(weightsManifest[0]!.paths).toEqual(['group1-shard1of1.bin']);
  });
});

/** Returns a copy with a text of its JSON replaced. */
function renamed({weightData, ...rest}: io.ModelArtifacts, from: string, to: string): io.ModelArtifacts {
  const json = JSON.stringify(rest).replaceAll(JSON.stringify(from), JSON.stringify(to));
  return {...(JSON.parse(json) as io.ModelArtifacts), weightData: weightData!};
}

const OWN_NAMES = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__'];

describe("names of JavaScript's own", () => {
  const model = artifactsOf({
    inputs: {x: [1, 8, 8, 4]},
    weights: {w: floats([1, 1, 4, 4]), bias: floats([4])},
    nodes: {
      other: ['Relu', ['x', 'x']],
      conv: ['_FusedConv2D', ['other', 'w', 'bias'], {...CONV(), fused_ops: attr.texts('BiasAdd', 'Relu')}],
      y: ['AddV2', ['conv', 'x']],
    },
  });
  const members = Object.getOwnPropertyNames(Object.prototype);
  afterEach(() => {
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(members);
  });

  it.each(OWN_NAMES)('are no ops, nodes or weights: %s', async (name) => {
    for (const from of ['AddV2', 'conv', 'w'])
      await expect(fuseModelArtifacts(renamed(model, from, name))).rejects.toMatchObject({code: 'invalid-model'});
  });

  it.each(OWN_NAMES)('are no dtypes: %s', async (dtype) => {
    const weightSpecs = model.weightSpecs!.map((spec) => ({...spec, dtype})) as io.WeightsManifestEntry[];
    await expect(fuseModelArtifacts({...model, weightSpecs})).rejects.toThrow(/dtype must be one that tfjs can load/);
  });

  it.each(OWN_NAMES)('are no activations: %s', async (name) => {
    const {report} = await fuseModelArtifacts(renamed(model, btoa('Relu'), btoa(name)));
    expect(report.blocks).toEqual([]);
  });

  it.each(OWN_NAMES)('are no layers: %s', async (name) => {
    const config = {name: 'it', units: 4, activation: name, batch_input_shape: [null, 4], use_bias: false};
    for (const className of [name, 'Dense']) {
      const layers = [{class_name: className, config}];
      const modelTopology = {class_name: 'Sequential', config: {name: 'm', layers}};
      const weightSpecs = [{name: 'it/kernel', shape: [4, 4], dtype: 'float32'}] as io.WeightsManifestEntry[];
      const artifacts = {format: 'layers-model', modelTopology, weightSpecs, weightData: new ArrayBuffer(64)};
      const load = loadFusedLayersModel({load: () => Promise.resolve(artifacts)});
      await expect(load).rejects.toMatchObject({code: 'unsupported-model'});
    }
  });
});

function CONV(): Record<string, ReturnType<typeof attr.ints>> {
  return {strides: attr.ints(1, 1, 1, 1), padding: attr.text('SAME')};
}

/** Deeper than the stack of JavaScript would be by a call a node. */
const DEEP = 4000;

function chain(node: (before: string, i: number) => SmallNode, weights = {}): io.ModelArtifacts {
  const nodes = Object.fromEntries(
    Array.from({length: DEEP}, (_, i) => [`n${i}`, node(i === 0 ? 'x' : `n${i - 1}`, i)]),
  );
  return artifactsOf({inputs: {x: [-1, 8, 8, 4]}, weights, nodes});
}

/** Each node reads the one before twice: 2^40 ways through them. */
function doubling(op: string): io.ModelArtifacts {
  const nodes: Record<string, SmallNode> = {s0: ['Shape', ['x']], p: ['Prod', ['s0', 'axis']]};
  const first = op === 'Mul' ? 'p' : 's0';
  for (let i = 1; i <= 40; i++) {
    const before = i === 1 ? first : `s${i - 1}`;
    nodes[`s${i}`] = [op, [before, before]];
  }
  nodes['y'] = ['Reshape', ['x', 's40']];
  return artifactsOf({inputs: {x: [-1, 8, 8, 4]}, weights: {axis: int(0)}, nodes});
}

describe('graphs that are deep, or grow by doubling, are read in time', () => {
  it.each<[string, () => io.ModelArtifacts]>([
    ['a formula', () => chain((before) => ['Sub', [before, 'x']])],
    ['gates', () => chain((before, i) => (i % 2 === 0 ? ['Sigmoid', [before]] : ['Mul', [before, 'x']]))],
    [
      'arithmetic on shapes',
      () => {
        const model = chain((before, i) => (i === 0 ? ['Shape', ['x']] : ['Cast', [before]]));
        const {node} = model.modelTopology as {node: NodeDef[]};
        const reshape: NodeDef = {name: 'y', op: 'Reshape', input: ['x', `n${DEEP - 1}`], attr: {}};
        return {...model, modelTopology: {node: [...node, reshape]}};
      },
    ],
    ['convs', () => chain((before) => ['Conv2D', [before, 'w'], CONV()], {w: floats([1, 1, 4, 4])})],
    ['vectors in vectors', () => doubling('Pack')],
    ['products of sizes', () => doubling('Mul')],
    ['sizes that become longer', () => chain((before) => ['Tile', [before, 'times']], {times: ints(3, 1, 1, 1)})],
  ])('%s', async (_, model) => {
    const {report} = await fuseModelArtifacts(model());
    expect(report.blocks).toEqual([]);
  });
});

describe('LayersModels', () => {
  const load = (config: object): Promise<unknown> =>
    loadFusedLayersModel({
      load: () =>
        Promise.resolve({
          format: 'layers-model',
          modelTopology: {class_name: 'Functional', config},
          weightSpecs: [],
          weightData: new ArrayBuffer(0),
        }),
    });
  const input = {class_name: 'InputLayer', name: 'x', config: {name: 'x', batch_input_shape: [null, 4]}};

  /** A model that calls the model within it twice, and so on down. */
  const nested = (depth: number): object => {
    const inner =
      depth === 0 ? {class_name: 'ReLU', config: {name: 'm'}} : {class_name: 'Functional', config: nested(depth - 1)};
    const first = depth === 0 ? 0 : 1;
    const calls = [[['x', 0, 0, {}]], [['m', first, 0, {}]]];
    const layers = [
      {...input, inbound_nodes: []},
      {...inner, name: 'm', inbound_nodes: calls},
    ];
    return {name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [['m', first + 1, 0]]};
  };

  it('within LayersModels are not written 2^40 times', async () => {
    await expect(load(nested(40))).rejects.toThrow(/must come to 20000 nodes at most/);
  });

  it('that are deep are read', async () => {
    const names = Array.from({length: DEEP}, (_, i) => `r${i}`);
    const chained = names.map((name, i) => ({
      ...{class_name: 'ReLU', name, config: {name}},
      inbound_nodes: [[[i === 0 ? 'x' : names[i - 1], 0, 0, {}]]],
    }));
    const layers = [{...input, inbound_nodes: []}, ...chained];
    const model = {name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [[names.at(-1), 0, 0]]};
    await expect(load(model)).resolves.toHaveProperty('fusionReport');
  });
});

describe('weights that the manifest makes larger than they are', () => {
  it.each([
    ['many bytes', [2 ** 40]],
    ['more than a number holds', [2 ** 50, 2 ** 50, 2 ** 50]],
    ['infinitely many times nothing', [...Array.from({length: 60}, () => 2 ** 50), 0]],
    ['negative', [-4]],
    ['fractional', [4.5]],
    ['none', [NaN]],
  ])('are refused before anything is allocated: %s', async (_, shape) => {
    const {weightSpecs: [spec] = []} = SUM;
    for (const dtype of ['float32', 'string'] as const)
      await expect(fuseModelArtifacts({...SUM, weightSpecs: [{...spec!, shape, dtype}]})).rejects.toMatchObject({
        code: 'invalid-model',
      });
  });
});

describe('a fused node', () => {
  const spec = blockSpec({
    ...{order: 'conv-first', inChannels: 8, hiddenChannels: 16, outChannels: 8, kernelSize: [3, 3], stride: 1},
    ...{padding: 'same', groupWidth: 1, layerNormEpsilon: null, spatialActivation: 'linear', hiddenActivation: 'relu'},
    residual: false,
  });
  const {length} = paramsLayout(spec);
  const load = async (changed: Readonly<Record<string, AttrValue>>): Promise<void> => {
    const attrs = {...encodeBlockAttrs(spec), ...changed};
    const model = artifactsOf({
      inputs: {x: [1, 4, 4, 8]},
      weights: {params: {shape: [length], data: new Float32Array(length)}},
      nodes: {y: ['FusedResidualBlock', ['x', 'params'], attrs]},
    });
    const loaded = await loadFusedGraphModel({load: () => Promise.resolve(model)});
    try {
      tf.tidy(() => void loaded.predict(tf.zeros([1, 4, 4, 8])));
    } finally {
      loaded.dispose();
    }
  };

  it('runs as it was written', async () => {
    await load({});
  });

  it.each([
    ['more channels than the params have', {hidden_channels: attr.int(24)}],
    ['more channels than the image has', {in_channels: attr.int(16)}],
    ['a larger kernel', {kernel_size: attr.ints(9, 9)}],
    ['a kernel without an end', {kernel_size: attr.ints(2 ** 40, 2 ** 40)}],
    ['a fraction of channels', {hidden_channels: {i: '16.5'}}],
    ['no number of channels', {out_channels: {i: 'NaN'}}],
    ['negative channels', {hidden_channels: attr.int(-16)}],
    ['another layout of params', {params_layout: attr.int(2)}],
    ['groups that do not divide', {group_width: attr.int(3)}],
    ['negative pads', {padding: attr.text('explicit'), explicit_pads: attr.ints(-9, 1, 1, 1)}],
    ['missing pads', {padding: attr.text('explicit')}],
    [
      'a gate without weights',
      {se_channels: attr.int(4), se_activation: attr.text('relu'), se_gate: attr.text('sigmoid')},
    ],
    ['an order of another language', {order: attr.text('__proto__')}],
  ])('whose attrs do not fit is refused before a kernel runs: %s', async (_, changed) => {
    await expect(load(changed)).rejects.toMatchObject({name: 'BlockFusionError'});
  });

  it('whose output would be larger than the heap is refused, and nothing stays allocated', async () => {
    const {numTensors} = tf.memory();
    const side = 2 ** 16;
    const pads = {padding: attr.text('explicit'), explicit_pads: attr.ints(side, side, side, side)};
    await expect(load(pads)).rejects.toMatchObject({name: 'BlockFusionError'});
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

const NASTY = '\u001b]52,c,cm0=\u0007\u001b[2J\u009b1m\u202eevil\nerror none';

describe('names on a terminal', () => {
  beforeAll(buildCli);

  it.each([[[]], [['--verbose']], [['--json']]])('have no control characters: inspect %j', async (flags) => {
    const model = artifactsOf({
      inputs: {x: [1, 8, 8, 4]},
      weights: {w: floats([1, 1, 4, 4])},
      nodes: {[NASTY]: ['Conv2D', ['x', 'w'], {...CONV(), strides: attr.ints(1, 3, 3, 1)}], y: ['AddV2', [NASTY, 'x']]},
    });
    const out = mkdtempSync(join(folder, 'nasty-'));
    await writeModelFiles(model, join(out, 'model'));
    const {stdout, stderr, code} = await runCli('inspect', join(out, 'model'), ...flags);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    if (flags.length > 0) expect(stdout).toContain('evil');
    // eslint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|^error/m);
    if (flags[0] === '--json') expect(JSON.stringify(JSON.parse(stdout))).toContain(JSON.stringify(NASTY).slice(1, -1));
  });

  it('have none in errors either', async () => {
    const model = modelWithShard('nasty-error', `../${NASTY}`);
    const {stderr, code} = await runCli('inspect', model);
    expect(code).toBe(1);
    // eslint-disable-next-line no-control-regex
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('do not make errors long', async () => {
    const name = 'x'.repeat(1e6);
    const broken = {...SUM, modelTopology: {node: [{name, op: 3}]}};
    const error: unknown = await fuseModelArtifacts(broken).catch((thrown: unknown) => thrown);
    expect((error as Error).message.length).toBeLessThan(1000);
  });
});

it('names in a chart stay text, in a file that is XML', () => {
  const document = new SvgDocument();
  const text = element(document, 'text', {'aria-label': '" onload="alert(1)'});
  text.textContent = '</text><script>alert(1)</script>\u0000\u001b\ud800\uffff&';
  const svg = svgFile(element(document, 'svg', {}, [text]));
  expect(svg).not.toMatch(/<script| onload="/);
  // eslint-disable-next-line no-control-regex
  expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  expect(svg).toContain('&lt;script&gt;alert(1)&lt;/script&gt;\ufffd\ufffd\ufffd\ufffd&amp;');
});

describe("the server of the CLI's page", () => {
  const ask = (url: string, path: string, headers: Record<string, string> = {}): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const {hostname, port} = new URL(url);
      const sent = request({hostname, port, path, headers}, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });

  it('listens on this machine alone, and answers no other site', async () => {
    const site = await serve({'/model.json': '{}'});
    try {
      expect(new URL(site.url).hostname).toBe('127.0.0.1');
      expect(await ask(site.url, '/model.json')).toBe(200);
      expect(await ask(site.url, '/model.json', {host: 'evil.example'})).toBe(404);
    } finally {
      await site.close();
    }
  });

  it.each(['//', '/../../etc/passwd', '/%2e%2e/etc/passwd', '/__proto__', 'http://['])(
    'has nothing at %s, and goes on',
    async (path) => {
      const site = await serve({'/model.json': '{}'});
      try {
        expect(await ask(site.url, path)).toBe(404);
        expect(await ask(site.url, '/model.json')).toBe(200);
      } finally {
        await site.close();
      }
    },
  );
});
