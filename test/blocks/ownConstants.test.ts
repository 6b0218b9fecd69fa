/** Constants that a model stores rounded are its own: a fused block computes with them, or says how far it is off. */
import type {io} from '@tensorflow/tfjs-core';

import {decodeFloat16, encodeFloat16} from '../../ops/float16.ts';
import type {FusionReport} from '../../src/rewrite/report.ts';
import {expectClose} from '../helpers/closeness.ts';
import {attr} from '../helpers/smallGraphs.ts';
import {fuse, run, useCpu} from '../helpers/rewritten.ts';
import {
  convFirstModel,
  depthwise,
  expandFirstModel,
  type Piece,
  pointwise,
  type Sketch,
  layerNorm,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

/** Relative to the largest output: what accumulation in float32 makes. */
const OUTPUT_TOLERANCE = 1e-5;

const half = (value: number): number => decodeFloat16(encodeFloat16(Float32Array.of(value)))[0]!;

/** The model with every float stored as float16, as the converter's quantization does. */
function inFloat16(artifacts: io.ModelArtifacts): io.ModelArtifacts {
  const buffers = artifacts.weightData as ArrayBuffer[];
  const isFloat = artifacts.weightSpecs!.map(({dtype}) => dtype === 'float32');
  return {
    ...artifacts,
    weightSpecs: artifacts.weightSpecs!.map((spec, i) =>
      isFloat[i] ? {...spec, quantization: {dtype: 'float16', original_dtype: 'float32'}} : spec,
    ),
    weightData: buffers.map((buffer, i) =>
      isFloat[i] ? (encodeFloat16(new Float32Array(buffer)).buffer as ArrayBuffer) : buffer,
    ),
  };
}

async function expectOwnConstants(artifacts: io.ModelArtifacts, image?: number[]): Promise<FusionReport> {
  const {artifacts: fused, ...report} = await fuse(artifacts);
  expect(report.misses).toEqual([]);
  expect(report.blocks).toHaveLength(1);
  const expected = run(artifacts, image);
  expectClose(run(fused, image), expected, OUTPUT_TOLERANCE * Math.max(...expected.map(Math.abs)));
  return report;
}

const hardSwish =
  ({sixth = 1 / 6, three = 3, six = null as number | null} = {}): Piece =>
  (g, x) => {
    const shifted = g.add('AddV2', [x, g.scalar(three)]);
    const clipped =
      six === null ? g.add('Relu6', [shifted]) : g.add('Minimum', [g.add('Relu', [shifted]), g.scalar(six)]);
    return g.add('Mul', [g.add('Mul', [x, clipped]), g.scalar(sixth)]);
  };
const gelu =
  (rootHalf: number): Piece =>
  (g, x) => {
    const gate = g.add('AddV2', [g.scalar(1), g.add('Erf', [g.add('Mul', [x, g.scalar(rootHalf)])])]);
    return g.add('Mul', [g.add('Mul', [x, gate]), g.scalar(0.5)]);
  };
const geluTanh =
  (cubic: number, root: number): Piece =>
  (g, x) => {
    const cube = g.add('Mul', [g.add('Pow', [x, g.scalar(3)]), g.scalar(cubic)]);
    const gate = g.add('Tanh', [g.add('Mul', [g.add('AddV2', [x, cube]), g.scalar(root)])]);
    return g.add('Mul', [g.add('Mul', [x, g.scalar(0.5)]), g.add('AddV2', [gate, g.scalar(1)])]);
  };

describe('a hard-swish', () => {
  const rounded = hardSwish({sixth: half(1 / 6)});
  const both = (act: Piece): io.ModelArtifacts => expandFirstModel({act, norm: act});
  it.each([
    ['whose 1/6 is rounded to float16', both(rounded)],
    ['whose 1/6 is rounded to float16, in a model stored as float16', inFloat16(both(rounded))],
    ['in a model stored as float16 but for its 1/6', inFloat16(both(hardSwish()))],
    ['after the conv that comes first', convFirstModel({norm: rounded, act: rounded})],
  ])('%s keeps its scale', async (_, artifacts) => {
    const {blocks} = await expectOwnConstants(artifacts);
    expect(blocks[0]!.spec).toMatchObject({hiddenActivation: 'hard-swish', spatialActivation: 'hard-swish'});
    expect(blocks[0]!.approximations).toBeUndefined();
  });

  it('whose 3 is another number is left alone, with the error that it would make', async () => {
    const {blocks, misses} = await fuse(
      inFloat16(convFirstModel({norm: layerNorm(3), act: hardSwish({three: 3.002})})),
    );
    expect(blocks).toEqual([]);
    expect(misses.map(({reason}) => reason)).toContainEqual(
      expect.stringMatching(
        /^hard-swish with other constants: off by 0.000\d of its largest output, more than 0.00002$/,
      ),
    );
  });
});

describe('constants rounded to float16', () => {
  it.each([
    ['GELU by √½', gelu(Math.SQRT1_2), 'gelu'],
    ['ReLU6 cut beside 6', (g, x) => g.add('Minimum', [g.add('Relu', [x]), g.scalar(5.997)]), 'relu6'],
    [
      'SiLU of a scaled x',
      (g, x) => g.add('Mul', [x, g.add('Sigmoid', [g.add('Mul', [x, g.scalar(0.9995)])])]),
      'silu',
    ],
  ] as [string, Piece, string][])('of %s are kept', async (_, act, hiddenActivation) => {
    const {blocks} = await expectOwnConstants(inFloat16(convFirstModel({act})));
    expect(blocks[0]!.spec).toMatchObject({hiddenActivation});
    expect(blocks[0]!.approximations).toBeUndefined();
  });

  it('of GELU by tanh are kept but for the cubic term, which is reported', async () => {
    const act = geluTanh(0.044715, Math.sqrt(2 / Math.PI));
    const {blocks} = await expectOwnConstants(inFloat16(convFirstModel({act})));
    const [approximation, ...others] = blocks[0]!.approximations!;
    expect(others).toEqual([]);
    expect(approximation!.part).toBe('gelu-tanh');
    expect(approximation!.error).toBeGreaterThan(1e-7);
    expect(approximation!.error).toBeLessThan(2e-5);
  });
});

describe('LayerNorm over 24 channels, by a 1/24 that is rounded to float16', () => {
  const CHANNELS = 24;
  const IMAGE = [1, 5, 4, CHANNELS];
  const keep = {keep_dims: attr.bool(true)};
  const model = (meanOf: (g: Sketch, x: string) => string): io.ModelArtifacts => {
    const norm: Piece = (g, x) => {
      const mean = meanOf(g, x);
      const squares = g.add('Sum', [g.add('SquaredDifference', [x, mean]), g.ints(3)], keep);
      const variance = g.add('Mul', [squares, g.scalar(1 / CHANNELS)]);
      const inverse = g.add('Rsqrt', [g.add('AddV2', [variance, g.scalar(1e-3)])]);
      return g.add('Mul', [g.add('Sub', [x, mean]), g.add('Mul', [inverse, g.floats(CHANNELS)])]);
    };
    const [expand, project] = [pointwise(CHANNELS, 32), pointwise(32, CHANNELS)];
    return inFloat16(convFirstModel({conv: depthwise({channels: CHANNELS}), norm, expand, project}, IMAGE));
  };

  it('keeps it in epsilon and the scale where the variance is a sum', async () => {
    const {blocks} = await expectOwnConstants(
      model((g, x) => g.add('Mean', [x, g.ints(3)], keep)),
      IMAGE,
    );
    expect(blocks[0]!.approximations).toBeUndefined();
    expect(blocks[0]!.spec.layerNormEpsilon).toBeCloseTo(half(1e-3) / (24 * half(1 / 24)), 12);
  });

  it('is left alone where the mean is a sum', async () => {
    const byHand = model((g, x) => g.add('Mul', [g.add('Sum', [x, g.ints(3)], keep), g.scalar(1 / CHANNELS)]));
    const {blocks, misses} = await fuse(byHand);
    expect(blocks).toEqual([]);
    expect(misses.map(({reason}) => reason)).toEqual([expect.stringMatching(/^LayerNorm with other constants/)]);
  });
});
