/** The change of params between float32 and float16 pairs, and what it leaves alone. */
import '@tensorflow/tfjs-backend-cpu';
import {io} from '@tensorflow/tfjs-core';

import {decodePrecision, encodeBlockAttrs, readRawBlockAttrs} from '../../ops/attrs.ts';
import {blockSpec} from '../../ops/block.ts';
import {packFloat16Params, unpackFloat16Params} from '../../ops/float16Params.ts';
import {paramsLayout, type Precision} from '../../ops/params.ts';
import type {NodeDef} from '../../src/graph/graphDef.ts';
import {createGraph, writeArtifacts} from '../../src/graph/graph.ts';
import {createWeights, readWeightData} from '../../src/graph/weights.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {withParamsIn as graphWithParamsIn} from '../../src/rewrite/precision.ts';
import {checkGraph} from '../../src/rewrite/wellFormed.ts';
import {convFirstModel} from '../helpers/sketch.ts';
import {artifactsOf, type SmallGraph} from '../helpers/smallGraphs.ts';
import {CONV_FIRST, randomParams} from '../helpers/blockCases.ts';

const spec = blockSpec(CONV_FIRST);
const params = randomParams(spec, 1);
const {length, expand} = paramsLayout(spec);

/** Two fused blocks in a row, each with params of its own, unless given. */
function twoBlocks({second = 'q', weights = {}, nodes = {}}: Partial<SmallGraph> & {second?: string} = {}) {
  return artifactsOf({
    inputs: {x: [1, 9, 7, 16]},
    weights: {
      p: {shape: [length], data: params},
      ...(second === 'q' ? {q: {shape: [length], data: randomParams(spec, 2)}} : {}),
      ...weights,
    },
    nodes: {
      first: ['FusedResidualBlock', ['x', 'p', '^x'], encodeBlockAttrs(spec)],
      ...nodes,
      second: ['FusedResidualBlock', ['first', second], encodeBlockAttrs(spec)],
    },
  });
}

const nodesOf = ({modelTopology}: io.ModelArtifacts): NodeDef[] => (modelTopology as {node: NodeDef[]}).node;
const nodeOf = (artifacts: io.ModelArtifacts, name: string): NodeDef =>
  nodesOf(artifacts).find((node) => node.name === name)!;

function withParamsIn(precision: Precision, artifacts: io.ModelArtifacts, options?: {keepNodes: string[]}) {
  const {graph, inFloat32} = graphWithParamsIn(precision, createGraph(artifacts), options);
  return {artifacts: writeArtifacts(graph), inFloat32};
}

/** What a fused node reads. */
function paramsOf(artifacts: io.ModelArtifacts, block: string) {
  const {input, attr} = nodeOf(artifacts, block);
  const {name, dtype, shape, data} = createWeights(artifacts).constant(input![1]!)!;
  return {precision: decodePrecision(readRawBlockAttrs(attr!)), name, dtype, shape, data};
}

const namesOf = ({weightSpecs}: io.ModelArtifacts): string[] => weightSpecs!.map(({name}) => name);

