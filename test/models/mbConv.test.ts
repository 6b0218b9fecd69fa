import {mbConvArtifacts, mbConvSize, MOBILENET_V2, mobileNetV2Artifacts, mobileNetV2Size} from '../../models/mbConv.ts';
import {itIsANetwork} from '../helpers/builtNetwork.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {anatomyOf, logitsOf, scaleOf} from '../helpers/networks.ts';

const SMALL = {
  imageSize: 21,
  stages: [
    {width: 8, depth: 2, stride: 1, expansion: 2},
    {width: 16, depth: 2, stride: 2, expansion: 3},
  ],
  classes: 10,
} as const;

/** The published count of MobileNetV2 1.0, less one number a channel: each BatchNorm's scale is folded into its conv. */
const PUBLISHED_PARAMS = 3_504_872;

describe('MobileNetV2 1.0', () => {
  test('has its paper’s 3.5 M parameters and 300 MMAC', () => {
    const {stages, stemWidth, headWidth} = MOBILENET_V2;
    let scales = stemWidth + headWidth;
    let c: number = stemWidth;
    for (const {width, depth, expansion} of stages)
      for (let i = 0; i < depth; i++, c = width) scales += (expansion === 1 ? c : 2 * expansion * c) + width;
    const size = mobileNetV2Size();
    expect(size.params).toBe(PUBLISHED_PARAMS - scales);
    expect(size.macs / 1e6).toBeCloseTo(300.8, 1);
    expect(mbConvSize(MOBILENET_V2)).toEqual(size);
  });

  test('a narrow one is spelled as the real keras-mobilenetv2', async () => {
    const {artifacts} = await readFixture('keras-mobilenetv2');
    expect(anatomyOf(mobileNetV2Artifacts({alpha: 0.35, imageSize: 64, classes: 10}))).toEqual(anatomyOf(artifacts));
  });

  test('a narrow one gives logits of sensible scale', async () => {
    const small = {alpha: 0.35, imageSize: 35, classes: 10};
    const scale = scaleOf(await logitsOf(mobileNetV2Artifacts(small), small));
    expect(scale).toBeGreaterThan(0.2);
    expect(scale).toBeLessThan(3);
  });
});

describe.each([
  {groupWidth: 1, activation: 'relu6', strideBy: 'pad'},
  {groupWidth: 1, activation: 'silu', strideBy: 'same'},
  {groupWidth: 8, activation: 'silu', strideBy: 'same'},
  {groupWidth: 8, activation: 'relu', strideBy: 'pad'},
] as const)('a small MBConv with group width $groupWidth, $activation, stride by $strideBy', (variant) => {
  const options = {...SMALL, ...variant, headWidth: 24};
  itIsANetwork((seed) => mbConvArtifacts({...options, seed}), SMALL);
});

test('a grouped one is spelled as the real keras-mbconv-grouped', async () => {
  const {artifacts} = await readFixture('keras-mbconv-grouped');
  const stages = [
    {width: 16, depth: 2, stride: 1, expansion: 4},
    {width: 24, depth: 2, stride: 2, expansion: 4},
  ] as const;
  const built = mbConvArtifacts({imageSize: 32, stages, groupWidth: 8, classes: 10});
  expect(anatomyOf(built)).toEqual(anatomyOf(artifacts));
});

test('a group width that does not divide the hidden channels is refused', () => {
  expect(() => mbConvArtifacts({...SMALL, groupWidth: 24})).toThrow(
    'mbConvArtifacts: block 0: the group width must divide the hidden channels, got 24 for 16 channels',
  );
});
