/** Folding loses nothing but one rounding to float32, whatever the numbers. */
import type {io} from '@tensorflow/tfjs-core';

import {decodeBlockAttrs, FUSED_RESIDUAL_BLOCK, readRawBlockAttrs} from '../../ops/attrs.ts';
import {type BlockWeights, unpackParams} from '../../ops/packParams.ts';
import type {NodeDef} from '../../src/graph/graphDef.ts';
import {createWeights} from '../../src/graph/weights.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {worstDifference} from '../helpers/closeness.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {fuse, run, useCpu} from '../helpers/rewritten.ts';
import {
  chain,
  CHANNELS,
  convFirstModel,
  grouped,
  HIDDEN,
  type Piece,
  pointwise,
  scale,
  type SumPiece,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

const OUTPUT_TOLERANCE = 1e-5;
const bare: SumPiece = (_, branch) => branch;

/** The weights of the one block of a fused model. */
function weightsOf(fused: io.ModelArtifacts): BlockWeights {
  const {node} = fused.modelTopology as {node: NodeDef[]};
  const block = node.find(({op}) => op === FUSED_RESIDUAL_BLOCK)!;
  const params = createWeights(fused).constant(block.input![1]!)!.data as Float32Array;
  return unpackParams(decodeBlockAttrs(readRawBlockAttrs(block.attr!)), params);
}

/** The constants of a drawn model, in the order in which they were drawn. */
function constantsOf(artifacts: io.ModelArtifacts): readonly Float32Array[] {
  const weights = createWeights(artifacts);
  return artifacts.weightSpecs!.map(({name}) => weights.constant(name)!.data as Float32Array);
}

/** Whether the fused model's output differs by no more than accumulation makes it, however small or large it is. */
function expectSameTo(fused: io.ModelArtifacts, artifacts: io.ModelArtifacts): void {
  const expected = run(legalizeArtifacts(artifacts).artifacts);
  const largest = Math.max(...expected.map(Math.abs));
  expect(worstDifference(run(fused), expected).worst / largest).toBeLessThan(OUTPUT_TOLERANCE);
}

describe('a batch norm of tiny variance and large scale', () => {
  const EPSILON = Math.fround(1e-8);
  const channels = (f: (c: number) => number): Float32Array => Float32Array.from({length: CHANNELS}, (_, c) => f(c));
  const GAIN = channels((c) => 30 - 4 * c);
  const OFFSET = channels((c) => c / 7);
  const MEAN = channels((c) => 0.3 - c / 10);
  const VARIANCE = channels((c) => 1e-7 * (1 + c));
  const extreme: Piece = (g, x) => {
    const constants = [GAIN, OFFSET, MEAN, VARIANCE].map((data) => g.weight({shape: [CHANNELS], data}));
    return g.add('FusedBatchNormV3', [x, ...constants], {
      is_training: attr.bool(false),
      epsilon: attr.float(EPSILON),
    });
  };
  const artifacts = convFirstModel({conv: chain(scale(CHANNELS), grouped(8)), norm: extreme});

  it('is folded into the conv after a scale before it, each weight rounded once', async () => {
    const {spatial} = weightsOf((await fuse(artifacts)).artifacts);
    const [before, filter] = constantsOf(artifacts) as [Float32Array, Float32Array];
    const factor = Array.from(GAIN, (gain, c) => gain / Math.sqrt(VARIANCE[c]! + EPSILON));
    const expected = filter.map((weight, at) => {
      const output = at % CHANNELS;
      const input = output - (output % 8) + (Math.floor(at / CHANNELS) % 8);
      return weight * before[input]! * factor[output]!;
    });
    expect(spatial.weights).toEqual(expected);
    expect(spatial.bias).toEqual(channels((c) => OFFSET[c]! - MEAN[c]! * factor[c]!));
  });

  it('gives the original’s output', async () => {
    expectSameTo((await fuse(artifacts)).artifacts, artifacts);
  });
});

describe('a layer scale of 1e-6', () => {
  const GAMMA = Float32Array.from({length: CHANNELS}, (_, c) => 1e-6 * (1 + c / 3));
  const project: Piece = chain(pointwise(HIDDEN, CHANNELS), (g, x) =>
    g.add('Mul', [x, g.weight({shape: [CHANNELS], data: GAMMA})]),
  );
  const artifacts = convFirstModel({project, sum: bare});

  it.each(['keep', 'float32', 'float16'] as const)(
    'is folded, each weight rounded once, with storage %s',
    async (storage) => {
      const fused = (await fuseModelArtifacts(artifacts, {storage})).artifacts;
      const [matrix, bias] = constantsOf(artifacts).slice(-3) as [Float32Array, Float32Array];
      const {project: folded} = weightsOf(fused);
      expect(folded.weights).toEqual(matrix.map((weight, at) => weight * GAMMA[at % CHANNELS]!));
      expect(folded.bias).toEqual(bias.map((value, c) => value * GAMMA[c]!));
    },
  );

  it('gives the original’s output', async () => {
    expectSameTo((await fuse(artifacts)).artifacts, artifacts);
  });
});
