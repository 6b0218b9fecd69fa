import {
  CONVNEXT_SPELLINGS,
  CONVNEXT_TINY,
  convNextArtifacts,
  convNextSize,
  type ConvNeXtSpelling,
} from '../../models/convNext.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {expectClose, worstDifference} from '../helpers/closeness.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {anatomyOf, bytesOf, idleWeights, logitsOf, scaleOf} from '../helpers/networks.ts';

const SMALL = {imageSize: 20, widths: [8, 16], depths: [1, 2], classes: 10};

/** The paper's network, counted layer by layer as its authors' table gives it. */
function countByHand(): {params: number; macs: number} {
  const {widths, depths} = CONVNEXT_TINY;
  let params = 4 * 4 * 3 * 96 + 96 + 2 * 96;
  let macs = 56 ** 2 * 4 * 4 * 3 * 96;
  for (const [stage, c] of widths.entries()) {
    const pixels = (56 / 2 ** stage) ** 2;
    if (stage > 0) {
      const before = widths[stage - 1]!;
      params += 2 * before + 4 * before * c + c;
      macs += pixels * 4 * before * c;
    }
    params += depths[stage]! * (49 * c + c + 2 * c + 4 * c * c + 4 * c + 4 * c * c + c + c);
    macs += depths[stage]! * pixels * (49 * c + 8 * c * c);
  }
  return {params: params + 2 * 768 + 768 * 1000 + 1000, macs: macs + 768 * 1000};
}

describe('ConvNeXt-T', () => {
  test.each(CONVNEXT_SPELLINGS)('has its paper’s 28.6 M parameters and 4.46 GMAC as %s', (spelling) => {
    const size = convNextSize({...CONVNEXT_TINY, spelling});
    expect(size).toEqual(countByHand());
    expect(size.params / 1e6).toBeCloseTo(28.6, 1);
    expect(size.macs / 1e9).toBeCloseTo(4.46, 2);
  });
});

describe.each(CONVNEXT_SPELLINGS)('a small ConvNeXt as %s', (spelling) => {
  const artifacts = convNextArtifacts({...SMALL, spelling});

  test('gives logits of sensible scale', async () => {
    const logits = await logitsOf(artifacts, SMALL);
    expect(logits).toHaveLength(10);
    expect(scaleOf(logits)).toBeGreaterThan(0.3);
    expect(scaleOf(logits)).toBeLessThan(3);
  });

  test('has the weights of its seed', () => {
    const weights = bytesOf(artifacts);
    expect(bytesOf(convNextArtifacts({...SMALL, spelling}))).toEqual(weights);
    expect(bytesOf(convNextArtifacts({...SMALL, spelling, seed: 1}))).not.toEqual(weights);
  });

  test('needs every one of its weights', async () => {
    expect(await idleWeights(artifacts, SMALL)).toEqual([]);
  });
});

test('all spellings compute the same, but for the GELU of Flax', async () => {
  const logits = (spelling: ConvNeXtSpelling) => logitsOf(convNextArtifacts({...SMALL, spelling}), SMALL);
  const expected = await logits('keras-depthwise');
  for (const spelling of ['keras-grouped', 'keras-static', 'onnx2tf'] as const)
    expectClose(await logits(spelling), expected, 1e-5);
  const {worst} = worstDifference(await logits('flax'), expected);
  expect(worst).toBeLessThan(5e-3);
  expect(worst).toBeGreaterThan(1e-5);
});

test('stock tfjs needs no other spelling of keras-depthwise', () => {
  expect(legalizeArtifacts(convNextArtifacts({...SMALL, spelling: 'keras-depthwise'})).legalized).toEqual([]);
  expect(legalizeArtifacts(convNextArtifacts({...SMALL, spelling: 'keras-grouped'})).legalized).toHaveLength(3);
});

test.each([
  {
    spelling: 'keras-grouped',
    fixture: 'keras-convnext',
    widths: [16, 32, 64, 128],
    depths: [2, 1, 2, 1],
    imageSize: 32,
  },
  {
    spelling: 'keras-static',
    fixture: 'keras-convnext-static',
    widths: [16, 32, 64, 128],
    depths: [2, 1, 2, 1],
    imageSize: 32,
  },
  {spelling: 'keras-depthwise', fixture: 'keras-convnext-depthwise', widths: [24, 40], depths: [2, 2], imageSize: 40},
  {spelling: 'flax', fixture: 'flax-convnext', widths: [16, 24], depths: [2, 2], imageSize: 32},
] as const)('$spelling is spelled as the real $fixture', async ({fixture, ...options}) => {
  const {artifacts} = await readFixture(fixture);
  expect(anatomyOf(convNextArtifacts({...options, classes: 10}))).toEqual(anatomyOf(artifacts));
});

test('a batch of its own size, and an open one', async () => {
  const open = convNextArtifacts({...SMALL, spelling: 'keras-depthwise'});
  const fixed = convNextArtifacts({...SMALL, spelling: 'keras-depthwise', batch: 2});
  const two = {...SMALL, batch: 2};
  expectClose(await logitsOf(fixed, two), await logitsOf(open, two), 1e-6);
});

test('what cannot be built is refused', () => {
  expect(() => convNextArtifacts({...SMALL, depths: [1]})).toThrow(/widths and depths must be of one length/);
  expect(() => convNextArtifacts({...SMALL, spelling: 'flax', batch: 'open'})).toThrow(
    'convNextArtifacts: spelling flax: batch must be a number, got open; leave it out for 1',
  );
});
