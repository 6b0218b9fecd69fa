/** Float16 at load: who may ask for it, and what becomes of the model. No device here has shader-f16: one is pretended. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

import * as converter from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import {type FusedGraphModel, loadFusedGraphModel, type LoadOptions} from '../../src/load/load.ts';
import {requirePrecision} from '../../src/load/precisionSupport.ts';
import {expectClose, worstDifference} from '../helpers/closeness.ts';
import {fixtureFolder, readFixture} from '../helpers/fixtures.ts';

const FIXTURE = 'keras-convnext';

beforeAll(() => tf.setBackend('wasm'));

jest.mock('@tensorflow/tfjs-core', () => {
  const real = jest.requireActual<typeof tf>('@tensorflow/tfjs-core');
  return {...real, getBackend: jest.fn(real.getBackend), backend: jest.fn(real.backend)};
});

/** Does something while tfjs says that its current backend is webgpu, on a device of these features. */
async function onDeviceWith<T>(features: readonly string[], work: () => T): Promise<Awaited<T>> {
  const backend = {device: {features: new Set(features)}} as unknown as tf.KernelBackend;
  jest.mocked(tf.getBackend).mockReturnValue('webgpu');
  jest.mocked(tf.backend).mockReturnValue(backend);
  try {
    return await work();
  } finally {
    const {getBackend, backend: current} = jest.requireActual<typeof tf>('@tensorflow/tfjs-core');
    jest.mocked(tf.getBackend).mockImplementation(getBackend);
    jest.mocked(tf.backend).mockImplementation(current);
  }
}

describe('requirePrecision', () => {
  const asked = (precision: string) => () => {
    requirePrecision(precision as 'float16', 'here');
  };

  it('takes float32 anywhere, and float16 on a device that has it', async () => {
    expect(asked('float32')).not.toThrow();
    await onDeviceWith([], asked('float32'));
    await onDeviceWith(['timestamp-query', 'shader-f16'], asked('float16'));
  });

  it('says what float16 lacks', async () => {
    expect(asked('float16')).toThrow(
      "here: precision 'float16' needs backend 'webgpu' on a device with shader-f16, got backend 'wasm'; call create",
    );
    await expect(onDeviceWith(['subgroups'], asked('float16'))).rejects.toThrow(
      'with shader-f16, got a device without it; call createFusedWebGPUBackend',
    );
  });

  it('knows no third one', () => {
    expect(asked('half')).toThrow("precision must be 'float32' or 'float16', got half");
  });
});

describe('a model loaded in float16', () => {
  const load = (source: string | io.IOHandler, options?: LoadOptions): Promise<FusedGraphModel> =>
    loadFusedGraphModel(source, {blocks: 'all', ...options});

  const loadHalf = (): Promise<FusedGraphModel> =>
    onDeviceWith(['shader-f16'], () => load(fixtureFolder(FIXTURE), {precision: 'float16'}));

  /** The params of each block. */
  const paramsOf = ({fusionReport, weights}: FusedGraphModel): Tensor[] =>
    fusionReport.blocks.map(({name}) => {
      const [key] = Object.keys(weights).filter((weight) => weight.startsWith(`${name}/params`));
      return weights[key!]![0]!;
    });

  async function saved(model: FusedGraphModel): Promise<io.IOHandler> {
    let kept: io.ModelArtifacts | undefined;
    const keep = tf.io.withSaveHandler((artifacts) => {
      kept = artifacts;
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON' as const}});
    });
    await model.save(keep);
    return tf.io.fromMemory(kept!);
  }

  it('has its blocks’ params as float16 pairs, half of the bytes, which tfjs owns', async () => {
    const before = tf.memory();
    const plain = await load(fixtureFolder(FIXTURE));
    const half = await loadHalf();
    const dtypes = (model: FusedGraphModel): Set<string> => new Set(paramsOf(model).map(({dtype}) => dtype));
    expect([dtypes(plain), dtypes(half)]).toEqual([new Set(['float32']), new Set(['int32'])]);
    expect(paramsOf(half).map(({size}) => 2 * size)).toEqual(paramsOf(plain).map(({size}) => size));
    expect(half.fusionReport.inFloat32).toEqual([]);
    expect(plain.fusionReport.inFloat32).toBeUndefined();
    plain.dispose();
    half.dispose();
    expect(tf.memory()).toMatchObject({numTensors: before.numTensors, numBytes: before.numBytes});
  });

  it('loads again, where it was saved, on a backend that reads float32 alone', async () => {
    const {input, golden} = await readFixture(FIXTURE);
    const half = await loadHalf();
    const again = await load(await saved(half));
    const x = tf.tensor(input.data, input.shape);
    const y = again.predict(x) as Tensor;
    // Rounding each weight by up to 2⁻¹¹ of it must show, and must be small.
    const {worst} = worstDifference(await y.data(), golden.data);
    expect(worst).toBeGreaterThan(1e-5);
    expectClose(await y.data(), golden.data, 2e-3);
    tf.dispose([x, y]);
    half.dispose();
    again.dispose();
  });

  it('is refused at its first run there when tfjs loads it by itself', async () => {
    const half = await loadHalf();
    const stock = await converter.loadGraphModel(await saved(half));
    const {input} = await readFixture(FIXTURE);
    const x = tf.tensor(input.data, input.shape);
    expect(() => stock.predict(x)).toThrow(
      "FusedResidualBlock on wasm: params must be float32: only backend 'webgpu' reads float16 pairs, got int32; load",
    );
    x.dispose();
    half.dispose();
    stock.dispose();
  });
});
