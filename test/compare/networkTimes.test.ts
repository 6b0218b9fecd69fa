import '@tensorflow/tfjs-backend-cpu';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import {fusedBlockTimes, networkTimes, type NetworkTimes} from '../../src/compare/networkTimes.ts';
import type {FusedBlock, LeftBlock} from '../../src/rewrite/report.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {blockByNode} from '../../src/run/blockNodes.ts';
import {blockSpec, describeBlock} from '../../ops/block.ts';
import {CONV_FIRST} from '../helpers/blockCases.ts';
import {artifactsOf, type SmallGraph} from '../helpers/smallGraphs.ts';

/**
 * The stock side: a node before, relu(x)² (the block that the other side has fused), a square and its negative that were left alone,
 * and two nodes after. Each node is one kernel.
 */
const STOCK: SmallGraph = {
  inputs: {x: [2, 3]},
  nodes: {
    before: ['Abs', ['x']],
    relu: ['Relu', ['before']],
    'block/legal': ['Neg', ['relu']],
    block: ['Mul', ['relu', 'block/legal']],
    square: ['Square', ['block']],
    alone: ['Neg', ['square']],
    after: ['Abs', ['alone']],
    end: ['Neg', ['after']],
  },
};
/** Where one kernel is all that is left of the block. */
const FUSED: SmallGraph = {
  inputs: {x: [2, 3]},
  nodes: {
    before: ['Abs', ['x']],
    block: ['Exp', ['before']],
    square: ['Square', ['block']],
    alone: ['Neg', ['square']],
    after: ['Abs', ['alone']],
    end: ['Neg', ['after']],
  },
};
const SPEC = blockSpec({...CONV_FIRST, layerNormEpsilon: 1e-6});
const BLOCK: FusedBlock = {name: 'block', rule: 'conv-first', spec: SPEC, plan: 'a plan', replaced: ['relu', 'block']};
const LEFT: LeftBlock = {name: 'alone', reason: 'excluded', spec: SPEC, nodes: ['square', 'alone']};
const REPORT = {blocks: [BLOCK], left: [LEFT]};

/** A clock by which each kernel takes as long as its name says. */
const MS: Readonly<Record<string, number>> = {Relu: 1, Neg: 10, Multiply: 100, Square: 7, Abs: 1000, Exp: 3};

describe('blockByNode', () => {
  const blockOf = blockByNode([BLOCK]);

  it.each([
    ['relu', 'block'],
    ['block', 'block'],
    ['block/legal', 'block'],
    ['out', undefined],
    ['blockade', undefined],
    ['block2', undefined],
  ])('%s is of %s', (node, name) => {
    expect(blockOf(node)).toBe(name);
  });
});

describe('networkTimes', () => {
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

  /** The backend tells for a kernel what `ms` says of it: in turn, where that is a list. */
  function clockByNames(ms: Readonly<Record<string, number | readonly number[]>>): void {
    const ran: string[] = [];
    const asked = new Map<string, number>();
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
      const name = ran.at(-1)!;
      const turn = asked.get(name) ?? 0;
      asked.set(name, turn + 1);
      return Promise.resolve({kernelMs: [ms[name]!].flat()[turn % [ms[name]!].flat().length]!});
    });
  }

  const timesOf = (report: Parameters<typeof networkTimes>[0]['report'] = REPORT): Promise<NetworkTimes> =>
    networkTimes({stock, fused, inputs, report});

  it('tells the parts in the order of the fused side, with the kernels of either', async () => {
    clockByNames(MS);
    const title = describeBlock(SPEC);
    expect((await timesOf()).parts).toEqual([
      {kind: 'other', name: 'before', title: 'Abs', detail: null, stockMs: 1000, fusedMs: 1000},
      {kind: 'fused', name: 'block', title, detail: 'a plan', stockMs: 1 + 10 + 100, fusedMs: 3},
      {kind: 'left', name: 'alone', title, detail: 'excluded', stockMs: 17, fusedMs: 17},
      {kind: 'other', name: 'after', title: 'Abs, Neg', detail: null, stockMs: 1010, fusedMs: 1010},
    ]);
  });

  it('gives what only the stock side runs to what lies beside, or a part of its own', async () => {
    clockByNames(MS);
    const known = {blocks: [{...BLOCK, replaced: ['block']}], left: [LEFT]};
    // The block's relu is nobody's now, and stands after 'before'.
    expect((await timesOf(known)).parts[0]).toMatchObject({name: 'before', stockMs: 1001, fusedMs: 1000});
    const inBlock = {blocks: [{...BLOCK, name: 'before', replaced: []}], left: []};
    const [first, second] = (await timesOf(inBlock)).parts;
    expect(first).toMatchObject({kind: 'fused', name: 'before', stockMs: 1000, fusedMs: 1000});
    expect(second).toMatchObject({kind: 'other', name: 'block', title: 'Exp, Square, 2 Neg, Abs'});
    expect(second).toMatchObject({stockMs: 1 + 10 + 100 + 17 + 1010, fusedMs: 3 + 17 + 1010});
  });

  it('takes the median of each part over the runs', async () => {
    // Once a run on the fused side: 1, 9, 2, 8, 3.
    clockByNames({...MS, Exp: [1, 9, 2, 8, 3]});
    expect(fusedBlockTimes(await timesOf())).toEqual({stock: 111, fused: 3});
  });

  it('tells nothing where there is no block, none of its nodes runs, or the clock tells nothing of a kernel', async () => {
    const none = {stock: null, fused: null};
    expect(fusedBlockTimes(await timesOf({blocks: [], left: []}))).toEqual(none);
    expect(fusedBlockTimes(await timesOf({blocks: [{...BLOCK, name: 'elsewhere', replaced: []}], left: []}))).toEqual(
      none,
    );
    clockByNames({...MS, Relu: NaN});
    expect(fusedBlockTimes(await timesOf())).toEqual({stock: null, fused: 3});
  });

  it('has no part of a model that fails', async () => {
    const kernel = tf.getKernel('Exp', 'cpu');
    jest.spyOn(kernel, 'kernelFunc').mockImplementation(() => {
      throw new Error('no');
    });
    expect(await timesOf()).toEqual({parts: []});
  });

  it('leaves no tensor behind', async () => {
    const {numTensors} = tf.memory();
    await timesOf();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
