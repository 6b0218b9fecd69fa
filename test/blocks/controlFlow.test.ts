/** Blocks in loops and functions: fused where tfjs runs them as part of the graph, else left alone. */
import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

import type {NodeDef} from '../../src/graph/graphDef.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {fuse, OUTPUT_TOLERANCE, useCpu} from '../helpers/rewritten.ts';
import {
  chain,
  CHANNELS,
  convFirstModel,
  depthwise,
  HEIGHT,
  HIDDEN,
  IMAGE,
  op,
  type Piece,
  pointwise,
  silu,
  Sketch,
  WIDTH,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

interface Loop {
  readonly times: number;
  /** What goes round, before the first time. */
  readonly start: string;
  /** From the counter and what goes round to what it is the next time; `constant` brings a value in from outside. */
  readonly body: (i: string, value: string, constant: (value: string) => string) => string;
}

/** Adds `for (i = 0; i < times; i++) value = body(i, value)`, as TensorFlow 1 writes it, and returns the last value. */
function addLoop(g: Sketch, {times, start, body}: Loop): string {
  const frame = attr.text('loop');
  const enter = (value: string): string => g.add('Enter', [value], {frame_name: frame});
  const constant = (value: string): string =>
    g.add('Enter', [value], {frame_name: frame, is_constant: attr.bool(true)});
  const i = g.add('Merge', [enter(g.int(0)), 'next_i']);
  const value = g.add('Merge', [enter(start), 'next_value']);
  const goesOn = g.add('LoopCond', [g.add('Less', [i, constant(g.int(times))])]);
  const [branchI, branch] = [g.add('Switch', [i, goesOn]), g.add('Switch', [value, goesOn])];
  g.nodes['next_i'] = ['NextIteration', [g.add('AddV2', [`${branchI}:1`, constant(g.int(1))])]];
  g.nodes['next_value'] = ['NextIteration', [body(`${branchI}:1`, `${branch}:1`, constant)]];
  return g.add('Exit', [branch]);
}

/** A block in a loop. */
function blockInLoop(): tf.io.ModelArtifacts {
  const g = new Sketch();
  const last = addLoop(g, {
    times: 3,
    start: 'x',
    body: (_, value) => {
      const inside = g.add('Identity', [value]);
      const branch = chain(depthwise(), pointwise(CHANNELS, HIDDEN), silu, pointwise(HIDDEN, CHANNELS))(g, inside);
      return g.add('AddV2', [inside, branch]);
    },
  });
  g.add('Relu', [last]);
  return g.artifacts(IMAGE);
}

/**
 * An MBConv behind a loop that puts each image into a list, as the Object Detection API prepares them: the network depends on the
 * input only by what goes round.
 */
function blockBehindMap(elementShape: (g: Sketch) => string, network: Piece): tf.io.ModelArtifacts {
  const g = new Sketch();
  const images = IMAGE[0]!;
  const element = {element_dtype: {type: 'DT_FLOAT'}};
  const list = addLoop(g, {
    times: images,
    start: g.add('TensorListReserve', [elementShape(g), g.int(images)], element),
    body: (i, value, constant) => {
      const image = g.add('GatherV2', [constant('x'), i, constant(g.int(0))]);
      return g.add('TensorListSetItem', [value, i, g.add('Mul', [image, constant(g.scalar(0.5))])], element);
    },
  });
  const stacked = g.add('TensorListStack', [list, elementShape(g)], {...element, num_elements: attr.int(images)});
  network(g, stacked);
  return g.artifacts(IMAGE);
}

const mbConv: Piece = (g, x) => {
  const layers = [pointwise(CHANNELS, HIDDEN), op('Relu6'), depthwise({channels: HIDDEN}), op('Relu6')];
  return g.add('Relu', [g.add('AddV2', [x, chain(...layers, pointwise(HIDDEN, CHANNELS))(g, x)])]);
};

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
  const artifacts = blockInLoop();
  const {blocks, artifacts: fused} = await fuse(artifacts);
  expect(blocks.map(({spec}) => spec.residual)).toEqual([true]);
  const expected = Array.from(await runAsync(artifacts));
  expectClose(await runAsync(fused), expected, OUTPUT_TOLERANCE * Math.max(...expected.map(Math.abs)));
});

describe('an MBConv behind a loop that fills a list', () => {
  const known = (g: Sketch): string => g.ints(HEIGHT, WIDTH, CHANNELS);
  const unknown = (g: Sketch): string => g.int(-1);
  const preprocessed: Piece = (g, x) => g.add('Sub', [g.add('Mul', [x, g.scalar(2)]), g.scalar(1)]);
  it.each([
    ['of images of a known shape', blockBehindMap(known, mbConv)],
    ['of images of an unknown shape', blockBehindMap(unknown, mbConv)],
    ['and preprocessing', blockBehindMap(unknown, chain(preprocessed, mbConv))],
  ])('%s is fused', async (_, artifacts) => {
    const {blocks, misses, artifacts: fused} = await fuse(artifacts);
    expect(misses).toEqual([]);
    expect(blocks.map(({spec}) => spec)).toEqual([expect.objectContaining({order: 'expand-first', residual: true})]);
    const expected = Array.from(await runAsync(artifacts));
    expectClose(await runAsync(fused), expected, OUTPUT_TOLERANCE * Math.max(...expected.map(Math.abs)));
  });
});

test('what is no block behind such a loop is missed with a reason', async () => {
  const dense: Piece = (g, x) => {
    const conv = g.add('Conv2D', [x, g.floats(3, 3, CHANNELS, CHANNELS)], {
      strides: attr.ints(1, 1, 1, 1),
      padding: attr.text('SAME'),
    });
    return g.add('Relu', [g.add('AddV2', [x, conv])]);
  };
  const {blocks, misses} = await fuse(blockBehindMap((g) => g.int(-1), dense));
  expect(blocks).toEqual([]);
  expect(misses.map(({reason}) => reason)).toEqual([expect.stringContaining('3×3')]);
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
