import '@tensorflow/tfjs-backend-cpu';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io} from '@tensorflow/tfjs-core';
import {type Agreement, agreementOf} from '../../src/compare/agreement.ts';
import type {Difference} from '../../src/compare/difference.ts';
import {createGraph} from '../../src/graph/graph.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {artifactsOf, attr, int, type SmallGraph, type SmallWeight} from '../helpers/smallGraphs.ts';

/** A network that scores four candidates; what is done with the scores follows. */
const SCORES = {score: ['Mul', ['x', 'w']]} satisfies SmallGraph['nodes'];
const vector = (...data: number[]): SmallWeight => ({shape: [data.length], data: Float32Array.from(data)});
const scalar = (value: number): SmallWeight => ({shape: [], data: Float32Array.of(value)});

/** Two scores that differ by less than rounding, and lie the other way round on the other side. */
const STEP = 2 ** -23;
const NEAR = vector(0.25, 1, 1 + STEP, 0.5);
const TURNED = vector(0.25, 1 + STEP, 1, 0.5);
const FAR = vector(0.25, 1.001, 1, 0.5);

interface Model {
  readonly nodes: SmallGraph['nodes'];
  readonly weights?: Record<string, SmallWeight>;
  readonly outputs: readonly string[];
}

const TOP_K: Model = {
  nodes: {
    ...SCORES,
    top: ['TopKV2', ['score', 'two'], {sorted: attr.bool(true)}],
    place: ['Identity', ['top:1']],
    best: ['Identity', ['top']],
    other: ['Square', ['score']],
  },
  weights: {two: int(2)},
  outputs: ['place', 'best', 'other'],
};

/** Boxes side by side, so that none suppresses another. */
const NMS: Model = {
  nodes: {
    ...SCORES,
    kept: ['NonMaxSuppressionV5', ['boxes', 'score', 'three', 'half', 'low', 'none']],
    found: ['GatherV2', ['boxes', 'kept', 'axis']],
    scores: ['Identity', ['kept:1']],
  },
  weights: {
    boxes: {shape: [4, 4], data: Float32Array.from([0, 1, 2, 3].flatMap((i) => [i, i, i + 1, i + 1]))},
    ...{three: int(3), half: scalar(0.5), low: scalar(0.3), none: scalar(0), axis: int(0)},
  },
  outputs: ['found', 'scores'],
};

const ABOVE: Model = {
  nodes: {...SCORES, above: ['Greater', ['score', 'one']], where: ['Where', ['above']]},
  weights: {one: scalar(1)},
  outputs: ['where'],
};

function artifacts({nodes, weights = {}, outputs}: Model, w: SmallWeight): io.ModelArtifacts {
  const all = artifactsOf({inputs: {x: [4]}, weights: {w, ...weights}, nodes});
  const signature = {...all.signature, outputs: Object.fromEntries(outputs.map((name) => [name, {name: `${name}:0`}]))};
  return {...all, signature};
}

const toleranceOf = ({maxAbsOutput}: Difference): number => 1e-5 * Math.max(1, maxAbsOutput);

async function compare(stored: Model, fusedWeights: SmallWeight, fused: Model = stored): Promise<Agreement> {
  const held: GraphModel[] = [];
  const load = async (from: io.ModelArtifacts): Promise<GraphModel> => {
    const model = await tf.loadGraphModel(tf.io.fromMemory(from));
    held.push(model);
    return model;
  };
  const original = artifacts(stored, NEAR);
  const inputs = {x: tf.ones([4])};
  try {
    const sides = {stock: await load(original), fused: await load(artifacts(fused, fusedWeights))};
    const {numTensors} = tf.memory();
    const agreement = await agreementOf({...sides, graph: createGraph(original), inputs, toleranceOf});
    expect(tf.memory().numTensors).toBe(numTensors);
    return agreement;
  } finally {
    for (const model of held) model.dispose();
    inputs.x.dispose();
  }
}

describe('agreement', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is of the outputs alone where none is chosen', async () => {
    const plain: Model = {nodes: {...SCORES, out: ['Square', ['score']]}, outputs: ['out']};
    expect(await compare(plain, TURNED)).toMatchObject({
      passed: true,
      chosen: null,
      maxAbsOutput: expect.closeTo(1) as number,
    });
    expect(await compare(plain, FAR)).toMatchObject({passed: false, chosen: null});
  });

  it.each([
    ['top-k', TOP_K, 1, ['score']],
    ['non-max suppression', NMS, 1, ['score']],
    ['a threshold', ABOVE, 1, ['score']],
  ] as const)('of %s passes where rounding turns the choice, by what goes into it', async (_, model, error, names) => {
    const {passed, maxAbsError, chosen} = await compare(model, TURNED);
    expect(maxAbsError).toBe(error);
    expect(chosen).toMatchObject({maxAbsError: error, alike: false});
    expect(chosen!.candidates.map(({name}) => name)).toEqual(names);
    expect(chosen!.candidates[0]!.maxAbsError).toBeCloseTo(STEP, 9);
    expect(passed).toBe(true);
  });

  it.each([
    ['top-k', TOP_K],
    ['non-max suppression', NMS],
    ['a threshold', ABOVE],
  ])('of %s fails where what goes into it differs', async (_, model) => {
    const {passed, chosen} = await compare(model, FAR);
    expect(chosen!.candidates).toMatchObject([{name: 'score', maxAbsError: expect.closeTo(0.001, 5) as number}]);
    expect(passed).toBe(false);
  });

  it('judges outputs that were not chosen as ever', async () => {
    const wrong: Model = {...TOP_K, nodes: {...TOP_K.nodes, other: ['Neg', ['score']]}};
    expect(await compare(TOP_K, TURNED)).toMatchObject({
      passed: true,
      chosen: {outputs: ['place', 'best'], isAll: false},
    });
    expect(await compare(TOP_K, TURNED, wrong)).toMatchObject({
      passed: false,
      chosen: {others: {maxAbsError: expect.closeTo(2, 5) as number}},
    });
  });

  it('judges what comes after a choice that both sides made alike', async () => {
    const after = (scale: number): Model => ({
      ...NMS,
      nodes: {...NMS.nodes, refined: ['Mul', ['found', 'scale']]},
      weights: {...NMS.weights, scale: scalar(scale)},
      outputs: ['refined'],
    });
    expect(await compare(after(2), NEAR)).toMatchObject({passed: true, chosen: {alike: true, isAll: true}});
    expect(await compare(after(2), NEAR, after(2.1))).toMatchObject({passed: false, chosen: {alike: true}});
  });
});
