import {efficientNetArtifacts, efficientNetSize} from '../../models/efficientNet.ts';
import {itIsANetwork} from '../helpers/builtNetwork.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {anatomyOf, logitsOf, scaleOf} from '../helpers/networks.ts';

/** The published count of EfficientNet-B0, less one number a channel: each BatchNorm's scale is folded into its conv. */
const PUBLISHED_PARAMS = 5_288_548;
const NORMED_CHANNELS = 21_008;

describe('EfficientNet-B0', () => {
  it('has its paper’s 5.3 M parameters and 390 MMAC', () => {
    const size = efficientNetSize();
    expect(size.params).toBe(PUBLISHED_PARAMS - NORMED_CHANNELS);
    expect(size.macs / 1e9).toBeCloseTo(0.39, 2);
  });

  it('gives logits of sensible scale', async () => {
    const scale = scaleOf(await logitsOf(efficientNetArtifacts({imageSize: 64}), {imageSize: 64}));
    expect(scale).toBeGreaterThan(0.2);
    expect(scale).toBeLessThan(3);
  });
});

const SMALL = {width: 0.25, depth: 0.35, classes: 7} as const;

describe('a small EfficientNet', () => {
  itIsANetwork((seed) => efficientNetArtifacts({...SMALL, imageSize: 32, seed}), {imageSize: 32});

  it('is spelled as the real real-efficientnet', async () => {
    const {artifacts} = await readFixture('real-efficientnet');
    expect(anatomyOf(efficientNetArtifacts({...SMALL, imageSize: 64, pixels: 'bytes'}))).toEqual(anatomyOf(artifacts));
  });

  it('with a fixed batch computes the same as with an open one', async () => {
    const of = (batch?: number) => efficientNetArtifacts({...SMALL, imageSize: 32, ...(batch ? {batch} : {})});
    const two = {imageSize: 32, batch: 2};
    expect(await logitsOf(of(2), two)).toEqual(await logitsOf(of(), two));
  });
});
