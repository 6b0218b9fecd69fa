/** @jest-environment ./test/helpers/webgpuEnvironment.ts */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {BackendTimingInfo, NamedTensorInfoMap, Rank, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {convNextArtifacts} from '../../models/convNext.ts';
import {mbConvArtifacts} from '../../models/mbConv.ts';
import {kernelCost} from '../../src/analysis/cost/kernelCost.ts';
import {type Trace, traceModel, traceRun} from '../../src/analysis/trace.ts';
import {modelInputs, randomInputs} from '../../src/run/inputs.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {hasTimestamps} from '../../src/run/gpu.ts';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {warmup} from '../../src/load/warmup.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {onSendingBackend, READ_MS, SENDING, type Timer} from '../helpers/sendingBackend.ts';
import {artifactsOf, floats, ints, type SmallGraph} from '../helpers/smallGraphs.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';

const CONVNEXT = convNextArtifacts({imageSize: 16, widths: [8, 16], depths: [1, 1], classes: 10});

/** Traces a model on random input, and lets all go. */
async function traced(load: Promise<GraphModel>, runs = 2): Promise<Trace> {
  const model = await load;
  const inputs = randomInputs(modelInputs(model));
  try {
    if (tf.getBackend() === 'webgpu') await warmup(model, Object.values(inputs)[0]!.shape);
    return await traceModel(model, inputs, {runs});
  } finally {
    tf.dispose(inputs);
    model.dispose();
  }
}

const stock = async (): Promise<GraphModel> =>
  tf.loadGraphModel(tf.io.fromMemory(legalizeArtifacts(CONVNEXT).artifacts));
const fused = async (): Promise<GraphModel> => loadFusedGraphModel(tf.io.fromMemory(CONVNEXT), {blocks: 'all', tf});

const small = async (graph: SmallGraph): Promise<GraphModel> => tf.loadGraphModel(tf.io.fromMemory(artifactsOf(graph)));

/** relu(x·x + w): nodes and kernels one to one. */
const CHAIN: SmallGraph = {
  inputs: {x: [2, 3]},
  weights: {w: floats([3])},
  nodes: {square: ['Mul', ['x', 'x']], sum: ['AddV2', ['square', 'w']], out: ['Relu', ['sum']]},
};

/** Where x > w: how many indices there are depends on the data, so that tfjs awaits it. */
const DYNAMIC: SmallGraph = {
  inputs: {x: [2, 3]},
  weights: {w: floats([3]), one: ints(1)},
  nodes: {greater: ['Greater', ['x', 'w']], where: ['Where', ['greater']], out: ['AddV2', ['where', 'one']]},
};

let tensors = 0;
const remember = (): void => {
  tensors = tf.memory().numTensors;
};
const expectNothingLeft = (): void => {
  expect(tf.memory().numTensors).toBe(tensors);
};

describe.each(['cpu', 'wasm'])('a trace on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));
  beforeEach(remember);
  afterEach(expectNothingLeft);

  it('has every kernel once, in order, by the nodes that they ran for', async () => {
    const {kernels, ...rest} = await traced(small(CHAIN), 3);
    expect(kernels).toEqual([
      {
        ...{name: 'Multiply', node: 'square', inputShapes: {a: [2, 3], b: [2, 3]}, outputShapes: [[2, 3]], attrs: {}},
        ...{repeated: ['b'], renames: false, ms: expect.any(Number) as number, block: null},
      },
      {
        ...{name: 'Add', node: 'sum', inputShapes: {a: [2, 3], b: [3]}, outputShapes: [[2, 3]], attrs: {}},
        ...{repeated: [], renames: false, ms: expect.any(Number) as number, block: null},
      },
      {
        ...{name: 'Relu', node: 'out', inputShapes: {x: [2, 3]}, outputShapes: [[2, 3]], attrs: {}},
        ...{repeated: [], renames: false, ms: expect.any(Number) as number, block: null},
      },
    ]);
    expect(rest).toEqual({backend, clock: 'wall', runs: 3, wallMs: expect.any(Number) as number, failure: null});
  });

  it('has what the kernel was called with, and no wrapper of an op', async () => {
    const trace = await traceRun(() => {
      tf.dispose(
        tf.tidy(() =>
          tf.fused.conv2d({
            ...{x: tf.zeros<Rank.R4>([1, 4, 4, 3]), filter: tf.zeros<Rank.R4>([1, 1, 3, 2]), strides: 2, pad: 'same'},
            ...{bias: tf.zeros([2]), activation: 'relu'},
          }),
        ),
      );
    });
    const call = trace.kernels.find(({name}) => name.toLowerCase().includes('conv'));
    expect(call).toMatchObject({
      ...{name: 'FusedConv2D', node: null, outputShapes: [[1, 2, 2, 2]]},
      ...{inputShapes: {x: [1, 4, 4, 3], filter: [1, 1, 3, 2], bias: [2]}},
      attrs: {strides: 2, pad: 'same', activation: 'relu'},
    });
    expect(trace.kernels.map(({name}) => name).join()).not.toContain('__op');
  });

  it('distinguishes copies from views', async () => {
    const x = tf.ones<Rank.R2>([3, 4]);
    const {kernels} = await traceRun(() => {
      tf.dispose(tf.tidy(() => [tf.slice(x, [1, 0], [2, 4]), tf.slice(x, [0, 1], [3, 2]), tf.reshape(x, [12])]));
    });
    tf.dispose(x);
    // Whole rows are a view on cpu, and a copy on wasm; columns are a copy on both.
    expect(kernels.map(({name, renames}) => [name, renames])).toEqual([
      ['Slice', backend === 'cpu'],
      ['Slice', false],
      ['Reshape', true],
    ]);
  });

  it('says of a stock model which node each kernel ran for, and has a rule for all of them', async () => {
    const {kernels, failure} = await traced(stock());
    expect(failure).toBeNull();
    expect(kernels.filter(({node}) => node === null)).toEqual([]);
    expect(kernels.filter((kernel) => kernelCost(kernel) === null)).toEqual([]);
    expect(kernels.filter(({name}) => name === 'FusedDepthwiseConv2D')).toHaveLength(2);
  });

  it('is of a model whose run waits for data, too', async () => {
    const {kernels, wallMs, failure} = await traced(small(DYNAMIC));
    expect(failure).toBeNull();
    expect(wallMs).toBeGreaterThan(0);
    expect(kernels.map(({name, node}) => [name, node])).toEqual([
      ['Greater', 'greater'],
      // To bool, which it is already.
      ['Cast', 'where'],
      ['Add', 'out'],
    ]);
  });

  it('is plain data', async () => {
    const trace = await traced(fused());
    expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
  });

  it('leaves tfjs as it was', async () => {
    const before = tf.getKernelsForBackend(backend);
    await traced(small(CHAIN));
    const after = new Set(tf.getKernelsForBackend(backend));
    expect(before.every((kernel) => after.has(kernel))).toBe(true);
    expect(after.size).toBe(before.length);
  });
});

