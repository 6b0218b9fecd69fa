/** The compare page's reading of models: from dropped files and from addresses, and what it says of those that are none. */
import {readdirSync, readFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {io} from '@tensorflow/tfjs-core';
import {modelOfFiles} from '../../web/src/models/files.ts';
import {modelOfUrl} from '../../web/src/models/url.ts';
import type {PickedFile} from '../../web/src/run/protocol.ts';

const FIXTURE = 'test/fixtures/keras-convnext-depthwise';
const NAMES = readdirSync(FIXTURE).filter((name) => name === 'model.json' || name.startsWith('group1-'));
const bytesOf = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(`${FIXTURE}/${name}`));
const picked = (path: string, content: string | Uint8Array<ArrayBuffer>): PickedFile => ({
  path,
  file: new File([content], path.split('/').pop()!),
});
const FILES = NAMES.map((name) => picked(`drop/model/${name}`, bytesOf(name)));
const JSON_TEXT = readFileSync(`${FIXTURE}/model.json`, 'utf8');
const SHARD = NAMES.find((name) => name.endsWith('.bin'))!;
const WEIGHT_BYTES = bytesOf(SHARD).length;

const weightBytes = ({weightData}: io.ModelArtifacts): number =>
  (weightData as ArrayBuffer[]).reduce((sum, {byteLength}) => sum + byteLength, 0);
const ignore = (): void => undefined;

describe('modelOfFiles', () => {
  it('finds the shards by their paths, or by bare names, and tells how far it is', async () => {
    const done: number[] = [];
    expect(weightBytes(await modelOfFiles(FILES, (part) => done.push(part)))).toBe(WEIGHT_BYTES);
    expect(done).toEqual([1]);
    const loose = [picked('model.json', JSON_TEXT), picked(`elsewhere/${SHARD}`, bytesOf(SHARD))];
    expect(weightBytes(await modelOfFiles(loose, ignore))).toBe(WEIGHT_BYTES);
  });

  it('takes the shard beside model.json where another folder has one of the same name', async () => {
    const other = picked(`drop/other/${SHARD}`, new Uint8Array(8));
    expect(weightBytes(await modelOfFiles([other, ...FILES], ignore))).toBe(WEIGHT_BYTES);
  });

  it('takes a model of another name', async () => {
    const renamed = [picked('net.json', JSON_TEXT), picked('labels.json', '["a"]'), picked(SHARD, bytesOf(SHARD))];
    expect(weightBytes(await modelOfFiles(renamed, ignore))).toBe(WEIGHT_BYTES);
  });

  it('reads each file once', async () => {
    const reads = FILES.map(({path, file}) => jest.spyOn(file, path.endsWith('.json') ? 'text' : 'arrayBuffer'));
    await modelOfFiles(FILES, ignore);
    for (const read of reads) expect(read).toHaveBeenCalledTimes(1);
    jest.restoreAllMocks();
  });

  const json = picked('m/model.json', JSON_TEXT);
  it.each<[string, PickedFile[], string | RegExp]>([
    ['nothing', [], /no file in what you gave/],
    ['a missing shard', [json], `A weight file is missing: ${SHARD}. m/model.json lists it`],
    [
      'a shard that is cut off',
      [json, picked(`m/${SHARD}`, new Uint8Array(8))],
      /do not hold what m\/model.json lists/,
    ],
    ['JSON that is cut off', [picked('model.json', JSON_TEXT.slice(0, 999))], /model.json is broken: it is not JSON/],
    ['JSON that is no model', [picked('model.json', '{}')], /is not a TensorFlow.js model: it has no modelTopology/],
    ['another lone JSON', [picked('package.json', '{}')], /package.json is not a TensorFlow.js model/],
    ['two models', [json, picked('n/model.json', JSON_TEXT)], /There are 2 models .*m\/model.json, n\/model.json/],
    ['weights alone', [picked(SHARD, bytesOf(SHARD))], /only weight files/],
    [
      'no model',
      [picked('a/cat.jpg', 'x'), picked('a/dog.jpg', 'x')],
      /no model.json in what you gave \(cat.jpg, dog.jpg\)/,
    ],
    ['a Keras model', [picked('m.h5', 'x')], /Keras model. .*--input_format=keras/],
    ['a SavedModel', [picked('m/saved_model.pb', 'x'), picked('m/a.index', 'x')], /--input_format=tf_saved_model/],
    ['an ONNX model', [picked('m.onnx', 'x')], /onnx2tf/],
    ['a TFLite model', [picked('m.tflite', 'x')], /TensorFlow Lite/],
    ['a packed model', [picked('m.zip', 'x')], /Unpack it/],
  ])('says in plain words what is wrong with %s', async (_, files, message) => {
    await expect(modelOfFiles(files, ignore)).rejects.toMatchObject({about: 'model'});
    await expect(modelOfFiles(files, ignore)).rejects.toThrow(message);
  });

  it('says so where a file cannot be read any more', async () => {
    const gone = picked('model.json', JSON_TEXT);
    jest.spyOn(gone.file, 'text').mockRejectedValue(new Error('NotReadableError'));
    await expect(modelOfFiles([gone], ignore)).rejects.toMatchObject({
      ...{message: expect.stringMatching(/model.json could not be read: it was moved or changed/) as string},
      detail: 'NotReadableError',
    });
  });
});

