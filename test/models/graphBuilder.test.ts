import {attr, GraphBuilder} from '../../models/graphBuilder.ts';
import type {NodeDef} from '../../src/graph/graphDef.ts';

const float = (...values: number[]): Float32Array => Float32Array.from(values);

describe('GraphBuilder', () => {
  test('writes nodes, constants and their values in order, and counts them', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', [-1, 2]);
    const scale = graph.floats('scale', [2], () => float(3, 4));
    const half = graph.float('half', 0.5);
    const scaled = graph.node({op: 'Mul', name: 'scaled', inputs: [x, scale], shape: x.shape, macs: 2});
    const y = graph.node({op: 'Mul', name: 'y', inputs: [scaled, half], shape: x.shape});
    graph.int('axis', 7);
    expect(graph.size()).toEqual({params: 2, macs: 2});

    const artifacts = graph.artifacts(y);
    const {node} = artifacts.modelTopology as {node: NodeDef[]};
    expect(node.map(({op, name, input = []}) => [op, name, ...input])).toEqual([
      ['Const', 'scale'],
      ['Const', 'half'],
      ['Const', 'axis'],
      ['Placeholder', 'x'],
      ['Mul', 'scaled', 'x', 'scale'],
      ['Mul', 'y', 'scaled', 'half'],
      ['Identity', 'Identity', 'y'],
    ]);
    expect(artifacts.weightSpecs).toEqual([
      {name: 'scale', shape: [2], dtype: 'float32'},
      {name: 'half', shape: [], dtype: 'float32'},
      {name: 'axis', shape: [], dtype: 'int32'},
    ]);
    const data = artifacts.weightData as ArrayBuffer;
    expect([...new Float32Array(data, 0, 3), ...new Int32Array(data, 12)]).toEqual([3, 4, 0.5, 7]);
    const entry = (name: string) => ({
      name,
      dtype: 'DT_FLOAT',
      tensorShape: {dim: [{size: '-1'}, {size: '2'}]},
    });
    expect(artifacts.signature).toEqual({inputs: {x: entry('x:0')}, outputs: {output_0: entry('Identity:0')}});
  });

  test('counts scopes as TensorFlow does', () => {
    const graph = new GraphBuilder();
    expect(['add', 'mul', 'add', 'add'].map((scope) => graph.fresh(scope))).toEqual(['add', 'mul', 'add_1', 'add_2']);
  });

  test('refuses a name that is taken', () => {
    const graph = new GraphBuilder();
    graph.float('x', 1);
    expect(() => graph.input('x', [1])).toThrow('GraphBuilder: a node needs a name of its own, got x');
  });

  test('spells attrs as the converter’s JSON does', () => {
    expect(attr.text('SAME')).toEqual({s: 'U0FNRQ=='});
    expect(attr.texts(['BiasAdd'])).toEqual({list: {s: ['Qmlhc0FkZA==']}});
    expect(attr.ints([1, 2])).toEqual({list: {i: ['1', '2']}});
    expect(attr.ints([])).toEqual({list: {}});
  });
});