describe('a trace of fused blocks on wasm', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it('has each block’s spec, size and plan, with what its tiles read again', async () => {
    const {kernels} = await traced(fused());
    const blocks = kernels.flatMap(({block}) => block ?? []);
    expect(blocks.map(({spec, size}) => [spec.inChannels, size])).toEqual([
      [8, {batch: 1, height: 4, width: 4}],
      [16, {batch: 1, height: 2, width: 2}],
    ]);
    for (const kernel of kernels.filter(({block}) => block !== null)) {
      const {words, bytes, cacheBytes} = kernel.block!.plan;
      expect(words).toContain('pixels and');
      expect(bytes).toBe(kernelCost(kernel)!.bytes);
      // One tile, and the residual read again.
      expect(cacheBytes).toBe(bytes + 4 * kernel.outputShapes[0]!.reduce((product, size) => product * size));
      expect(kernel.node).not.toBeNull();
    }
  });

  it('runs the same arithmetic as the stock model’s', async () => {
    const macs = ({kernels}: Trace): number => kernels.reduce((sum, kernel) => sum + kernelCost(kernel)!.macs, 0);
    expect(macs(await traced(fused()))).toBe(macs(await traced(stock())));
  });

  it('has of MBConv what its plan reads again: the rows between tiles are kept, the columns are not', async () => {
    const stages = [{width: 16, depth: 2, stride: 1 as const, expansion: 6}];
    const artifacts = mbConvArtifacts({imageSize: 48, stages, classes: 4});
    const {kernels} = await traced(loadFusedGraphModel(tf.io.fromMemory(artifacts), {blocks: 'all', tf}));
    const plans = kernels.flatMap(({block}) => block?.plan ?? []);
    expect(plans.length).toBeGreaterThan(0);
    for (const {bytes, cacheBytes} of plans) expect(cacheBytes).toBeGreaterThan(bytes);
  });
});

it('has a kernel that runs another as one', async () => {
  await tf.setBackend('cpu');
  const inner = ({inputs}: {inputs: NamedTensorInfoMap}): TensorInfo => tf.relu(inputs['x'] as Tensor);
  tf.registerKernel({kernelName: 'Outer', backendName: 'cpu', kernelFunc: inner});
  const {kernels} = await traceRun(() => {
    tf.dispose(tf.tidy(() => tf.engine().runKernel<Tensor>('Outer', {x: tf.zeros([2])})));
  });
  tf.unregisterKernel('Outer', 'cpu');
  expect(kernels.map(({name}) => name)).toEqual(['Outer']);
});

