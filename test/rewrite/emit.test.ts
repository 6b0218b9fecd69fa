/** What of a model changes when a block is fused, and what does not. */
import type {io} from '@tensorflow/tfjs-core';

import {decodeBlockAttrs, FUSED_RESIDUAL_BLOCK, readRawBlockAttrs} from '../../ops/attrs.ts';
import {unpackParams} from '../../ops/packParams.ts';
import type {NodeDef} from '../../src/graph/graphDef.ts';
import {createWeights} from '../../src/graph/weights.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {VERSION} from '../../src/version.ts';
import {chain, CHANNELS, convFirstModel, depthwise, op, layerNorm} from '../helpers/sketch.ts';

interface Def {
  node: NodeDef[];
  library?: object;
}
const defOf = ({modelTopology}: io.ModelArtifacts): Def => modelTopology as Def;
const nodeOf = (artifacts: io.ModelArtifacts, name: string): NodeDef | undefined =>
  defOf(artifacts).node.find((node) => node.name === name);

const ROOT = 'AddV2_7';
const fuse = async (artifacts: io.ModelArtifacts): Promise<io.ModelArtifacts> =>
  (await fuseModelArtifacts(artifacts)).artifacts;

describe('a fused model', () => {
  it('has one node where the block was, of its root’s name, and its constant before it', async () => {
    const fused = await fuse(convFirstModel());
    expect(defOf(fused).node.map(({name, op: kind}) => [name, kind])).toEqual([
      ['x', 'Placeholder'],
      ['Relu_0', 'Relu'],
      [`${ROOT}/params`, 'Const'],
      [ROOT, FUSED_RESIDUAL_BLOCK],
      ['Abs_8', 'Abs'],
    ]);
    expect(nodeOf(fused, ROOT)!.input).toEqual(['Relu_0', `${ROOT}/params`]);
    expect(fused.weightSpecs!.map(({name}) => name)).toEqual([`${ROOT}/params`]);
  });

  it('holds the weights of the original, unchanged where nothing was folded', async () => {
    const original = convFirstModel();
    const fused = await fuse(original);
    const spec = decodeBlockAttrs(readRawBlockAttrs(nodeOf(fused, ROOT)!.attr!));
    const params = createWeights(fused).constant(`${ROOT}/params`)!.data as Float32Array;
    const {spatial, expand, project} = unpackParams(spec, params);
    const weights = createWeights(original);
    const values = original.weightSpecs!.map(({name}) => weights.constant(name)!.data);
    expect([spatial.weights, spatial.bias, expand!.weights, expand!.bias, project.weights, project.bias]).toEqual(
      values,
    );
  });

  it('says what was done to it', async () => {
    const fused = await fuse({...convFirstModel(), userDefinedMetadata: {mine: {a: 1}}});
    const blocks = [{name: ROOT, rule: 'conv-first'}];
    expect(fused.userDefinedMetadata).toEqual({mine: {a: 1}, blockFusion: {version: VERSION, layout: 1, blocks}});
  });

  it('keeps signature, format and what else the artifacts have', async () => {
    const original: io.ModelArtifacts = {...convFirstModel(), generatedBy: '2.15', convertedBy: 'converter'};
    const fused = await fuse(original);
    const changed = ['modelTopology', 'weightSpecs', 'weightData', 'userDefinedMetadata'];
    const rest = (artifacts: io.ModelArtifacts): object =>
      Object.fromEntries(Object.entries(artifacts).filter(([key]) => !changed.includes(key)));
    expect(rest(fused)).toEqual(rest(original));
    expect(Object.keys(rest(fused))).toEqual(['format', 'signature', 'generatedBy', 'convertedBy']);
  });

  it('keeps weights that the initializer or a function reads', async () => {
    const original = convFirstModel();
    const [first, second, third] = original.weightSpecs!.map(({name}) => name) as [string, string, string];
    defOf(original).library = {
      function: [{signature: {name: 'F'}, nodeDef: [{name: 'f', op: 'Identity', input: [`${first}:output:0`]}]}],
    };
    const modelInitializer = {node: [{name: second, op: 'Const'}]};
    const fused = await fuse({...original, modelInitializer});
    const names = fused.weightSpecs!.map(({name}) => name);
    expect(names).toEqual([first, second, `${ROOT}/params`]);
    expect(names).not.toContain(third);
    const [before, after] = [createWeights(original), createWeights(fused)];
    expect(after.bytes(first)).toEqual(before.bytes(first));
    expect(after.bytes(second)).toEqual(before.bytes(second));
  });

  it('keeps a weight that is a model output, or to be kept', async () => {
    const original = convFirstModel();
    const [first, second] = original.weightSpecs!.map(({name}) => name) as [string, string];
    const {outputs} = original.signature as {outputs: Record<string, {name: string}>};
    outputs['weight'] = {name: `${first}:0`};
    const {artifacts} = await fuseModelArtifacts(original, {keepNodes: [second]});
    expect(artifacts.weightSpecs!.map(({name}) => name)).toEqual([first, second, `${ROOT}/params`]);
  });

  it('keeps what was without a reader before', async () => {
    const original = convFirstModel();
    defOf(original).node.push({name: 'lonely', op: 'Relu', input: ['x']});
    expect(nodeOf(await fuse(original), 'lonely')).toBeDefined();
  });

  it('waits for what its nodes waited for', async () => {
    const original = convFirstModel();
    const {node} = defOf(original);
    node.push({name: 'first', op: 'NoOp'});
    const inside = node.find(({op: kind}) => kind === 'Sigmoid')!;
    const changed = {...inside, input: [...inside.input!, '^first', '^BiasAdd_2']};
    node.splice(node.indexOf(inside), 1, changed);
    expect(nodeOf(await fuse(original), ROOT)!.input).toEqual(['Relu_0', `${ROOT}/params`, '^first']);
  });

  it('has a name for its params that nobody has', async () => {
    const original = convFirstModel();
    defOf(original).node.push({name: `${ROOT}/params`, op: 'Relu', input: ['x']});
    expect(nodeOf(await fuse(original), ROOT)!.input).toEqual(['Relu_0', `${ROOT}/params_1`]);
  });

  it('reads the output of x that the block read', async () => {
    const halves = chain(op('Relu'), (g, x) => `${g.add('Unpack', [g.add('Pack', [x, x])])}:1`);
    const fused = await fuse(convFirstModel({stem: halves}));
    expect(defOf(fused).node.find(({op: kind}) => kind === FUSED_RESIDUAL_BLOCK)!.input![0]).toBe('Unpack_2:1');
  });

  it('passes NaN in the weights on to params', async () => {
    const original = convFirstModel({conv: depthwise({channels: CHANNELS})});
    const buffers = [original.weightData!].flat();
    new Float32Array(buffers[0]!)[3] = NaN;
    const params = createWeights(await fuse(original)).constant(`${ROOT}/params`)!.data;
    expect(Array.from(params).filter(Number.isNaN)).toHaveLength(1);
  });
});

test('a model with nothing to do comes out as it is', async () => {
  const artifacts = convFirstModel({norm: layerNorm(3), act: op('Softplus')});
  const {artifacts: result, report} = await fuseModelArtifacts(artifacts);
  expect(result).toBe(artifacts);
  expect([report.blocks, report.left, report.legalized]).toEqual([[], [], []]);
});
