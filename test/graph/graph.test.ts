import type {io} from '@tensorflow/tfjs-core';

import type {BlockFusionError} from '../../ops/errors.ts';
import {createGraph, parseInputName} from '../../src/graph/graph.ts';
import {artifactsOf, floats, ints} from '../helpers/smallGraphs.ts';

const small = (): io.ModelArtifacts =>
  artifactsOf({
    inputs: {x: [1, 4]},
    weights: {w: floats([4]), i: ints(1, 2), unread: floats([2])},
    nodes: {
      same: ['Identity', ['w']],
      split: ['Split', ['i', 'x']],
      sum: ['AddV2', ['split:1', 'same', '^unread']],
      twice: ['Mul', ['sum', 'sum:0']],
    },
  });

interface Def {
  node: {name: string; op: string; input?: string[]}[];
  library?: object;
}
const defOf = (artifacts: io.ModelArtifacts): Def => artifacts.modelTopology as Def;

describe('parseInputName', () => {
  it.each([
    ['a/b', {name: 'a/b', port: 0, control: false}],
    ['a:2', {name: 'a', port: 2, control: false}],
    ['a:output:1', {name: 'a', port: 1, control: false}],
    ['^a', {name: 'a', port: 0, control: true}],
  ])('%s', (text, expected) => {
    expect(parseInputName(text)).toEqual(expected);
  });
});

describe('createGraph', () => {
  it('resolves inputs, controls and readers', () => {
    const graph = createGraph(small());
    const sum = graph.node('sum')!;
    expect(sum.inputs.map(({node, port}) => [node.name, port])).toEqual([
      ['split', 1],
      ['same', 0],
    ]);
    expect(sum.controls.map(({name}) => name)).toEqual(['unread']);
    expect(graph.readersOf(graph.node('unread')!)).toEqual([sum]);
    expect(graph.readers(graph.value('sum')!)).toEqual([graph.node('twice'), graph.node('twice')]);
    expect(graph.value('sum')).toBe(graph.value('sum:0'));
  });

  it('orders nodes after their inputs, whatever the order of the GraphDef', () => {
    const artifacts = small();
    defOf(artifacts).node.reverse();
    const names = createGraph(artifacts).order.map(({name}) => name);
    for (const {name, input = []} of defOf(artifacts).node)
      for (const source of input.map((text) => parseInputName(text).name))
        expect(names.indexOf(source)).toBeLessThan(names.indexOf(name));
  });

  it('sees constants through Identity', () => {
    const graph = createGraph(small());
    expect(graph.constant(graph.value('same')!)).toMatchObject({name: 'w', shape: [4], stored: 'float32'});
    expect(graph.constant(graph.value('sum')!)).toBeNull();
  });

  it('takes the signature of the metadata before that of the artifacts, and nodes without readers where there is none', () => {
    const outputs = (artifacts: io.ModelArtifacts): string[] =>
      createGraph(artifacts).outputs.map(({node}) => node.name);
    const artifacts = small();
    expect(outputs(artifacts)).toEqual(['twice']);
    const signature = {outputs: {y: {name: 'sum:0'}}};
    expect(outputs({...artifacts, userDefinedMetadata: {signature}})).toEqual(['sum']);
    expect(outputs({...artifacts, signature: {}})).toEqual(['twice']);
  });

  it('knows the names that the initializer and functions read', () => {
    const artifacts = small();
    const nodeDef = [{name: 'f', op: 'Identity', input: ['inner:output:0']}];
    defOf(artifacts).library = {function: [{signature: {name: 'F'}, nodeDef}]};
    const modelInitializer = {node: [{name: 'init', op: 'Identity', input: ['w']}]};
    const graph = createGraph({...artifacts, modelInitializer});
    expect([...graph.namesElsewhere].sort()).toEqual(['f', 'init', 'inner', 'w']);
  });

  it('allows the back edge of a loop', () => {
    const artifacts = small();
    defOf(artifacts).node.push(
      {name: 'merge', op: 'Merge', input: ['x', 'next']},
      {name: 'next', op: 'NextIteration', input: ['merge']},
    );
    expect(createGraph(artifacts).order).toHaveLength(10);
  });

  const BROKEN: Readonly<Record<string, [(artifacts: io.ModelArtifacts) => io.ModelArtifacts, string, RegExp]>> = {
    'no topology': [
      (a) => ({weightSpecs: a.weightSpecs!, weightData: a.weightData!}),
      'invalid-model',
      /modelTopology: must be a GraphDef/,
    ],
    'a topology without nodes': [(a) => ({...a, modelTopology: {}}), 'invalid-model', /must be a list of nodes/],
    'a binary topology': [(a) => ({...a, modelTopology: new ArrayBuffer(8)}), 'unsupported-model', /in JSON/],
    'a LayersModel by format': [(a) => ({...a, format: 'layers-model'}), 'unsupported-model', /got a LayersModel/],
    'a LayersModel by topology': [
      (a) => ({...a, modelTopology: {model_config: {}}}),
      'unsupported-model',
      /got a LayersModel; load it with loadFusedLayersModel of tfjs-block-fusion.layers, or convert the Keras model/,
    ],
    'a node without a name': [
      (a) => ({...a, modelTopology: {node: [{op: 'Add'}]}}),
      'invalid-model',
      /node\[0\]: must have a name and an op/,
    ],
    'two nodes of one name': [
      (a) => ({...a, modelTopology: {node: [...defOf(a).node, {name: 'sum', op: 'Relu'}]}}),
      'invalid-model',
      /names must be unique, got sum twice/,
    ],
    'an input that is missing': [
      (a) => ({...a, modelTopology: {node: [...defOf(a).node, {name: 'y', op: 'Relu', input: ['nobody']}]}}),
      'invalid-model',
      /y: every input must name a node of the graph, got nobody/,
    ],
    'a cycle': [
      (a) => ({
        ...a,
        modelTopology: {
          node: [...defOf(a).node, {name: 'p', op: 'Add', input: ['q', 'x']}, {name: 'q', op: 'Relu', input: ['p']}],
        },
      }),
      'invalid-model',
      /the graph must have no cycle/,
    ],
    'a constant without its weight': [
      (a) => ({...a, weightSpecs: a.weightSpecs!.slice(1), weightData: [a.weightData!].flat().slice(1)}),
      'invalid-model',
      /w: a Const must have its weight/,
    ],
    'weights that are cut off': [
      (a) => ({...a, weightData: [a.weightData!].flat().slice(0, 2)}),
      'invalid-model',
      /weight data must be 32 bytes long, as the manifest says, got 24/,
    ],
    'weights that are too long': [
      (a) => ({...a, weightData: [...[a.weightData!].flat(), new ArrayBuffer(4)]}),
      'invalid-model',
      /got 36/,
    ],
    'two weights of one name': [
      (a) => ({...a, weightSpecs: [...a.weightSpecs!, a.weightSpecs![0]!]}),
      'invalid-model',
      /w twice/,
    ],
  };
  it.each(Object.entries(BROKEN))('refuses %s', (_, [spoil, code, message]) => {
    let error: BlockFusionError | undefined;
    try {
      createGraph(spoil(small()));
    } catch (thrown) {
      error = thrown as BlockFusionError;
    }
    expect(error).toMatchObject({name: 'BlockFusionError', code});
    expect(error?.message).toMatch(message);
  });
});
