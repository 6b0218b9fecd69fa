import '@tensorflow/tfjs-backend-cpu';
import {io} from '@tensorflow/tfjs-core';

import {encodeFloat16} from '../../ops/float16.ts';
import {createWeights, readWeightData} from '../../src/graph/weights.ts';
import {randomFloats} from '../helpers/random.ts';

const SPECS: io.WeightsManifestEntry[] = [
  {name: 'f32', shape: [2, 3], dtype: 'float32'},
  {name: 'bool', shape: [3], dtype: 'bool'},
  {name: 'half', shape: [5], dtype: 'float32', quantization: {dtype: 'float16'}},
  {name: 'byte', shape: [4], dtype: 'float32', quantization: {dtype: 'uint8', scale: 0.1, min: -1}},
  {name: 'short', shape: [2], dtype: 'int32', quantization: {dtype: 'uint16', scale: 0.7, min: -3}},
  {name: 'int', shape: [], dtype: 'int32'},
];
const BYTES = 24 + 3 + 10 + 4 + 4 + 4;

/** Any bytes but a float32 NaN, whose bits tfjs need not keep. */
function data(): ArrayBuffer {
  const bytes = new Uint8Array(BYTES).map((_, i) => (i * 37) % 120);
  return bytes.buffer;
}

const decoded = (weights: ReturnType<typeof createWeights>): number[][] =>
  SPECS.map(({name}) => Array.from(weights.constant(name)!.data));

describe('createWeights', () => {
  it('decodes as tfjs does', () => {
    const theirs = io.decodeWeights(data(), SPECS);
    const expected = SPECS.map(({name}) => Array.from(theirs[name]!.dataSync()));
    expect(decoded(createWeights({weightSpecs: SPECS, weightData: data()}))).toEqual(expected);
  });

  it.each([1, 7, 24, 1000])('reads across buffers of %d bytes', (size) => {
    const whole = data();
    const parts = Array.from({length: Math.ceil(BYTES / size)}, (_, i) => whole.slice(i * size, (i + 1) * size));
    const expected = decoded(createWeights({weightSpecs: SPECS, weightData: whole}));
    expect(decoded(createWeights({weightSpecs: SPECS, weightData: parts}))).toEqual(expected);
  });

  it('finds what follows a weight of strings', () => {
    const specs: io.WeightsManifestEntry[] = [
      {name: 's', shape: [2], dtype: 'string'},
      {name: 'f', shape: [], dtype: 'float32'},
    ];
    const bytes = new Uint8Array([2, 0, 0, 0, 65, 66, 0, 0, 0, 0, ...new Uint8Array(Float32Array.of(5).buffer)]);
    const weights = createWeights({weightSpecs: specs, weightData: bytes.buffer});
    expect(weights.constant('f')!.data[0]).toBe(5);
    expect(weights.constant('s')).toBeNull();
  });

  it.each([
    ['an unknown dtype', {name: 'a', shape: [1], dtype: 'float8'}],
    ['a shape that is none', {name: 'a', shape: [-1], dtype: 'float32'}],
    ['a quantization without scale', {name: 'a', shape: [4], dtype: 'float32', quantization: {dtype: 'uint8'}}],
    ['float16 of integers', {name: 'a', shape: [2], dtype: 'int32', quantization: {dtype: 'float16'}}],
  ])('refuses %s', (_, spec) => {
    const weightSpecs = [spec as io.WeightsManifestEntry];
    expect(() => createWeights({weightSpecs, weightData: new ArrayBuffer(4)})).toThrow(/weights manifest: a/);
  });
});

describe('readWeightData', () => {
  it('drains a stream', async () => {
    const stream = (): ReadableStream<ArrayBuffer> =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(data().slice(0, 10));
          controller.enqueue(data().slice(10));
          controller.close();
        },
      });
    const read = await readWeightData({weightSpecs: SPECS, getWeightStream: stream});
    expect(read.getWeightStream).toBeUndefined();
    expect(decoded(createWeights(read))).toEqual(decoded(createWeights({weightSpecs: SPECS, weightData: data()})));
  });

  it('leaves artifacts with data as they are', async () => {
    const artifacts = {weightSpecs: SPECS, weightData: data()};
    expect(await readWeightData(artifacts)).toBe(artifacts);
  });
});

describe('float16', () => {
  const roundTrip = (values: Float32Array): Float32Array => {
    const spec: io.WeightsManifestEntry = {
      ...{name: 'h', shape: [values.length], dtype: 'float32'},
      quantization: {dtype: 'float16'},
    };
    const weightData = encodeFloat16(values).buffer as ArrayBuffer;
    return createWeights({weightSpecs: [spec], weightData}).constant('h')!.data as Float32Array;
  };

  it('comes back for every float16', () => {
    const all = Float32Array.from(
      {length: 2048 * 30},
      (_, i) => (1 + (i % 1024) / 1024) * 2 ** ((i >> 11) - 14) * (i & 1024 ? -1 : 1),
    );
    expect(roundTrip(all)).toEqual(all);
    const small = Float32Array.from({length: 1024}, (_, i) => i * 2 ** -24);
    expect(roundTrip(small)).toEqual(small);
  });

  it.each([
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
    [65519, 65504],
    [65520, Infinity],
    [2 ** -25, 0],
    [1.5 * 2 ** -25, 2 ** -24],
    [2 ** -14 - 2 ** -26, 2 ** -14],
    [-Infinity, -Infinity],
    [NaN, NaN],
  ])('rounds %d to %d', (value, expected) => {
    expect(roundTrip(Float32Array.of(value))[0]).toBe(expected);
  });

  it('is never further off than half a step', () => {
    const values = randomFloats(2000, {seed: 3, scale: 8});
    roundTrip(values).forEach((rounded, i) => {
      expect(Math.abs(rounded - values[i]!)).toBeLessThanOrEqual(Math.abs(values[i]!) * 2 ** -11);
    });
  });
});
