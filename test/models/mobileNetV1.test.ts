import {mobileNetV1Artifacts, mobileNetV1Size} from '../../models/mobileNetV1.ts';
import {itIsANetwork} from '../helpers/builtNetwork.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {anatomyOf} from '../helpers/networks.ts';

/** The published count of MobileNetV1 1.0, less one number a channel: each BatchNorm's scale is folded into its conv. */
const PUBLISHED_PARAMS = 4_231_976;
const NORMED_CHANNELS = 10_944;

it('MobileNetV1 1.0 has its paper’s 4.2 M parameters and 569 MMAC', () => {
  const size = mobileNetV1Size();
  expect(size.params).toBe(PUBLISHED_PARAMS - NORMED_CHANNELS);
  expect(size.macs / 1e6).toBeCloseTo(569, 0);
});

describe('a small MobileNetV1', () => {
  const small = {
    stemWidth: 8,
    blocks: [
      {width: 16, stride: 1},
      {width: 16, stride: 2},
      {width: 24, stride: 1},
      {width: 24, stride: 2},
    ],
    classes: 5,
  } as const;
  itIsANetwork((seed) => mobileNetV1Artifacts({...small, imageSize: 21, seed}), {imageSize: 21});

  it('is spelled as the real real-mobilenetv1', async () => {
    const {artifacts} = await readFixture('real-mobilenetv1');
    expect(anatomyOf(mobileNetV1Artifacts({...small, imageSize: 48}))).toEqual(anatomyOf(artifacts));
  });
});