describe('a run that fails half-way', () => {
  /** A convolution that does not say its strides. */
  const graph: SmallGraph = {
    inputs: {x: [1, 2, 2, 3]},
    weights: {v: floats([1, 1, 3, 3])},
    nodes: {before: ['Relu', ['x']], broken: ['Conv2D', ['before', 'v'], {}]},
  };

  it('gives what ran before, marked as a part', async () => {
    await tf.setBackend('wasm');
    remember();
    const {kernels, failure, wallMs, runs} = await traced(small(graph));
    expect(kernels.map(({name, node}) => [name, node])).toEqual([['Relu', 'before']]);
    expect(failure).toEqual(expect.any(String));
    expect(failure).not.toBe('');
    expect([wallMs, runs]).toEqual([null, 1]);
    expectNothingLeft();
  });
});

describe('what cannot be traced', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is a backend without kernels that tfjs knows', async () => {
    tf.registerBackend('bare', () => ({dispose: () => undefined}) as never);
    await tf.setBackend('bare');
    await expect(traceRun(() => undefined)).rejects.toMatchObject({
      ...{code: 'unsupported-device', message: expect.stringContaining("got backend 'bare'; call") as string},
    });
    await tf.setBackend('cpu');
    tf.removeBackend('bare');
  });

  it('is a model that is no GraphModel', async () => {
    class LayersModel {
      predict = 1;
    }
    await expect(traceModel(new LayersModel() as never, {})).rejects.toMatchObject({
      ...{code: 'unsupported-model', message: expect.stringContaining('got LayersModel') as string},
    });
  });

  it.each([0, -1, NaN])('is %s runs', async (runs) => {
    await expect(traceRun(() => undefined, {runs})).rejects.toMatchObject({code: 'invalid-option'});
  });
});

describe('an executor that cannot be hooked', () => {
  it('leaves the kernels without', async () => {
    await tf.setBackend('cpu');
    const model = await small(CHAIN);
    Object.assign((model as unknown as {executor: object}).executor, {
      checkTensorForDisposalWithNodeLiveUntilInfo: undefined,
      execute: () => tf.tidy(() => [tf.relu(tf.zeros([2, 3]))]),
    });
    const {kernels} = await traced(Promise.resolve(model));
    expect(kernels.at(-1)).toMatchObject({name: 'Relu', node: null});
  });
});

describe('a trace on a backend that only sends its work', () => {
  const timing = (kernelMs: BackendTimingInfo['kernelMs']): Timer => ({
    time: (run) => {
      run();
      return Promise.resolve({kernelMs});
    },
  });
  const unmade: Timer = {
    time: () => {
      throw new Error("'time' not yet implemented");
    },
  };

  it.each([
    {what: 'whose timer works', timer: timing(7), clock: 'backend', ms: 7},
    {what: 'whose timer gives an error', timer: timing({error: 'no queries'}), clock: 'none', ms: null},
    {what: 'whose timer throws', timer: unmade, clock: 'none', ms: null},
    {what: 'without a timer', timer: {...timing(7), timerAvailable: () => false}, clock: 'none', ms: null},
  ])('$what, has whole runs to the end of their read-back', async ({timer, clock, ms}) => {
    const {wallMs, kernels, ...rest} = await onSendingBackend(() => traced(small(CHAIN), 1), timer);
    expect(wallMs).toBeGreaterThanOrEqual(READ_MS);
    expect(kernels.map((kernel) => [kernel.name, kernel.ms])).toEqual([
      ['Multiply', ms],
      ['Add', ms],
      ['Relu', ms],
    ]);
    expect(rest).toEqual({backend: SENDING, clock, runs: 1, failure: null});
  });

  it('has no time of a whole run of ops, which has no outputs', async () => {
    const relu = (): void => {
      tf.dispose(tf.tidy(() => tf.relu(tf.ones([2]))));
    };
    const {wallMs, kernels} = await onSendingBackend(() => traceRun(relu, {runs: 1}));
    expect(wallMs).toBeNull();
    expect(kernels.at(-1)).toMatchObject({name: 'Relu'});
  });
});

describeWebGPU('a trace on webgpu', () => {
  it('of ops has no time of the whole run, since nothing waits for the GPU', async () => {
    const {wallMs, kernels} = await traceRun(
      () => {
        tf.dispose(tf.tidy(() => tf.relu(tf.ones([64, 64]))));
      },
      {runs: 1},
    );
    expect(wallMs).toBeNull();
    expect(kernels.at(-1)).toMatchObject({name: 'Relu', inputShapes: {x: [64, 64]}});
  });

  it('has the kernels and the blocks, and the GPU’s times where it has timestamps', async () => {
    const trace = await traced(fused(), 1);
    const timed = hasTimestamps();
    expect(trace).toMatchObject({backend: 'webgpu', clock: timed ? 'gpu' : 'none', failure: null});
    expect(trace.kernels.every(({ms}) => (timed ? ms !== null : ms === null))).toBe(true);
    expect(trace.wallMs).toBeGreaterThan(0);
    const blocks = trace.kernels.flatMap(({block}) => block ?? []);
    expect(blocks).toHaveLength(2);
    for (const {plan} of blocks) {
      expect(plan.dispatches).toBeGreaterThan(0);
      expect(plan.cacheBytes).toBeGreaterThan(0);
    }
  });
});
