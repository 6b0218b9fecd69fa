import {CONVFIRST, convFirstArtifacts, convFirstSize} from '../../models/convFirst.ts';
import {itIsANetwork} from '../helpers/builtNetwork.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {anatomyOf} from '../helpers/networks.ts';

const SMALL = {
  imageSize: 20,
  stages: [
    {width: 8, depth: 2, expansion: 3},
    {width: 16, depth: 2, expansion: 2},
  ],
  classes: 10,
} as const;

/** Parameters and MACs of the network's blocks, stem and classifier, each counted by its formula. */
function countByHand({imageSize, stages, stem}: typeof CONVFIRST): {params: number; macs: number} {
  const first = stages[0].width;
  let side = imageSize / stem.stride;
  let params = stem.kernel ** 2 * 3 * first + first;
  let macs = side ** 2 * stem.kernel ** 2 * 3 * first;
  let c: number = first;
  for (const [stage, {width, depth, expansion}] of stages.entries())
    for (let i = 0; i < depth; i++, c = width) {
      if (stage > 0 && i === 0) side /= 2;
      const weights = 9 * 8 * c + expansion * c * c + expansion * c * width;
      params += weights + c + expansion * c + width;
      macs += side ** 2 * weights;
    }
  return {params: params + c * 1000 + 1000, macs: macs + c * 1000};
}

test('our ConvFirst network has the 6.8 M parameters and 1.29 GMAC that it says', () => {
  const size = convFirstSize(CONVFIRST);
  expect(size).toEqual(countByHand(CONVFIRST));
  expect(size.params / 1e6).toBeCloseTo(6.8, 1);
  expect(size.macs / 1e9).toBeCloseTo(1.29, 2);
});

describe.each([8, 1, 4])('a small ConvFirst with group width %i', (groupWidth) => {
  itIsANetwork((seed) => convFirstArtifacts({...SMALL, groupWidth, seed}), SMALL);
});

test('it is spelled as the real keras-convfirst', async () => {
  const {artifacts} = await readFixture('keras-convfirst');
  const stages = [
    {width: 16, depth: 2, expansion: 6},
    {width: 32, depth: 2, expansion: 6},
    {width: 64, depth: 3, expansion: 6},
  ];
  expect(anatomyOf(convFirstArtifacts({imageSize: 48, stages, classes: 10}))).toEqual(anatomyOf(artifacts));
});

test('a group width that divides no width is refused', () => {
  expect(() => convFirstArtifacts({...SMALL, groupWidth: 16})).toThrow(
    "convFirstArtifacts: the group width must divide every stage's width, got 16 for 8 channels",
  );
});
