/** Blocks in loops and functions: fused where tfjs runs them as part of the graph, else left alone. */
import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

import type {AttrValue, NodeDef} from '../../src/graph/graphDef.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {attr, floats} from '../helpers/smallGraphs.ts';
import {fuse, OUTPUT_TOLERANCE, useCpu} from '../helpers/rewritten.ts';
import {
  chain,
  CHANNELS,
  convFirstModel,
  depthwise,
  expandFirstModel,
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

/** The block runs in the loop's body, on one image after the other. */
function blockInMap(): tf.io.ModelArtifacts {
  const g = new Sketch();
  const images = IMAGE[0]!;
  const element = {element_dtype: {type: 'DT_FLOAT'}};
  const shape = g.ints(HEIGHT, WIDTH, CHANNELS);
  const list = addLoop(g, {
    times: images,
    start: g.add('TensorListReserve', [shape, g.int(images)], element),
    body: (i, value, constant) => {
      const image = g.add('GatherV2', [constant('x'), i, constant(g.int(0))]);
      const batch = g.add('ExpandDims', [image, constant(g.int(0))]);
      const y = g.add('Squeeze', [mbConv(g, batch)], {squeeze_dims: attr.ints(0)});
      return g.add('TensorListSetItem', [value, i, y], element);
    },
  });
  g.add('TensorListStack', [list, shape], {...element, num_elements: attr.int(images)});
  return g.artifacts(IMAGE);
}

/** Whether the sum of all numbers is positive. */
function isPositive(g: Sketch): string {
  return g.add('Greater', [g.add('Sum', ['x', g.ints(0, 1, 2, 3)]), g.scalar(0)]);
}

/** The block runs on images of a positive sum. */
function blockInBranch(): tf.io.ModelArtifacts {
  const g = new Sketch();
  const branch = g.add('Switch', ['x', isPositive(g)]);
  g.add('Relu', [g.add('Merge', [g.add('Neg', [branch]), mbConv(g, g.add('Identity', [`${branch}:1`]))])]);
  return g.artifacts(IMAGE);
}

const trainingNorm =
  (of: (value: string) => string): Piece =>
  (g, x) => {
    const vectors = [g.weight(floats([CHANNELS], 3)), g.weight(floats([CHANNELS], 4))].map(of);
    const none = of(g.weight(floats([0])));
    return g.add('FusedBatchNormV3', [x, ...vectors, none, none], {epsilon: attr.float(1e-3)});
  };

function normInLoop(times: number): tf.io.ModelArtifacts {
  const g = new Sketch();
  const body = (_: string, value: string, constant: (value: string) => string): string =>
    g.add('Sin', [trainingNorm(constant)(g, value)]);
  g.add('Identity', [addLoop(g, {times, start: 'x', body})]);
  return g.artifacts(IMAGE);
}

/** The same without a loop. */
function normInRow(times: number): tf.io.ModelArtifacts {
  const g = new Sketch();
  let value = 'x';
  for (let i = 0; i < times; i++) value = g.add('Sin', [trainingNorm((vector) => vector)(g, value)]);
  g.add('Identity', [value]);
  return g.artifacts(IMAGE);
}

const mbConv: Piece = (g, x) => {
  const layers = [pointwise(CHANNELS, HIDDEN), op('Relu6'), depthwise({channels: HIDDEN}), op('Relu6')];
  return g.add('Relu', [g.add('AddV2', [x, chain(...layers, pointwise(HIDDEN, CHANNELS))(g, x)])]);
};

async function runAsync(artifacts: tf.io.ModelArtifacts, sign = 1): Promise<ArrayLike<number>> {
  const model = loadGraphModelSync(artifacts);
  const size = IMAGE.reduce((a, b) => a * b);
  const x = tf.tensor(
    randomFloats(size, {seed: 7, scale: 1}).map((v) => sign * Math.abs(v)),
    IMAGE,
  );
  const y = (await model.executeAsync({x})) as tf.Tensor;
  const data = await y.data();
  tf.dispose([x, y]);
  model.dispose();
  return data;
}

/** Runs a fused model beside stock, on an image of positive numbers and one of negative ones. */
async function expectSame(fused: tf.io.ModelArtifacts, artifacts: tf.io.ModelArtifacts): Promise<void> {
  for (const sign of [1, -1]) {
    const expected = Array.from(await runAsync(artifacts, sign));
    expectClose(await runAsync(fused, sign), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
  }
}

test('a block in a loop of TensorFlow 1 is fused', async () => {
  const artifacts = blockInLoop();
  const {blocks, artifacts: fused} = await fuse(artifacts);
  expect(blocks.map(({spec}) => spec.residual)).toEqual([true]);
  await expectSame(fused, artifacts);
});

test('a block in a loop that fills a list, each image by itself, is fused', async () => {
  const artifacts = blockInMap();
  const {blocks, misses, artifacts: fused} = await fuse(artifacts);
  expect(misses).toEqual([]);
  expect(blocks.map(({spec}) => spec.residual)).toEqual([true]);
  await expectSame(fused, artifacts);
});

test('a block in a branch of TensorFlow 1 is fused, whether it is taken or not', async () => {
  const artifacts = blockInBranch();
  const {blocks, artifacts: fused} = await fuse(artifacts);
  expect(blocks).toHaveLength(1);
  await expectSame(fused, artifacts);
});

test('what stock computes wrongly in a loop of TensorFlow 1 is legalized there', async () => {
  const [looped, straight] = [normInLoop(3), normInRow(3)];
  const {legalized, artifacts: fused} = await fuse(looped);
  expect(legalized.map(({from}) => from)).toEqual(['FusedBatchNormV3: training mode']);
  await expectSame(fused, (await fuse(straight)).artifacts);
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

/** A function of a library, its nodes drawn like a model's. */
function libraryFunction(name: string, model: tf.io.ModelArtifacts, outputs: Record<string, string>): object {
  const {node} = model.modelTopology as {node: NodeDef[]};
  const named = Object.keys(outputs).map((output) => ({name: output, type: 'DT_FLOAT'}));
  return {
    signature: {name, inputArg: named.map((arg, i) => ({...arg, name: ['x', 'i'][i]})), outputArg: named},
    nodeDef: node.filter(({op: each}) => each !== 'Placeholder'),
    ret: outputs,
  };
}

const lastOf = (model: tf.io.ModelArtifacts): string =>
  `${(model.modelTopology as {node: NodeDef[]}).node.at(-1)!.name}:z:0`;

/** A block of its own names and weights, as a function's body. */
function blockOfFunction(): tf.io.ModelArtifacts {
  const model = expandFirstModel();
  const prefixed = (name: string): string => (name === 'x' ? name : `f_${name}`);
  const {node} = model.modelTopology as {node: NodeDef[]};
  return {
    ...model,
    modelTopology: {
      node: node.map((def) => ({...def, name: prefixed(def.name), input: (def.input ?? []).map(prefixed)})),
    },
    weightSpecs: model.weightSpecs!.map((spec) => ({...spec, name: prefixed(spec.name)})),
  };
}

/** A block before and after an op that calls functions, of which `first` has a block. */
function calling(
  add: (g: Sketch, x: string) => string,
  functions: (block: tf.io.ModelArtifacts) => object[],
): tf.io.ModelArtifacts {
  const g = new Sketch();
  const inside = blockOfFunction();
  g.add('Relu', [mbConv(g, add(g, g.add('Identity', [mbConv(g, g.add('Relu6', ['x']))])))]);
  const model = g.artifacts(IMAGE);
  return {
    ...model,
    modelTopology: {...(model.modelTopology as object), library: {function: functions(inside)}},
    weightSpecs: [...model.weightSpecs!, ...inside.weightSpecs!],
    weightData: [...(model.weightData as ArrayBuffer[]), ...(inside.weightData as ArrayBuffer[])],
  };
}

const calls = (name: string): AttrValue => ({func: {name}});

const whileModel = (name: string): tf.io.ModelArtifacts => {
  const step: NodeDef[] = [
    {name: 'f_one', op: 'OnesLike', input: ['i']},
    {name: 'f_next', op: 'AddV2', input: ['i', 'f_one']},
  ];
  return calling(
    (g, x) => g.add(name, [x, g.scalar(0)], {body: calls('body'), cond: calls('cond')}),
    (block) => {
      const body = libraryFunction('body', block, {y: lastOf(block), next: 'f_next:z:0'}) as {nodeDef: NodeDef[]};
      const test: NodeDef[] = [
        {name: 'g_one', op: 'OnesLike', input: ['i']},
        {name: 'g_two', op: 'AddV2', input: ['g_one', 'g_one']},
        {name: 'g_less', op: 'Less', input: ['i', 'g_two']},
      ];
      const cond = libraryFunction('cond', block, {goes: 'g_less:z:0', on: 'g_less:z:0'});
      return [
        {...body, nodeDef: [...body.nodeDef, ...step]},
        {...cond, nodeDef: test},
      ];
    },
  );
};

const ifModel = (name: string): tf.io.ModelArtifacts =>
  calling(
    (g, x) => g.add(name, [isPositive(g), x], {then_branch: calls('then'), else_branch: calls('else')}),
    (block) => [
      libraryFunction('then', block, {y: lastOf(block)}),
      {...libraryFunction('else', block, {y: 'g_neg:y:0'}), nodeDef: [{name: 'g_neg', op: 'Neg', input: ['x']}]},
    ],
  );

test.each([
  ['While', whileModel('While')],
  ['StatelessWhile', whileModel('StatelessWhile')],
  ['If', ifModel('If')],
  ['StatelessIf', ifModel('StatelessIf')],
])('blocks around a %s are fused, and its functions stay as they are', async (_, artifacts) => {
  const {blocks, artifacts: fused} = await fuse(artifacts);
  expect(blocks.map(({spec}) => spec.residual)).toEqual([true, true]);
  const libraryOf = ({modelTopology}: tf.io.ModelArtifacts): unknown => (modelTopology as {library: object}).library;
  expect(libraryOf(fused)).toBe(libraryOf(artifacts));
  const names = fused.weightSpecs!.map(({name}) => name);
  expect(names).toEqual(expect.arrayContaining(blockOfFunction().weightSpecs!.map(({name}) => name)));
  await expectSame(fused, artifacts);
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
