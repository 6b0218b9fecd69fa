import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

import type {io} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import {encodeBlockAttrs} from '../../ops/attrs.ts';
import {type BlockSpec, blockSpec} from '../../ops/block.ts';
import {type BlockWeights, packParams} from '../../ops/packParams.ts';
import {paramsLayout} from '../../ops/params.ts';
import {encodeFloat16} from '../../ops/float16.ts';
import type {AttrValue, NodeDef} from '../../src/graph/graphDef.ts';
import {createGraph} from '../../src/graph/graph.ts';
import type {BlockCheck} from '../../src/rewrite/report.ts';
import {verifyBlocks as verifyGraphs, type VerifyOptions} from '../../src/rewrite/verify.ts';
import {checkGraph} from '../../src/rewrite/wellFormed.ts';
import {randomFloats} from '../helpers/random.ts';
import {artifactsOf, attr, type SmallGraph, type SmallNode, type SmallWeight} from '../helpers/smallGraphs.ts';

const SPEC = blockSpec({
  order: 'conv-first',
  ...{inChannels: 16, hiddenChannels: 24, outChannels: 16},
  kernelSize: [3, 5],
  stride: 1,
  padding: 'same',
  groupWidth: 8,
  layerNormEpsilon: null,
  ...{spatialActivation: 'linear', hiddenActivation: 'relu'},
  residual: true,
});

function weightsOf(spec: BlockSpec): BlockWeights {
  const layout = paramsLayout(spec);
  const layer = (name: 'spatial' | 'expand' | 'project', seed: number): BlockWeights['spatial'] => ({
    weights: randomFloats(layout[name]!.depth * layout[name]!.outputs, {seed, scale: 0.5}),
    bias: randomFloats(layout[name]!.outputs, {seed: seed + 10}),
  });
  return {spatial: layer('spatial', 1), expand: layer('expand', 2), project: layer('project', 3)};
}

/** The block of SPEC in the converter's ops, behind a Relu; `between` stands between its first conv and the next. */
function original(weights: BlockWeights, between?: SmallNode): io.ModelArtifacts {
  const conv = (padding: string): Record<string, AttrValue> => ({
    ...{strides: attr.ints(1, 1, 1, 1), dilations: attr.ints(1, 1, 1, 1), padding: attr.text(padding)},
    ...{fused_ops: attr.texts('BiasAdd'), num_args: attr.int(1)},
  });
  const weight = (data: Float32Array, ...shape: number[]): SmallWeight => ({data, shape});
  const {spatial, expand, project} = weights;
  const graph: SmallGraph = {
    inputs: {input: [-1, 6, 8, 16]},
    weights: {
      ...{w1: weight(spatial.weights, 3, 5, 8, 16), b1: weight(spatial.bias!, 16)},
      ...{w2: weight(expand!.weights, 1, 1, 16, 24), b2: weight(expand!.bias!, 24)},
      ...{w3: weight(project.weights, 1, 1, 24, 16), b3: weight(project.bias!, 16)},
      shape: {data: Int32Array.of(1, 6, 8, 16), shape: [4]},
    },
    nodes: {
      x: ['Relu', ['input']],
      c1: ['_FusedConv2D', ['x', 'w1', 'b1'], conv('SAME')],
      ...(between === undefined ? {} : {between}),
      c2: ['_FusedConv2D', [between === undefined ? 'c1' : 'between', 'w2', 'b2'], conv('VALID')],
      h: ['Relu', ['c2']],
      c3: ['_FusedConv2D', ['h', 'w3', 'b3'], conv('VALID')],
      y: ['AddV2', ['c3', 'x']],
    },
  };
  return artifactsOf(graph);
}

/** A model with the block as one node. */
function fused(weights: BlockWeights, change: Partial<BlockSpec> = {}, stored?: 'float16'): io.ModelArtifacts {
  const params = packParams(SPEC, weights);
  const artifacts = artifactsOf({
    inputs: {input: [-1, 6, 8, 16]},
    weights: {params: {data: params, shape: [params.length]}},
    nodes: {x: ['Relu', ['input']], y: ['FusedResidualBlock', ['x', 'params'], encodeBlockAttrs({...SPEC, ...change})]},
  });
  if (stored === undefined) return artifacts;
  const weightSpecs = artifacts.weightSpecs!.map((spec) => ({...spec, quantization: {dtype: stored}}));
  return {...artifacts, weightSpecs, weightData: encodeFloat16(params).buffer as ArrayBuffer};
}

