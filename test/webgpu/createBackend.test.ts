/** What createFusedWebGPUBackend asks of a browser, and what it refuses: with browsers, adapters and devices that are pretended. */
import '@tensorflow/tfjs-backend-cpu';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';

import type {BlockFusionError} from '../../ops/errors.ts';
import {createFusedWebGPUBackend, type FusedWebGPU, type FusedWebGPUOptions} from '../../src/webgpu/createBackend.ts';
import {type Gpu, type GpuAdapter, type GpuLimits, RAISED_LIMITS} from '../../src/webgpu/gpu.ts';

type Descriptor = Parameters<GpuAdapter['requestDevice']>[0];

/** A limit that no two have alike. */
const LIMITS = Object.fromEntries(RAISED_LIMITS.map((name, i) => [name, 1000 + i])) as Record<keyof GpuLimits, number>;

/** A browser whose adapter has these features, or none, and what it was asked for. */
function browserWith(features: string[] | null) {
  const asked = {adapters: [] as unknown[], devices: [] as Descriptor[], destroyed: 0};
  const adapter: GpuAdapter = {
    features: new Set(features),
    limits: LIMITS,
    info: {vendor: 'acme', architecture: 'one'},
    requestDevice: (descriptor) => {
      asked.devices.push(descriptor);
      return Promise.resolve({
        features: new Set(descriptor!.requiredFeatures),
        limits: LIMITS,
        destroy: () => {
          asked.destroyed++;
        },
      });
    },
  };
  const gpu: Gpu = {
    requestAdapter: (options) => {
      asked.adapters.push(options);
      return Promise.resolve(features === null ? null : adapter);
    },
  };
  return {gpu, asked};
}

/** Stands for tfjs's class: a backend that holds tensors, and nothing else. */
class PretendedBackend extends tf.KernelBackend {
  live = 0;
  isDisposed = false;

  constructor(
    readonly device: unknown,
    readonly info: unknown,
  ) {
    super();
  }
  override numDataIds(): number {
    return this.live;
  }
  override dispose(): void {
    this.isDisposed = true;
  }
  override readSync(): never {
    throw new Error('not one of the retired');
  }
}

function create(gpu: Gpu | undefined, options: FusedWebGPUOptions = {}): Promise<FusedWebGPU> {
  return createFusedWebGPUBackend({
    WebGPUBackend: PretendedBackend as unknown as typeof WebGPUBackend,
    ...(gpu === undefined ? {} : {gpu}),
    ...options,
  });
}

const present = (): PretendedBackend | undefined => tf.engine().registry['webgpu'] as PretendedBackend | undefined;

beforeEach(() => tf.setBackend('cpu'));
afterEach(async () => {
  await tf.setBackend('cpu');
  if ((tf.findBackendFactory('webgpu') as unknown) !== null) tf.removeBackend('webgpu');
});

describe('createFusedWebGPUBackend', () => {
  it('makes a backend on a new device, registers it and makes it the current one', async () => {
    const {gpu, asked} = browserWith([]);
    const {backend, adapter, features, limits} = await create(gpu);
    expect(tf.getBackend()).toBe('webgpu');
    expect(tf.backend()).toBe(backend);
    expect(present()!.info).toEqual({vendor: 'acme', architecture: 'one'});
    expect({adapter, features, limits}).toEqual({
      adapter: {name: 'acme one', software: false},
      features: [],
      limits: LIMITS,
    });
    expect(asked).toEqual({
      adapters: [{powerPreference: 'high-performance'}],
      devices: [{requiredFeatures: [], requiredLimits: LIMITS}],
      destroyed: 0,
    });
  });

  it('asks for another GPU on request', async () => {
    const {gpu, asked} = browserWith([]);
    await create(gpu, {powerPreference: 'low-power'});
    expect(asked.adapters).toEqual([{powerPreference: 'low-power'}]);
  });

  it.each([
    ['float32', ['shader-f16', 'timestamp-query', 'depth-clip-control'], ['timestamp-query']],
    ['float32', ['bgra8unorm-storage'], ['bgra8unorm-storage']],
    ['float16', ['shader-f16'], ['shader-f16']],
    ['float16', ['shader-f16', 'timestamp-query', 'subgroups'], ['timestamp-query', 'shader-f16']],
  ] as const)('in %s, of the features %j, asks for %j', async (precision, has, wanted) => {
    const {gpu, asked} = browserWith([...has]);
    const {features} = await create(gpu, {precision});
    expect(asked.devices.map((descriptor) => descriptor!.requiredFeatures)).toEqual([wanted]);
    expect(features).toEqual(wanted);
  });

  it('makes another one, in place of the first', async () => {
    const {gpu} = browserWith(['shader-f16']);
    await create(gpu);
    const first = present()!;
    const {backend} = await create(gpu, {precision: 'float16'});
    expect(backend).not.toBe(first);
    expect(tf.backend()).toBe(backend);
    expect(first.isDisposed).toBe(true);
    expect(() => first.readSync()).toThrow(
      'got one whose backend createFusedWebGPUBackend has replaced; make it again',
    );
    await expect(first.read({})).rejects.toMatchObject({code: 'device-lost'});
  });

  it('goes on with live tensors only when they are given up, and leaves all as it was otherwise', async () => {
    const {gpu, asked} = browserWith([]);
    await create(gpu);
    const first = present()!;
    first.live = 3;
    await expect(create(gpu)).rejects.toThrow(
      'createFusedWebGPUBackend: no tensor may live on the webgpu backend that is replaced, got 3 that do; call it before',
    );
    expect(asked.destroyed).toBe(1);
    expect(tf.backend()).toBe(first);
    expect(first.isDisposed).toBe(false);
    expect(() => first.readSync()).toThrow('not one of the retired');
    const {backend} = await create(gpu, {disposeLiveTensors: true});
    expect(tf.backend()).toBe(backend);
    expect(first.isDisposed).toBe(true);
  });

  it('takes the place of a backend that is registered and was never used', async () => {
    const factory = jest.fn(() => new PretendedBackend(null, null));
    tf.registerBackend('webgpu', factory, 3);
    const {backend} = await create(browserWith([]).gpu);
    expect(tf.backend()).toBe(backend);
    expect(factory).not.toHaveBeenCalled();
  });
});

describe('createFusedWebGPUBackend refuses', () => {
  const refused: [string, () => Gpu | undefined, FusedWebGPUOptions, BlockFusionError['code'], string][] = [
    [
      'a page without WebGPU',
      () => undefined,
      {},
      'unsupported-device',
      'there must be WebGPU (navigator.gpu), got none',
    ],
    ['a page without an adapter', () => browserWith(null).gpu, {}, 'unsupported-device', 'WebGPU adapter, got none'],
    [
      'float16 on an adapter without it',
      () => browserWith(['timestamp-query']).gpu,
      {precision: 'float16'},
      'unsupported-device',
      "precision 'float16' needs an adapter with shader-f16, got acme one without it; leave precision out",
    ],
    [
      'a precision that is none',
      () => browserWith(['shader-f16']).gpu,
      {precision: 'bfloat16' as 'float16'},
      'invalid-option',
      "precision must be 'float32' or 'float16', got bfloat16",
    ],
  ];

  it.each(refused)('%s, and leaves the present backend alone', async (_, browser, options, code, message) => {
    await create(browserWith([]).gpu);
    const before = present()!;
    const attempt = create(browser(), options);
    await expect(attempt).rejects.toMatchObject({code});
    await expect(attempt).rejects.toThrow(message);
    expect(tf.backend()).toBe(before);
    expect(before.isDisposed).toBe(false);
  });
});