describe('withParamsIn float16', () => {
  it('gives every fused node float16 pairs of its params, and drops these', () => {
    const {artifacts, inFloat32} = withParamsIn('float16', twoBlocks());
    checkGraph(createGraph(artifacts));
    expect(inFloat32).toEqual([]);
    expect(paramsOf(artifacts, 'first')).toMatchObject({precision: 'float16', dtype: 'int32', shape: [length / 2]});
    expect(paramsOf(artifacts, 'first').data).toEqual(packFloat16Params(params));
    expect(paramsOf(artifacts, 'second').data).toEqual(packFloat16Params(randomParams(spec, 2)));
    expect(namesOf(artifacts)).toEqual(['first/params', 'second/params']);
    expect(nodeOf(artifacts, 'first').input).toEqual(['x', 'first/params', '^x']);
  });

  it('changes nothing of the artifacts that it is given', () => {
    const before = twoBlocks();
    const topology = JSON.stringify(before.modelTopology);
    withParamsIn('float16', before);
    expect(JSON.stringify(before.modelTopology)).toBe(topology);
    expect(paramsOf(before, 'first').data).toEqual(params);
  });

  it('leaves a constant as it is for those who read it too', () => {
    const before = twoBlocks({nodes: {kept: ['Identity', ['p']]}});
    const {artifacts} = withParamsIn('float16', before);
    checkGraph(createGraph(artifacts));
    expect(paramsOf(artifacts, 'first').data).toEqual(packFloat16Params(params));
    expect(nodeOf(artifacts, 'kept').input).toEqual(['p']);
    expect(createWeights(artifacts).constant('p')!.data).toEqual(params);
  });

  it('leaves a constant as it is for a function, and for those who asked to keep it', () => {
    const before = twoBlocks();
    const body = {signature: {name: 'F'}, nodeDef: [{name: 'f', op: 'Identity', input: ['p:output:0']}]};
    (before.modelTopology as {library?: object}).library = {function: [body]};
    const {artifacts} = withParamsIn('float16', before, {keepNodes: ['q']});
    expect(createWeights(artifacts).constant('p')!.data).toEqual(params);
    expect(createWeights(artifacts).has('q')).toBe(true);
  });

  it('gives blocks that share their params the same pairs', () => {
    const {artifacts} = withParamsIn('float16', twoBlocks({second: 'p'}));
    checkGraph(createGraph(artifacts));
    for (const block of ['first', 'second']) expect(paramsOf(artifacts, block).data).toEqual(packFloat16Params(params));
    expect(namesOf(artifacts)).not.toContain('p');
  });

  it('leaves a block in float32 whose params float16 does not hold, and says so', () => {
    const large = params.slice();
    large[expand!.weights] = 1e6;
    const {artifacts, inFloat32} = withParamsIn('float16', twoBlocks({weights: {p: {shape: [length], data: large}}}));
    checkGraph(createGraph(artifacts));
    expect(inFloat32).toEqual([{name: 'first', reason: 'expand holds 1000000, float16 at most 65504'}]);
    expect(paramsOf(artifacts, 'first')).toMatchObject({name: 'p', precision: 'float32', data: large});
    expect(paramsOf(artifacts, 'second').precision).toBe('float16');
  });

  it('reads params that are stored as float16', async () => {
    const {artifacts: fused} = await fuseModelArtifacts(convFirstModel(), {storage: 'float16'});
    const [stored] = fused.weightSpecs!;
    expect(stored!.quantization!.dtype).toBe('float16');
    const {artifacts} = withParamsIn('float16', fused);
    const [pairs] = artifacts.weightSpecs!;
    expect(pairs!.dtype).toBe('int32');
    expect(createWeights(artifacts).bytes(pairs!.name)).toEqual(createWeights(fused).bytes(stored!.name));
    expect(artifacts.userDefinedMetadata!['blockFusion']).toMatchObject({layout: 2});
  });
});

describe('withParamsIn float32', () => {
  const halved = withParamsIn('float16', twoBlocks()).artifacts;

  it('gives back floats, as tfjs itself decodes them', async () => {
    const {artifacts, inFloat32} = withParamsIn('float32', halved);
    checkGraph(createGraph(artifacts));
    expect(inFloat32).toEqual([]);
    expect(paramsOf(artifacts, 'first')).toMatchObject({precision: 'float32', dtype: 'float32', shape: [length]});
    const {weightData} = await readWeightData(artifacts);
    const decoded = io.decodeWeights(weightData!, artifacts.weightSpecs!);
    const {name, data} = paramsOf(artifacts, 'first');
    expect(decoded[name]!.dataSync()).toEqual(data);
    expect(data).toEqual(unpackFloat16Params(packFloat16Params(params)));
    for (const tensor of Object.values(decoded)) tensor.dispose();
  });

  it('and float16 again are the same pairs', () => {
    const again = withParamsIn('float16', withParamsIn('float32', halved).artifacts).artifacts;
    for (const block of ['first', 'second']) expect(paramsOf(again, block).data).toEqual(paramsOf(halved, block).data);
  });
});

describe('withParamsIn', () => {
  it.each(['float32', 'float16'] as const)('returns what is in %s already as it is', (precision) => {
    const {artifacts} = withParamsIn(precision, twoBlocks());
    expect(withParamsIn(precision, artifacts).artifacts).toBe(artifacts);
  });

  it('refuses an unknown layout', () => {
    const before = twoBlocks();
    (nodeOf(before, 'first').attr as Record<string, object>)['params_layout'] = {i: '3'};
    expect(() => withParamsIn('float16', before)).toThrow('params_layout must be 1 or 2, got 3');
  });

  it.each([
    ['float32', 'a constant int32 vector'],
    ['float16', 'a constant float32 vector'],
  ] as const)('what says one layout and holds %s is found by checkGraph', (held, must) => {
    const {artifacts} = withParamsIn(held, twoBlocks());
    const {params_layout} = encodeBlockAttrs(spec, held === 'float32' ? 'float16' : 'float32');
    (nodeOf(artifacts, 'first').attr as Record<string, object>)['params_layout'] = params_layout!;
    expect(() => {
      checkGraph(createGraph(artifacts));
    }).toThrow(must);
  });
});
