import {mobileNetV3Artifacts, mobileNetV3Size} from '../../models/mobileNetV3.ts';
import {itIsANetwork} from '../helpers/builtNetwork.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {anatomyOf, logitsOf, scaleOf} from '../helpers/networks.ts';

describe.each([
  // The published counts, less one number a channel: each BatchNorm's scale is folded into its conv.
  {variant: 'large', params: 5_483_032, normedChannels: 12_200, megaMacs: 219},
  {variant: 'small', params: 2_542_856, normedChannels: 6_056, megaMacs: 56},
] as const)('MobileNetV3 $variant', ({variant, params, normedChannels, megaMacs}) => {
  it(`has its paper’s ${params} parameters and ${megaMacs} MMAC`, () => {
    const size = mobileNetV3Size({variant});
    expect(size.params).toBe(params - normedChannels);
    expect(size.macs / (megaMacs * 1e6)).toBeCloseTo(1, 1);
  });

  it('gives logits of sensible scale', async () => {
    const scale = scaleOf(await logitsOf(mobileNetV3Artifacts({variant, imageSize: 64}), {imageSize: 64}));
    expect(scale).toBeGreaterThan(0.2);
    expect(scale).toBeLessThan(3);
  });
});

describe('a narrow MobileNetV3', () => {
  const narrow = {variant: 'small', alpha: 0.25, classes: 7} as const;
  itIsANetwork((seed) => mobileNetV3Artifacts({...narrow, imageSize: 32, seed}), {imageSize: 32});

  it('is spelled as the real real-mobilenetv3', async () => {
    const {artifacts} = await readFixture('real-mobilenetv3');
    const built = mobileNetV3Artifacts({...narrow, imageSize: [96, 64], pixels: 'bytes'});
    expect(anatomyOf(built)).toEqual(anatomyOf(artifacts));
  });
});
