/** What was built is what the rewrite finds: every block of every spelling, with the spec that it was built to. */
import type {io} from '@tensorflow/tfjs-core';

import {CONVNEXT_SPELLINGS, convNextArtifacts} from '../../models/convNext.ts';
import {convFirstArtifacts} from '../../models/convFirst.ts';
import {mbConvArtifacts, mobileNetV2Artifacts} from '../../models/mbConv.ts';
import type {Activation} from '../../ops/block.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {expectClose} from '../helpers/closeness.ts';
import {logitsOf} from '../helpers/networks.ts';

interface Built {
  readonly name: string;
  readonly imageSize: number;
  readonly artifacts: io.ModelArtifacts;
  /** What each block must be found as. */
  readonly blocks: readonly {hiddenChannels: number; groupWidth: number; stride: number; residual: boolean}[];
  readonly activation: Activation;
}

const convNexts: Built[] = CONVNEXT_SPELLINGS.map((spelling) => ({
  name: `ConvNeXt as ${spelling}`,
  imageSize: 36,
  artifacts: convNextArtifacts({imageSize: 36, widths: [8, 13], depths: [2, 1], classes: 10, spelling}),
  blocks: [32, 32, 52].map((hiddenChannels) => ({hiddenChannels, groupWidth: 1, stride: 1, residual: true})),
  activation: spelling === 'flax' ? 'gelu-tanh' : 'gelu',
}));

const convFirsts: Built[] = [1, 8].map((groupWidth) => ({
  name: `ConvFirst, group width ${groupWidth}`,
  imageSize: 21,
  artifacts: convFirstArtifacts({
    imageSize: 21,
    stages: [
      {width: 16, depth: 2, expansion: 6},
      {width: 24, depth: 2, expansion: 4},
    ],
    groupWidth,
    classes: 10,
  }),
  blocks: [
    {hiddenChannels: 96, groupWidth, stride: 1, residual: true},
    {hiddenChannels: 96, groupWidth, stride: 1, residual: true},
    {hiddenChannels: 64, groupWidth, stride: 2, residual: false},
    {hiddenChannels: 96, groupWidth, stride: 1, residual: true},
  ],
  activation: 'silu',
}));

const mbConvs: Built[] = (['same', 'pad'] as const).flatMap((strideBy) =>
  [1, 8].map((groupWidth) => ({
    name: `MBConv, group width ${groupWidth}, stride by ${strideBy}`,
    imageSize: 22,
    artifacts: mbConvArtifacts({
      imageSize: 22,
      stages: [
        {width: 8, depth: 2, stride: 1, expansion: 3},
        {width: 12, depth: 2, stride: 2, expansion: 4},
      ],
      groupWidth,
      strideBy,
      classes: 10,
    }),
    blocks: [
      {hiddenChannels: 24, groupWidth, stride: 1, residual: true},
      {hiddenChannels: 24, groupWidth, stride: 1, residual: true},
      {hiddenChannels: 32, groupWidth, stride: 2, residual: false},
      {hiddenChannels: 48, groupWidth, stride: 1, residual: true},
    ],
    activation: 'silu' as const,
  })),
);

beforeAll(() => {
  registerBlockFusion();
});

test.each([...convNexts, ...convFirsts, ...mbConvs])('$name', async ({imageSize, artifacts, blocks, activation}) => {
  const fused = await fuseModelArtifacts(artifacts);
  const found = fused.report.blocks.map(({spec}) => {
    const {hiddenChannels, groupWidth, stride, residual, hiddenActivation} = spec;
    return {hiddenChannels, groupWidth, stride, residual, hiddenActivation};
  });
  expect(found).toEqual(blocks.map((block) => ({...block, hiddenActivation: activation})));
  expectClose(await logitsOf(fused.artifacts, {imageSize}), await logitsOf(artifacts, {imageSize}), 1e-5);
});

test('MobileNetV2: 17 blocks, 10 of them with residual, the first without an expand layer', async () => {
  const small = {alpha: 0.35, imageSize: 37, classes: 10};
  const artifacts = mobileNetV2Artifacts(small);
  const fused = await fuseModelArtifacts(artifacts);
  const residuals = fused.report.blocks.map(({spec}) => spec.residual);
  expect([residuals.length, residuals.filter(Boolean).length]).toEqual([17, 10]);
  const [first, ...others] = fused.report.blocks.map(({spec}) => [spec.order, spec.hiddenActivation]);
  expect(first).toEqual(['separable', 'linear']);
  expect(new Set(others.map(String))).toEqual(new Set(['expand-first,relu6']));
  expectClose(await logitsOf(fused.artifacts, small), await logitsOf(artifacts, small), 1e-5);
});
