/** Traces of models whose size is known from their papers: every kernel counted, and the sum worked out by hand. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import type {io} from '@tensorflow/tfjs-core';
import {CONVNEXT_TINY, convNextArtifacts} from '../../models/convNext.ts';
import {blazeFaceArtifacts, blazeFaceSize} from '../../models/blazeFace.ts';
import {CONVNEXT_V2_ATTO, convNextV2Artifacts, convNextV2Size} from '../../models/convNextV2.ts';
import {efficientNetArtifacts, efficientNetSize} from '../../models/efficientNet.ts';
import {mobileNetV2Artifacts} from '../../models/mbConv.ts';
import {mobileNetV1Artifacts, mobileNetV1Size} from '../../models/mobileNetV1.ts';
import {mobileNetV3Artifacts, mobileNetV3Size} from '../../models/mobileNetV3.ts';
import {kernelCost} from '../../src/analysis/cost/kernelCost.ts';
import {type Trace, traceModel} from '../../src/analysis/trace.ts';
import {modelInputs, randomInputs} from '../../src/run/inputs.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {FIXTURE_CASES, readFixture} from '../helpers/fixtures.ts';

beforeAll(() => tf.setBackend('wasm'));

async function traced(artifacts: io.ModelArtifacts, side: 'stock' | 'fused'): Promise<Trace> {
  const handler = tf.io.fromMemory(side === 'stock' ? legalizeArtifacts(artifacts).artifacts : artifacts);
  const model =
    side === 'stock' ? await tf.loadGraphModel(handler) : await loadFusedGraphModel(handler, {blocks: 'all', tf});
  const inputs = randomInputs(modelInputs(model));
  const trace = await traceModel(model, inputs, {runs: 1});
  tf.dispose(inputs);
  model.dispose();
  return trace;
}

/** Every kernel has its rule, and what they compute is the products alone. */
function macsOf({kernels, failure}: Trace): number {
  expect(failure).toBeNull();
  const costs = kernels.map((kernel) => kernelCost(kernel));
  expect(kernels.filter((_, i) => costs[i] === null).map(({name}) => name)).toEqual([]);
  return costs.reduce((sum, cost) => sum + cost!.macs, 0);
}

const parameters = ({weightSpecs = []}: io.ModelArtifacts): number =>
  weightSpecs
    .filter(({dtype, shape}) => dtype === 'float32' && shape.length > 0)
    .reduce((sum, {shape}) => sum + shape.reduce((product, size) => product * size, 1), 0);

describe.each([
  {name: 'ConvNeXt-T', depths: CONVNEXT_TINY.depths, gigaMacs: 4.46, millionParameters: 28.6},
  {name: 'ConvNeXt-S', depths: [3, 3, 27, 3], gigaMacs: 8.68, millionParameters: 50.2},
])('$name', ({depths, gigaMacs, millionParameters}) => {
  // At a seventh of its size each layer has a 49th of its pixels, but the head, whose one pixel is the average.
  const artifacts = convNextArtifacts({...CONVNEXT_TINY, depths, imageSize: 32});
  const head = 768 * 1000;

  it.each(['stock', 'fused'] as const)(`has ${gigaMacs} GMAC, %s`, async (side) => {
    const macs = macsOf(await traced(artifacts, side));
    // Stem 4×4 of 3; blocks 49 + 8·C a channel; downsampling 2×2: pixels × channels × taps.
    const blocks = [64 * 96, 16 * 192, 4 * 384, 768].map((outputs, i) => outputs * depths[i]! * (49 + 8 * 96 * 2 ** i));
    const downsampling = [16 * 192 * 4 * 96, 4 * 384 * 4 * 192, 768 * 4 * 384];
    const all = [64 * 96 * 48, ...blocks, ...downsampling, head];
    expect(macs).toBe(all.reduce((sum, layer) => sum + layer, 0));
    expect((49 * (macs - head) + head) / 1e9).toBeCloseTo(gigaMacs, 2);
  });

  it(`has ${millionParameters} M parameters`, () => {
    expect(parameters(artifacts) / 1e6).toBeCloseTo(millionParameters, 1);
  });
});

describe('MobileNetV2 1.0', () => {
  const artifacts = mobileNetV2Artifacts();

  it.each(['stock', 'fused'] as const)('has 300 MMAC, %s', async (side) => {
    // The paper’s table: expansion, channels, blocks and first stride of a stage, on 112×112×32 of the stem.
    const stages = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]] as const; // prettier-ignore
    let macs = 112 ** 2 * 27 * 32;
    let [size, channels] = [112, 32];
    for (const [expansion, width, depth, firstStride] of stages)
      for (let block = 0; block < depth; block++) {
        const hidden = expansion * channels;
        if (expansion > 1) macs += size ** 2 * channels * hidden;
        size /= block === 0 ? firstStride : 1;
        macs += size ** 2 * hidden * (9 + width);
        channels = width;
      }
    macs += 7 ** 2 * 320 * 1280 + 1280 * 1000;
    expect(macsOf(await traced(artifacts, side))).toBe(macs);
    expect(macs / 1e6).toBeCloseTo(300, -1);
  });
});

describe('MobileNetV2 of other widths', () => {
  // As published with the models, in TensorFlow's own repository.
  it.each([
    [0.35, 59],
    [0.5, 97],
    [0.75, 209],
    [1.4, 582],
  ])('of %s has %i MMAC', async (alpha, megaMacs) => {
    const macs = macsOf(await traced(mobileNetV2Artifacts({alpha}), 'stock'));
    expect(macs / 1e6).toBeCloseTo(megaMacs, 0);
  });
});

describe('networks of other blocks', () => {
  it.each([
    {name: 'EfficientNet-B0', artifacts: efficientNetArtifacts(), size: efficientNetSize()},
    {
      name: 'MobileNetV3 large',
      artifacts: mobileNetV3Artifacts({variant: 'large'}),
      size: mobileNetV3Size({variant: 'large'}),
    },
    {name: 'MobileNetV1', artifacts: mobileNetV1Artifacts(), size: mobileNetV1Size()},
    {name: 'BlazeFace', artifacts: blazeFaceArtifacts(), size: blazeFaceSize()},
    {
      name: 'ConvNeXt V2 atto',
      artifacts: convNextV2Artifacts(CONVNEXT_V2_ATTO),
      size: convNextV2Size(CONVNEXT_V2_ATTO),
    },
  ])('$name has as many MACs as its layers add up to', async ({artifacts, size}) => {
    expect(macsOf(await traced(artifacts, 'stock'))).toBe(size.macs);
    expect(macsOf(await traced(artifacts, 'fused'))).toBe(size.macs);
  });
});

describe.each(FIXTURE_CASES)('the converted model $name', ({name}) => {
  it('computes as much fused as stock, on cpu as on wasm', async () => {
    const {artifacts} = await readFixture(name);
    const stock = macsOf(await traced(artifacts, 'stock'));
    expect(stock).toBeGreaterThan(0);
    expect(macsOf(await traced(artifacts, 'fused'))).toBe(stock);
    await tf.setBackend('cpu');
    expect(macsOf(await traced(artifacts, 'stock'))).toBe(stock);
    await tf.setBackend('wasm');
  });
});
