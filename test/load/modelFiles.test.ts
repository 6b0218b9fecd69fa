import * as fs from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

import {modelFileHandler, readModelFiles, writeModelFiles} from '../../src/load/modelFiles.ts';

const FIXTURE = join(__dirname, '../fixtures/keras-convfirst');
const MEGABYTE = 2 ** 20;

let folder = '';
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'model-files-'));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await fs.rm(folder, {recursive: true});
});

const json = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse(await fs.readFile(path, 'utf8')) as Record<string, unknown>;

describe('readModelFiles', () => {
  test.each([
    ['the path of a model.json', join(FIXTURE, 'model.json')],
    ['its folder', FIXTURE],
    ['a file: URL', pathToFileURL(join(FIXTURE, 'model.json')).href],
  ])('takes %s', async (_, path) => {
    const {weightData, weightSpecs, signature, format} = (await modelFileHandler(path).load?.()) ?? {};
    expect(format).toBe('graph-model');
    expect(signature).toEqual((await json(join(FIXTURE, 'model.json')))['signature']);
    expect(weightSpecs).toHaveLength(47);
    expect((weightData as ArrayBuffer[]).map((b) => b.byteLength)).toEqual([640496]);
  });

  test('reports progress up to 1', async () => {
    const seen: number[] = [];
    await readModelFiles(FIXTURE, {onProgress: (fraction) => seen.push(fraction)});
    expect(seen).toEqual([1]);
  });
});

describe('writeModelFiles', () => {
  test('writes what readModelFiles reads, every field of model.json kept', async () => {
    const read = await readModelFiles(FIXTURE);
    const artifacts = {...read, userDefinedMetadata: {signature: {}, own: {a: 1}}, modelInitializer: {node: []}};
    const out = join(folder, 'deep/er');
    const bytes = await writeModelFiles(artifacts, out);
    expect(await readModelFiles(out)).toEqual(artifacts);
    const files = (await fs.readdir(out)).sort();
    expect(files).toEqual(['group1-shard1of1.bin', 'model.json']);
    const sizes = await Promise.all(files.map(async (file) => (await fs.stat(join(out, file))).size));
    expect(bytes).toBe(sizes[0]! + sizes[1]!);
    expect(Object.keys(await json(join(out, 'model.json')))).toEqual(
      expect.arrayContaining(['format', 'generatedBy', 'convertedBy', 'signature', 'modelTopology', 'weightsManifest']),
    );
  });

  test('cuts shards of 4 MiB across buffer borders, in order', async () => {
    const weightData = [5, 3, 1.5].map((size, fill) => new Uint8Array(size * MEGABYTE).fill(fill).buffer);
    const weightSpecs = [{name: 'w', dtype: 'bool' as const, shape: [9.5 * MEGABYTE]}];
    const out = join(folder, 'out');
    await writeModelFiles({modelTopology: {node: []}, weightSpecs, weightData}, out);
    const {weightData: shards} = await readModelFiles(out);
    expect((shards as ArrayBuffer[]).map((b) => b.byteLength / MEGABYTE)).toEqual([4, 4, 1.5]);
    const second = new Uint8Array((shards as ArrayBuffer[])[1]!);
    expect([second[MEGABYTE - 1], second[MEGABYTE], second.at(-1)]).toEqual([0, 1, 1]);
    expect((await fs.readdir(out)).sort()).toEqual([
      'group1-shard1of3.bin',
      'group1-shard2of3.bin',
      'group1-shard3of3.bin',
      'model.json',
    ]);
  });

  test('drains a weight stream', async () => {
    const {weightData, ...rest} = await readModelFiles(FIXTURE);
    const getWeightStream = (): ReadableStream<ArrayBuffer> =>
      new ReadableStream({
        start(controller) {
          for (const buffer of weightData as ArrayBuffer[]) controller.enqueue(buffer);
          controller.close();
        },
      });
    await writeModelFiles({...rest, getWeightStream}, join(folder, 'out'));
    expect(await readModelFiles(join(folder, 'out'))).toEqual({...rest, weightData});
  });

  test.each(['/proc/x', `${__filename}/x`])('says so where no folder can be made: %s', async (path) => {
    const written = writeModelFiles(await readModelFiles(FIXTURE), path);
    await expect(written).rejects.toThrow(`${path}: must be a folder`);
  });

  test('with force replaces a model, stale shards too', async () => {
    const out = join(folder, 'out');
    const artifacts = await readModelFiles(FIXTURE);
    await writeModelFiles(artifacts, out);
    await fs.writeFile(join(out, 'group1-shard9of9.bin'), 'stale');
    await writeModelFiles(artifacts, out, {force: true});
    expect((await fs.readdir(out)).sort()).toEqual(['group1-shard1of1.bin', 'model.json']);
    expect(await fs.readdir(folder)).toEqual(['out']);
  });

  test('with force leaves a folder alone that holds anything else', async () => {
    await fs.writeFile(join(folder, 'thesis.tex'), 'words');
    const artifacts = await readModelFiles(FIXTURE);
    await expect(writeModelFiles(artifacts, folder, {force: true})).rejects.toMatchObject({code: 'output'});
    expect(await fs.readdir(folder)).toEqual(['thesis.tex']);
  });
});