function verifyBlocks(
  before: io.ModelArtifacts,
  after: io.ModelArtifacts,
  options?: VerifyOptions,
): Promise<BlockCheck[]> {
  return verifyGraphs(createGraph(before), createGraph(after), options);
}

describe('verifyBlocks', () => {
  beforeAll(() => tf.setBackend('wasm'));
  let tensors = 0;
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.getBackend()).toBe('wasm');
    expect(tf.memory().numTensors).toBe(tensors);
  });
  const weights = weightsOf(SPEC);
  const changed = (layer: 'spatial' | 'expand' | 'project', change: (data: Float32Array) => unknown): BlockWeights => {
    const data = weights[layer]!.weights.slice();
    change(data);
    return {...weights, [layer]: {...weights[layer], weights: data}};
  };

  test('passes a block that is right', async () => {
    const [check, ...more] = await verifyBlocks(original(weights), fused(weights));
    expect(more).toEqual([]);
    expect(check).toMatchObject({name: 'y', reason: null});
    expect(check!.maxError).toBeLessThan(check!.tolerance / 2);
    expect(check!.tolerance).toBeLessThan(1e-4);
  });

  test('passes float16 params by a wider tolerance', async () => {
    const [check] = await verifyBlocks(original(weights), fused(weights, {}, 'float16'));
    expect(check!.reason).toBeNull();
    expect(check!.maxError).toBeGreaterThan(1e-4);
  });

  test.each([
    ['an outer tap dropped', changed('spatial', (data) => data.fill(0, 0, 8 * 16)), {}],
    [
      'two channels swapped',
      changed('expand', (data) => {
        data.set([data[1]!, data[0]!]);
      }),
      {},
    ],
    [
      'weights off by one in ten thousand',
      changed('project', (data) => {
        data.forEach((w, i) => (data[i] = w * 1.0001));
      }),
      {},
    ],
    ['another activation', weights, {hiddenActivation: 'relu6'}],
    ['another padding', weights, {padding: {top: 2, bottom: 0, left: 2, right: 2}}],
    ['no residual', weights, {residual: false}],
  ] as [string, BlockWeights, Partial<BlockSpec>][])('fails a block with %s', async (_, wrong, change) => {
    const [check] = await verifyBlocks(original(weights), fused(wrong, change));
    expect(check!.reason).toMatch(/differs by .* more than the tolerance/);
    expect(check!.maxError).toBeGreaterThan(check!.tolerance);
  });

  test('takes NaN for equal to NaN, and to nothing else', async () => {
    const broken = changed('project', (data) => (data[5] = NaN));
    expect((await verifyBlocks(original(broken), fused(broken)))[0]).toMatchObject({reason: null});
    expect((await verifyBlocks(original(broken), fused(weights)))[0]).toMatchObject({maxError: Infinity});
  });

  test('goes to the size of the model where a constant shape wants it', async () => {
    const between: SmallNode = ['Reshape', ['c1', 'shape']];
    const [check] = await verifyBlocks(original(weights, between), fused(weights));
    expect(check).toMatchObject({reason: null});
    const [other] = await verifyBlocks(original(weights, between), fused(weights), {inputShape: [2, 6, 8, 16]});
    expect(other!.reason).toMatch(/cannot be run/);
  });

  test('fails a block that cannot be run', async () => {
    const [check] = await verifyBlocks(original(weights, ['NoSuchOp', ['c1']]), fused(weights));
    expect(check!.reason).toMatch(/cannot be run: .*NoSuchOp/);
  });

  test('leaves blocks alone that the original has fused already', async () => {
    expect(await verifyBlocks(fused(weights), fused(weights))).toEqual([]);
  });
});

describe('checkGraph', () => {
  const weights = weightsOf(SPEC);

  test('passes a graph that is well formed', () => {
    expect(() => {
      checkGraph(createGraph(fused(weights)));
    }).not.toThrow();
  });

  test('refuses a signature that names no node', () => {
    const artifacts = {...fused(weights), signature: {outputs: {y: {name: 'z:0'}}}};
    expect(() => {
      checkGraph(createGraph(artifacts));
    }).toThrow('signature: every input and output must name a node of the graph, got z:0; convert the model again');
  });

  test('refuses params that are computed', () => {
    const artifacts = fused(weights);
    const {node} = artifacts.modelTopology as {node: NodeDef[]};
    const computed = node.map((def) => (def.name === 'y' ? {...def, input: ['x', 'x']} : def));
    expect(() => {
      checkGraph(createGraph({...artifacts, modelTopology: {node: computed}}));
    }).toThrow('must read x and a constant float32 vector of length');
  });
});
