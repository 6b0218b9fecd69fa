import '@tensorflow/tfjs-backend-cpu';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import {blockByNode} from '../../src/run/blockNodes.ts';
import {blockTimes} from '../../src/compare/blockTimes.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {artifactsOf, type SmallGraph} from '../helpers/smallGraphs.ts';

/** relu(x)² and what is no block's: each node is one kernel. */
const STOCK: SmallGraph = {
  inputs: {x: [2, 3]},
  nodes: {
    relu: ['Relu', ['x']],
    'block/before': ['Neg', ['relu']],
    block: ['Mul', ['relu', 'block/before']],
    out: ['Neg', ['block']],
  },
};
const FUSED: SmallGraph = {inputs: {x: [2, 3]}, nodes: {block: ['Square', ['x']], out: ['Neg', ['block']]}};
const BLOCK = {name: 'block', replaced: ['relu', 'block']};

/** A clock by which each kernel takes as long as its name says. */
const MS: Readonly<Record<string, number>> = {Relu: 1, Neg: 10, Multiply: 100, Square: 7};

describe('blockByNode', () => {
  const blockOf = blockByNode([BLOCK]);

  it.each([
    ['relu', 'block'],
    ['block', 'block'],
    ['block/legal', 'block'],
    ['out', undefined],
    ['blockade', undefined],
  ])('%s is of %s', (node, name) => {
    expect(blockOf(node)).toBe(name);
  });
});

describe('blockTimes', () => {
  let stock: GraphModel;
  let fused: GraphModel;
  let inputs: NamedTensorMap;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    stock = await tf.loadGraphModel(tf.io.fromMemory(artifactsOf(STOCK)));
    fused = await tf.loadGraphModel(tf.io.fromMemory(artifactsOf(FUSED)));
    inputs = {x: tf.ones([2, 3])};
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** The backend tells for a kernel what MS says of it. */
  function clockByNames(ms: Readonly<Record<string, number>>): void {
    const ran: string[] = [];
    for (const name of Object.keys(ms)) {
      const kernel = tf.getKernel(name, 'cpu');
      const {kernelFunc} = kernel;
      jest.spyOn(kernel, 'kernelFunc').mockImplementation((params) => {
        ran.push(name);
        return kernelFunc(params);
      });
    }
    jest.spyOn(tf.backend(), 'time').mockImplementation((run) => {
      run();
      return Promise.resolve({kernelMs: ms[ran.at(-1)!]!});
    });
  }

  it('sums the kernels of the nodes that a block replaces, and of those that legalizing put before them', async () => {
    clockByNames(MS);
    expect(await blockTimes({stock, fused, inputs, blocks: [BLOCK]})).toEqual({stock: 1 + 10 + 100, fused: 7});
  });

  it('tells nothing where there is no block, none of its nodes runs, or the clock tells nothing of a kernel', async () => {
    expect(await blockTimes({stock, fused, inputs, blocks: []})).toEqual({stock: null, fused: null});
    const elsewhere = [{name: 'elsewhere', replaced: []}];
    expect(await blockTimes({stock, fused, inputs, blocks: elsewhere})).toEqual({stock: null, fused: null});
    clockByNames({...MS, Relu: NaN});
    expect(await blockTimes({stock, fused, inputs, blocks: [BLOCK]})).toEqual({stock: null, fused: 7});
  });

  it('leaves no tensor behind', async () => {
    const {numTensors} = tf.memory();
    await blockTimes({stock, fused, inputs, blocks: [BLOCK]});
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
