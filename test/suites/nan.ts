/**
 * NaN comes through fused blocks as in stock: one body for Node and for browsers. Stock itself is of several minds: where a
 * filter's NaN lies on padding, wasm has NaN and cpu skips it, unless the padding is a Pad of its own; wasm's relu6 turns NaN
 * into a number. So where the model on this backend, the model on cpu and the block's stock ops on cpu agree, the fused kernel
 * must too.
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import {inputShapes, modelInputs, randomInputs} from '../../src/run/inputs.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {createGraph} from '../../src/graph/graph.ts';
import {readWeightData} from '../../src/graph/weights.ts';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {warmup} from '../../src/load/warmup.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';

export interface NaNSuite {
  readonly backend: 'wasm' | 'webgpu';
  /** Fixtures, and where their files are. */
  readonly models: readonly string[];
  readonly handlerOf: (model: string) => io.IOHandler;
  /** Of the weights every so many are broken, one at a time. */
  readonly weightStep: number;
}

/** Leaves the backend as tfjs's current one. */
export function nanSuite({models, ...suite}: NaNSuite): void {
  for (const model of models) modelNaN(model, suite);
}

function modelNaN(name: string, {backend, handlerOf, weightStep}: Omit<NaNSuite, 'models'>): void {
  describe(`NaN in ${name} comes through on ${backend} as in stock`, () => {
    let artifacts: io.ModelArtifacts;
    let blocks: readonly Block[];
    afterEach(() => tf.setBackend(backend));
    beforeAll(async () => {
      artifacts = await readWeightData(await handlerOf(name).load!());
      blocks = await blocksOf(backend, artifacts);
    });

    /** Expects the same of every block, fed with its own input. Returns how many had NaN in some values and not in others. */
    async function partialBlocks(sides: Sides, change: (x: Values) => Values): Promise<number> {
      let partial = 0;
      for (const {root, x, sound} of blocks) {
        const share = await shareOfNaN(sides, {[x]: change(sound)}, root);
        if (share > 0 && share < 1) partial++;
      }
      return partial;
    }

    it("from one value of a block's input", async () => {
      const sides = await loadSides(backend, artifacts);
      expect(await partialBlocks(sides, withNaN)).toBeGreaterThan(0);
      disposeSides(sides);
    });

    it('from one value of a weight', async () => {
      const matrices = artifacts.weightSpecs!.filter(({dtype, shape}) => dtype === 'float32' && shape.length >= 2);
      let partial = 0;
      for (const {name: weight} of matrices.filter((_, i) => i % weightStep === 0)) {
        const sides = await loadSides(backend, withBrokenWeight(artifacts, weight));
        partial += await partialBlocks(sides, (x) => x);
        disposeSides(sides);
      }
      expect(partial).toBeGreaterThan(0);
    });
  });
}

/** Names of a fused block's node and of the node whose value it takes, and that value in the model as it is. */
interface Block {
  readonly root: string;
  readonly x: string;
  readonly sound: Values;
}

async function blocksOf(backend: NaNSuite['backend'], artifacts: io.ModelArtifacts): Promise<Block[]> {
  const {artifacts: fused, report} = await fuseModelArtifacts(artifacts);
  const graph = createGraph(fused);
  const sides = await loadSides(backend, artifacts);
  const feed: Record<string, Values> = {};
  for (const [name, tensor] of Object.entries(randomInputs(modelInputs(sides.fused.model))))
    feed[name] = await valuesOf(tensor);
  const blocks: Block[] = [];
  for (const {name} of report.blocks) {
    const x = graph.node(name)!.inputs[0]!.node.name;
    blocks.push({root: name, x, sound: await runOn(sides.fused, feed, x)});
  }
  disposeSides(sides);
  return blocks;
}

interface Side {
  readonly backend: NaNSuite['backend'] | 'cpu';
  readonly model: GraphModel;
}

interface Sides {
  readonly stock: readonly Side[];
  readonly fused: Side;
}

async function loadSides(backend: NaNSuite['backend'], artifacts: io.ModelArtifacts): Promise<Sides> {
  const legal = tf.io.fromMemory(legalizeArtifacts(artifacts).artifacts);
  const handler = {load: () => Promise.resolve(artifacts)};
  await tf.setBackend('cpu');
  const stock: Side[] = [
    {backend: 'cpu', model: await tf.loadGraphModel(legal)},
    {backend: 'cpu', model: await loadFusedGraphModel(handler, {blocks: 'all'})},
  ];
  await tf.setBackend(backend);
  stock.push({backend, model: await tf.loadGraphModel(legal)});
  const model = await loadFusedGraphModel(handler, {blocks: 'all'});
  const [shape] = Object.values(inputShapes(modelInputs(model), {}));
  await warmup(model, shape!);
  return {stock, fused: {backend, model}};
}

function disposeSides({stock, fused}: Sides): void {
  for (const {model} of [...stock, fused]) model.dispose();
}

interface Values {
  readonly shape: number[];
  readonly data: Float32Array;
}

/** Values by node: a graph can be fed in its middle. */
type Feed = Readonly<Record<string, Values>>;

async function runOn({backend, model}: Side, feed: Feed, node: string): Promise<Values> {
  await tf.setBackend(backend);
  const inputs = Object.fromEntries(
    Object.entries(feed).map(([name, {shape, data}]) => [name, tf.tensor(data, shape)]),
  );
  const values = await valuesOf(model.execute(inputs, node) as Tensor);
  tf.dispose(inputs);
  return values;
}

async function valuesOf(tensor: Tensor): Promise<Values> {
  const values = {shape: tensor.shape, data: (await tensor.data<'float32'>()).slice()};
  tensor.dispose();
  return values;
}

/**
 * Expects NaN of the fused block where all stock sides have it, and nowhere where none has it. Returns the share of its values
 * that are NaN.
 */
async function shareOfNaN({stock, fused}: Sides, feed: Feed, node: string): Promise<number> {
  const got = await runOn(fused, feed, node);
  const expected: Values[] = [];
  for (const side of stock) expected.push(await runOn(side, feed, node));
  const wrong = got.data.findIndex((value, i) => {
    const stockIsNaN = expected.map(({data}) => Number.isNaN(data[i]));
    return !stockIsNaN.includes(Number.isNaN(value));
  });
  expect({node, wrong}).toEqual({node, wrong: -1});
  return got.data.filter(Number.isNaN).length / got.data.length;
}

function withNaN({shape, data}: Values): Values {
  const middle = Math.floor(data.length / 2);
  return {shape, data: data.map((value, i) => (i === middle ? NaN : value))};
}

/** Returns the model with one value of a float32 weight as NaN; none of its weights are quantized. */
function withBrokenWeight(artifacts: io.ModelArtifacts, name: string): io.ModelArtifacts {
  const weightData = tf.io.CompositeArrayBuffer.join([artifacts.weightData!].flat()).slice(0);
  const specs = artifacts.weightSpecs!;
  const before = specs.slice(
    0,
    specs.findIndex((spec) => spec.name === name),
  );
  const offset = before.reduce(
    (bytes, {shape, dtype}) => bytes + tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype),
    0,
  );
  new DataView(weightData).setFloat32(offset + 4, NaN, true);
  return {...artifacts, weightData};
}
