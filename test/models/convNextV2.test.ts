import {CONVNEXT_V2_ATTO, convNextV2Artifacts, convNextV2Size} from '../../models/convNextV2.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {itIsANetwork} from '../helpers/builtNetwork.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {anatomyOf} from '../helpers/networks.ts';

it('ConvNeXt V2 atto has its paper’s 3.7 M parameters and 0.55 GMAC', () => {
  const size = convNextV2Size(CONVNEXT_V2_ATTO);
  expect(size.params).toBe(3_708_400); // as published
  expect(size.macs / 1e9).toBeCloseTo(0.55, 2);
});

describe('a small ConvNeXt V2', () => {
  const small = {widths: [8, 13], depths: [2, 1], classes: 10} as const;
  itIsANetwork((seed) => convNextV2Artifacts({...small, imageSize: 36, seed}), {imageSize: 36});

  it('is spelled as the real real-convnextv2', async () => {
    const {artifacts} = await readFixture('real-convnextv2');
    const built = convNextV2Artifacts({imageSize: [40, 32], widths: [16, 24], depths: [2, 2], classes: 5});
    expect(anatomyOf(built)).toEqual(anatomyOf(artifacts));
  });

  it('is what stock TensorFlow.js runs as it is', () => {
    expect(legalizeArtifacts(convNextV2Artifacts({...small, imageSize: 36})).legalized).toEqual([]);
  });
});

it('widths and depths of different lengths are refused', () => {
  expect(() => convNextV2Artifacts({imageSize: 32, widths: [8, 16], depths: [1]})).toThrow(
    'convNextV2Artifacts: widths and depths must be of one length',
  );
});