describe('modelOfUrl', () => {
  let server: Server;
  let base: string;
  const asked: string[] = [];
  beforeAll(async () => {
    // What a worker has: pages of https may not fetch by http.
    Object.assign(globalThis, {location: {protocol: 'http:'}});
    server = createServer((request, response) => {
      const url = request.url!;
      asked.push(url);
      const name = url.replace(/\?.*/, '').split('/').pop()!;
      if (url.startsWith('/page/')) response.setHeader('Content-Type', 'text/html').end('<!doctype html><p>Hello');
      else if (url.startsWith('/secret/')) response.writeHead(403).end();
      else if (url.startsWith('/half/') && name !== 'model.json')
        response.setHeader('Content-Type', 'text/html').end('<p>');
      else if (NAMES.includes(name)) response.end(bytesOf(name));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    base = `http://localhost:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    Reflect.deleteProperty(globalThis, 'location');
    server.close();
  });
  beforeEach(() => asked.splice(0));

  it('fetches model.json and what it lists, each once', async () => {
    expect(weightBytes(await modelOfUrl(` ${base}/m/model.json?key=1 `, ignore))).toBe(WEIGHT_BYTES);
    expect(asked).toEqual(['/m/model.json?key=1', `/m/${SHARD}?key=1`]);
  });

  it('asks a folder as TF Hub is asked', async () => {
    expect(weightBytes(await modelOfUrl(`${base}/hub/1/`, ignore))).toBe(WEIGHT_BYTES);
    expect(asked).toEqual(['/hub/1/model.json?tfjs-format=file', `/hub/1/${SHARD}?tfjs-format=file`]);
  });

  it.each([
    ['no address', 'model.json', /“model.json” is not an address/],
    ['another protocol', 'file:///model.json', /by https or http, not by file:/],
    ['a missing file', 'BASE/gone.json', /There is no such file: .*gone.json/],
    ['a private file', 'BASE/secret/model.json', /does not give the file out/],
    ['a web page', 'BASE/page/model.json', /is a web page, not a model/],
    ['a web page for a shard', 'BASE/half/model.json', /is a web page, not a weight file/],
    ['no server', 'http://localhost:1/model.json', /could not be fetched: .*\(CORS\)/],
    ['another format', 'BASE/model.tflite', /TensorFlow Lite/],
  ])('says in plain words what is wrong with %s', async (_, address, message) => {
    await expect(modelOfUrl(address.replace('BASE', base), ignore)).rejects.toMatchObject({
      ...{about: 'model', message: expect.stringMatching(message) as string},
    });
  });

  it('says so where a page of https is to fetch by http', async () => {
    Object.assign(globalThis, {location: {protocol: 'https:'}});
    await expect(modelOfUrl('http://example.com/model.json', ignore)).rejects.toThrow(
      /browsers do not let it fetch by http/,
    );
    Object.assign(globalThis, {location: {protocol: 'http:'}});
  });
});
