import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import type {io} from '@tensorflow/tfjs-core';
import {type LabelledImages, readLabelledImages} from '../../src/compare/accuracy.ts';
import {type CompareEvent, compareModels, type Comparison} from '../../src/compare/compareModels.ts';
import {fusedBlockTimes} from '../../src/compare/networkTimes.ts';
import {bareName} from '../../src/graph/graph.ts';
import type {NodeDef, Signature} from '../../src/graph/graphDef.ts';
import {readModelFiles} from '../../src/load/modelFiles.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {median} from '../../src/run/statistics.ts';
import {artifactsOf, type SmallGraph} from '../helpers/smallGraphs.ts';

const QUICK = {runs: 2};

async function fixture(name: string): Promise<io.ModelArtifacts> {
  return readModelFiles(`test/fixtures/${name}`);
}

const handlerOf = (artifacts: io.ModelArtifacts): io.IOHandler => ({load: () => Promise.resolve({...artifacts})});

describe('compareModels', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it('takes the legalized model where stock tfjs cannot run the original', async () => {
    const comparison = await compareModels(handlerOf(await fixture('keras-mbconv-grouped')), QUICK);
    expect(comparison).toMatchObject({backend: 'wasm', stockForm: 'legalized', blocksFused: 4, passed: true});
    expect(comparison.stock?.runs).toBe(2);
    expect(comparison.speedup).toBe(comparison.stock!.medianMs / comparison.fused!.medianMs);
  });

  it('hands out what it finds as soon as it does, the same as it returns', async () => {
    const events: CompareEvent[] = [];
    const handler = handlerOf(await fixture('keras-convnext'));
    const comparison = await compareModels(handler, {...QUICK, onEvent: (event) => events.push(event)});
    expect(events.map(({type}) => type)).toEqual([
      ...['loaded', 'agreement', 'sample', 'sample', 'sample', 'sample', 'timed', 'network'],
    ]);
    const [loaded, agreement, ...rest] = events;
    const {report, stockForm, plans, passed, maxAbsError, stock, fused, fusedBlocks} = comparison;
    expect(loaded).toMatchObject({
      loaded: {report, stockForm, plans, inputs: [{shape: [1, 32, 32, 3], dtype: 'float32'}]},
    });
    expect(agreement).toMatchObject({agreement: {passed, maxAbsError, notFinite: {stock: 0, fused: 0}}});
    const msOf = (side: string): number[] =>
      rest.flatMap((event) => (event.type === 'sample' && event.side === side ? [event.ms] : []));
    expect(median(msOf('stock'))).toBe(stock!.medianMs);
    expect(median(msOf('fused'))).toBe(fused!.medianMs);
    const network = rest.find((event) => event.type === 'network')!.network;
    expect(fusedBlockTimes(network)).toEqual({stock: fusedBlocks!.stockMs, fused: fusedBlocks!.ms});
    expect(network.parts.filter(({kind}) => kind === 'fused').map(({name}) => name)).toEqual(
      report.blocks.map(({name}) => name),
    );
  });

  it('takes the original where that runs and nothing was legalized', async () => {
    const comparison = await compareModels(handlerOf(await fixture('keras-convnext-depthwise')), QUICK);
    expect(comparison).toMatchObject({stockForm: 'original', blocksFused: 4, passed: true});
  });

  it('never takes an original that stock tfjs runs and computes wrongly', async () => {
    const comparison = await compareModels(handlerOf(await fixture('real-layernorm-default-epsilon')), QUICK);
    expect(comparison).toMatchObject({stockForm: 'legalized', blocksFused: 3, passed: true});
    expect(comparison.maxAbsError).toBeLessThan(1e-5);
  });

  it('runs a model that waits for data: where its input is positive', async () => {
    const nodes = {positive: ['Greater', ['x', 'zero']], where: ['Where', ['positive']]} satisfies SmallGraph['nodes'];
    const weights = {zero: {shape: [1], data: Float32Array.of(0)}};
    const handler = handlerOf(artifactsOf({inputs: {x: [4, 4]}, weights, nodes}));
    const comparison = await compareModels(handler, QUICK);
    expect(comparison).toMatchObject({passed: true, maxAbsError: 0, maxAbsOutput: 3, kernels: {stock: 2, fused: 2}});
    expect(comparison.stock?.runs).toBe(2);
  });

  it('counts kernels once, peak bytes with scratch, and what the fused blocks take', async () => {
    const {kernels, peakBytes, fusedBlocks} = await compareModels(handlerOf(await fixture('keras-convfirst')), QUICK);
    expect(kernels.fused).toBeLessThan(kernels.stock);
    expect(kernels.fused).toBeGreaterThanOrEqual(7);
    // The first stage's image, 24×24 of 16 channels, is in and out of a block at once.
    expect(peakBytes.fused).toBeGreaterThan(2 * 24 * 24 * 16 * 4);
    expect(fusedBlocks).toMatchObject({count: 7});
    // Stage by stage: two blocks at 24×24, one to 12×12, one at 12×12, one to 6×6, two at 6×6.
    const macs = (pixels: number, width: number, out: number): number => pixels * width * (72 + 6 * width + 6 * out);
    const stages = [
      2 * macs(576, 16, 16),
      macs(144, 16, 32),
      macs(144, 32, 32),
      macs(36, 32, 64),
      2 * macs(36, 64, 64),
    ];
    expect(fusedBlocks?.macs).toBe(stages.reduce((sum, each) => sum + each));
  });

  it('tells what blocks take, fused and as the nodes that they replace', async () => {
    const {fusedBlocks} = await compareModels(handlerOf(await fixture('keras-convnext')), QUICK);
    expect(fusedBlocks!.ms).toBeGreaterThan(0);
    expect(fusedBlocks!.stockMs).toBeGreaterThan(fusedBlocks!.ms!);
  });

  it('says what each side gets right of a test set, where one is given', async () => {
    const artifacts = await readModelFiles('models/zoo/convfirst-digits');
    const {shape, pixels, labels} = await readLabelledImages('models/zoo/digits-test');
    const wrong = labels.map((label) => (label + 1) % 10);
    const ask = async (images?: LabelledImages): Promise<Comparison['accuracy']> =>
      (await compareModels(handlerOf(artifacts), {...QUICK, images})).accuracy;
    expect(await ask()).toBeNull();
    const right = await ask({shape, pixels, labels});
    expect(right).toEqual({images: 360, correct: {stock: right!.correct.fused, fused: right!.correct.fused}});
    expect(right!.correct.fused).toBeGreaterThan(350);
    // What is taken for another digit is another's label now and then.
    expect((await ask({shape, pixels, labels: wrong}))!.correct.fused).toBeLessThan(10);
  });

  it('times nothing where the two sides differ by more than the tolerance', async () => {
    const model = handlerOf(await fixture('keras-mbconv-grouped'));
    const comparison = await compareModels(model, {...QUICK, tolerance: 1e-12});
    expect(comparison.maxAbsError).toBeGreaterThan(1e-12);
    expect(comparison).toMatchObject({
      ...{passed: false, stock: null, fused: null, speedup: null, loadMs: null, fusedBlocks: null},
    });
  });

  it.each([
    ['keras-convnext', 1e-5],
    ['keras-convnext-f16', 1e-5],
    ['keras-convnext-u8', 1e-5],
  ])('allows %s a difference of %s of the largest output', async (name, share) => {
    const {tolerance, maxAbsOutput, passed} = await compareModels(handlerOf(await fixture(name)), QUICK);
    expect(tolerance).toBe(share * Math.max(1, maxAbsOutput));
    expect(passed).toBe(true);
  });

  it('compares the logits of a model that gives the best class alone', async () => {
    const artifacts = await fixture('keras-convfirst');
    const {node, ...rest} = artifacts.modelTopology as {node: NodeDef[]};
    const {outputs = {}} = artifacts.signature as Signature;
    const logits = bareName(Object.values(outputs)[0]!.name!);
    const axis: NodeDef = {name: 'axis', op: 'Const', attr: {dtype: {type: 'DT_INT32'}}};
    const best: NodeDef = {name: 'best', op: 'ArgMax', input: [logits, 'axis']};
    const model = handlerOf({
      ...artifacts,
      modelTopology: {...rest, node: [...node, axis, best]},
      weightSpecs: [...artifacts.weightSpecs!, {name: 'axis', shape: [], dtype: 'int32'}],
      weightData: [artifacts.weightData!, Int32Array.of(-1).buffer].flat(),
      signature: {...artifacts.signature, outputs: {best: {name: 'best:0'}}},
    });
    const {passed, blocksFused, chosen} = await compareModels(model, QUICK);
    expect({passed, blocksFused}).toEqual({passed: true, blocksFused: 7});
    expect(chosen).toMatchObject({outputs: ['best'], ops: ['ArgMax'], alike: true, isAll: true});
    const [candidate] = chosen!.candidates;
    expect(candidate!.maxAbsError).toBeGreaterThan(0);
    expect(candidate!.maxAbsError).toBeLessThan(candidate!.tolerance);
  });

  it('leaves no tensor behind, also where a shape is refused', async () => {
    const model = handlerOf(await fixture('keras-convfirst'));
    const before = tf.memory();
    await compareModels(model, QUICK);
    await expect(compareModels(model, {shapes: {input: [1, 2, 3]}})).rejects.toThrow(/--shape/);
    expect(tf.memory()).toMatchObject({numTensors: before.numTensors, numBytes: before.numBytes});
  });

  it('says so where stock tfjs runs neither form', async () => {
    const artifacts = await fixture('keras-convfirst');
    const {node, ...rest} = artifacts.modelTopology as {node: {name: string; op: string}[]};
    const unknown = node.map((each) =>
      each.name.includes('global_average_pooling') && each.op === 'Mean' ? {...each, op: 'Median'} : each,
    );
    const model = handlerOf({...artifacts, modelTopology: {...rest, node: unknown}});
    await expect(compareModels(model, QUICK)).rejects.toThrow(/Median/);
  });
});
