/** A LayersModel on the command line: each command takes it as the GraphModel that it is converted to, and says so. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {writeModelFiles} from '../../src/load/modelFiles.ts';
import {expectClose} from '../helpers/closeness.ts';
import {predicted, randomInputs, randomise, saved} from '../helpers/layersModels.ts';
import {mobileNetV2} from '../helpers/layersNetworks.ts';
import {buildCli, runCli as run} from '../helpers/runCli.ts';

/** The blocks with an expand layer. */
const BLOCKS = 16;
const QUICK = ['--runs', '2'];

let folder: string;
let model: string;
beforeAll(async () => {
  buildCli();
  folder = mkdtempSync(join(tmpdir(), 'block-fusion-layers-'));
  model = join(folder, 'mobilenet');
  await tf.setBackend('cpu');
  await writeModelFiles(await saved(randomise(mobileNetV2({size: 32, alpha: 0.35}))), model);
});
afterAll(() => {
  rmSync(folder, {recursive: true});
});

const jsonOf = ({stdout}: {stdout: string}): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

test('inspect says what it is, and counts its blocks', async () => {
  const {code, stdout} = await run('inspect', model);
  expect(stdout).toMatch(/^mobilenet: \d+ blocks to fuse/);
  expect(stdout.replace(/\s+/g, ' ')).toContain('A LayersModel: ');
  expect(code).toBe(0);
  const json = jsonOf(await run('inspect', model, '--json'));
  expect(json).toMatchObject({layersModel: true, inputs: [{name: 'input_1', shape: [-1, 32, 32, 3]}]});
  expect((json['blocks'] as {rule: string}[]).filter(({rule}) => rule === 'expand-first')).toHaveLength(BLOCKS);
});

test('inspect takes it from a URL', async () => {
  const server = createServer((request, response) => {
    response.end(readFileSync(join(model, request.url!.slice(1))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const {port} = server.address() as AddressInfo;
    const outcome = await run('inspect', `http://127.0.0.1:${port}/model.json`, '--json');
    expect(jsonOf(outcome)).toMatchObject({layersModel: true});
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('fuse writes a GraphModel that computes what the LayersModel does', async () => {
  const out = join(folder, 'fused');
  const {code, stdout} = await run('fuse', model, out);
  expect(stdout).toMatch(/, a GraphModel made of a LayersModel\n$/);
  expect(code).toBe(0);
  const original = randomise(mobileNetV2({size: 32, alpha: 0.35}));
  const inputs = randomInputs(original);
  const [expected] = predicted(original, inputs);
  const fused = await loadFusedGraphModel(out);
  const [got] = predicted(fused as never, inputs);
  tf.dispose(inputs);
  fused.dispose();
  expect(got!.shape).toEqual(expected!.shape);
  expectClose(got!.data, expected!.data, 1e-5 * Math.max(...Array.from(expected!.data, Math.abs)));
  expect(jsonOf(await run('inspect', out, '--json'))).toMatchObject({layersModel: false});
});

test('compare has the same graph without fused blocks as its stock side, and says so', async () => {
  const {code, stdout} = await run('compare', model, ...QUICK);
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'a LayersModel: the stock side is the GraphModel that it is converted to here, with no block fused',
  );
  expect(code).toBe(0);
  const json = jsonOf(await run('compare', model, ...QUICK, '--blocks', 'all', '--json'));
  expect(json).toMatchObject({layersModel: true, passed: true, blocksBefore: 0, stockForm: 'original'});
  expect(json['blocksFused']).toBeGreaterThanOrEqual(BLOCKS);
});

test('waterline says so, too', async () => {
  const {code, stdout} = await run('waterline', model, '--runs', '1', '--peak', '60', '--bandwidth', '20');
  expect(stdout).toContain('a LayersModel: the stock side');
  expect(code).toBe(0);
});
