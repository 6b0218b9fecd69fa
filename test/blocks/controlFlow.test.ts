/** Blocks in loops and functions: fused where tfjs runs them as part of the graph, else left alone. */
import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

import type {NodeDef} from '../../src/graph/graphDef.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {fuse, OUTPUT_TOLERANCE, useCpu} from '../helpers/rewritten.ts';
import {chain, CHANNELS, convFirstModel, depthwise, HIDDEN, IMAGE, pointwise, silu, Sketch} from '../helpers/sketch.ts';

beforeAll(useCpu);

/** `for (i = 0; i < 3; i++) x += branch(x)`, as TensorFlow 1 writes it. */
function loop(): tf.io.ModelArtifacts {
  const g = new Sketch();
  const enter = (value: string): string => g.add('Enter', [value], {frame_name: attr.text('loop')});
  const constant = (value: number): string =>
    g.add('Enter', [g.int(value)], {frame_name: attr.text('loop'), is_constant: attr.bool(true)});
  const i = g.add('Merge', [enter(g.int(0)), 'next_i']);
  const x = g.add('Merge', [enter('x'), 'next_x']);
  const goesOn = g.add('LoopCond', [g.add('Less', [i, constant(3)])]);
  const [branchI, branchX] = [g.add('Switch', [i, goesOn]), g.add('Switch', [x, goesOn])];
  g.nodes['next_i'] = ['NextIteration', [g.add('AddV2', [`${branchI}:1`, constant(1)])]];
  const inside = g.add('Identity', [`${branchX}:1`]);
  const branch = chain(depthwise(), pointwise(CHANNELS, HIDDEN), silu, pointwise(HIDDEN, CHANNELS))(g, inside);
  g.nodes['next_x'] = ['NextIteration', [g.add('AddV2', [inside, branch])]];
  g.add('Relu', [g.add('Exit', [branchX])]);
  return g.artifacts(IMAGE);
}

async function runAsync(artifacts: tf.io.ModelArtifacts): Promise<ArrayLike<number>> {
  const model = loadGraphModelSync(artifacts);
  const size = IMAGE.reduce((a, b) => a * b);
  const x = tf.tensor(randomFloats(size, {seed: 7, scale: 1}), IMAGE);
  const y = (await model.executeAsync({x})) as tf.Tensor;
  const data = await y.data();
  tf.dispose([x, y]);
  model.dispose();
  return data;
}

test('a block in a loop of TensorFlow 1 is fused', async () => {
  const artifacts = loop();
  const {blocks, artifacts: fused} = await fuse(artifacts);
  expect(blocks.map(({spec}) => spec.residual)).toEqual([true]);
  const expected = Array.from(await runAsync(artifacts));
  expectClose(await runAsync(fused), expected, OUTPUT_TOLERANCE * Math.max(...expected.map(Math.abs)));
});

test('a block in a function, as the body of a While, is left alone', async () => {
  const {node} = convFirstModel().modelTopology as {node: NodeDef[]};
  const g = new Sketch();
  g.add('Relu', ['x']);
  const artifacts = g.artifacts(IMAGE);
  const library = {function: [{signature: {name: 'body'}, nodeDef: node}]};
  const model = {...artifacts, modelTopology: {...(artifacts.modelTopology as object), library}};
  const {blocks, artifacts: fused} = await fuse(model);
  expect(blocks).toEqual([]);
  expect(fused).toBe(model);
});
