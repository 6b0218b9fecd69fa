import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import type {AttrValue, NodeDef} from '../../src/graph/graphDef.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {expectClose} from '../helpers/closeness.ts';
import {artifactsOf, attr, floats, ints, type SmallGraph, type SmallNode} from '../helpers/smallGraphs.ts';

const VALID = {padding: attr.text('VALID'), strides: attr.ints(1, 2, 2, 1), dilations: attr.ints(1, 1, 1, 1)};
const FUSED = {fused_ops: attr.texts('BiasAdd', 'Relu6'), num_args: attr.int(1)};
const PADS = [0, 0, 0, 1, 2, 1, 0, 0];
const X = floats([2, 7, 6, 3], 3);

interface Changes {
  readonly op?: string;
  readonly conv?: Readonly<Record<string, AttrValue>>;
  readonly pads?: readonly number[];
  readonly fill?: number;
  readonly more?: Readonly<Record<string, SmallNode>>;
}

/** A conv of x, padded. */
function padded({op = 'Conv2D', conv = VALID, pads = PADS, fill, more = {}}: Changes = {}): io.ModelArtifacts {
  const isFused = op.includes('Fused');
  const graph: SmallGraph = {
    inputs: {x: [-1, -1, -1, 3]},
    weights: {
      pads: {shape: [4, 2], data: Int32Array.from(pads)},
      filter: floats(op.includes('epthwise') ? [3, 3, 3, 1] : [3, 3, 3, 5], 4),
      axes: ints(0, 1, 2, 3),
      bias: floats([op.includes('epthwise') ? 3 : 5], 5),
      ...(fill === undefined ? {} : {fill: {shape: [], data: Float32Array.of(fill)}}),
    },
    nodes: {
      pad: fill === undefined ? ['Pad', ['x', 'pads']] : ['PadV2', ['x', 'pads', 'fill']],
      conv: [op, ['pad', 'filter', ...(isFused ? ['bias'] : [])], {...conv, ...(isFused ? FUSED : {})}],
      ...more,
      y: more.y ?? ['Identity', ['conv']],
    },
  };
  return artifactsOf(graph);
}

const opsOf = ({modelTopology}: io.ModelArtifacts): string[] =>
  (modelTopology as {node: NodeDef[]}).node.map(({op}) => op).filter((op) => op !== 'Const' && op !== 'Placeholder');

function run(artifacts: io.ModelArtifacts): Float32Array {
  return tf.tidy(() => {
    const model = loadGraphModelSync(artifacts);
    const y = (model.predict(tf.tensor(X.data, X.shape)) as Tensor).dataSync() as Float32Array;
    model.dispose();
    return y;
  });
}

describe.each(['cpu', 'wasm'])('the zeros of a Pad go into the conv that reads it, on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  test.each(['Conv2D', '_FusedConv2D', 'DepthwiseConv2dNative', 'FusedDepthwiseConv2dNative'])('%s', async (op) => {
    const original = padded({op});
    const {artifacts, report} = await fuseModelArtifacts(original);
    expect(opsOf(artifacts)).toEqual([op, 'Identity']);
    expect(report.legalized).toEqual([{name: 'conv', from: `${op}: a Pad before it`, to: op}]);
    expectClose(run(artifacts), run(original), 1e-5);
  });

  it('stays for others that read it', async () => {
    const original = padded({
      more: {sum: ['Sum', ['pad', 'axes'], {keep_dims: attr.bool(false)}], y: ['Mul', ['conv', 'sum']]},
    });
    const {artifacts} = await fuseModelArtifacts(original);
    expect(opsOf(artifacts)).toEqual(['Pad', 'Conv2D', 'Sum', 'Mul']);
    expectClose(run(artifacts), run(original), 1e-4);
  });
});

it.each<[string, Changes]>([
  ['of other values', {fill: 1}],
  ['of channels', {pads: [0, 0, 0, 0, 0, 0, 0, 2]}],
  ['of images', {pads: [1, 0, 0, 0, 0, 0, 0, 0]}],
  ['before a conv that pads by itself', {conv: {...VALID, padding: attr.text('SAME')}}],
])('leaves a Pad %s', async (_, changes) => {
  const original = padded(changes);
  const {artifacts, report} = await fuseModelArtifacts(original);
  expect(report.legalized).toEqual([]);
  expect(artifacts).toBe(original);
});

it('leaves a Pad that is to be kept, and one on other backends', async () => {
  const original = padded();
  expect((await fuseModelArtifacts(original, {keepNodes: ['pad']})).artifacts).toBe(original);
  expect((await fuseModelArtifacts(original, {backend: 'webgpu'})).artifacts).toBe(original);
});
