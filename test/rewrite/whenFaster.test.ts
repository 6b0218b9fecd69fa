import {type BlockSpec, blockSpec} from '../../ops/block.ts';
import {reasonNotToFuse} from '../../src/rewrite/whenFaster.ts';
import {MODEL_BLOCKS} from '../suites/blockCases.ts';

const mbConv = (channels: number): BlockSpec =>
  blockSpec({
    ...MODEL_BLOCKS.find(({spec}) => spec.order === 'expand-first' && spec.residual)!.spec,
    inChannels: channels,
    hiddenChannels: 6 * channels,
    outChannels: channels,
    groupWidth: 1,
  });

it.each([
  [
    160,
    {batch: 1, height: 1, width: 1},
    'a block of one pixel an image and much to multiply is no faster fused on wasm',
  ],
  [8, {batch: 1, height: 1, width: 1}, null],
  [160, {batch: 1, height: 1, width: 2}, null],
  [
    160,
    {batch: 8, height: 1, width: 5},
    'a batch of images of few pixels, no multiple of 4 is no faster fused on wasm',
  ],
  [160, {batch: 8, height: 2, width: 2}, null],
  [160, {batch: 8, height: 7, width: 7}, null],
])('MBConv of %i channels at %o', (channels, size, reason) => {
  expect(reasonNotToFuse(mbConv(channels), size, 'wasm')).toBe(reason);
});

it('fuses every block of the models that the sweep has, at their sizes', () => {
  for (const {spec, height, width} of MODEL_BLOCKS)
    expect(reasonNotToFuse(spec, {batch: 1, height, width}, 'wasm')).toBeNull();
});

it('has no kernel for other backends', () => {
  expect(reasonNotToFuse(mbConv(8), {batch: 1, height: 8, width: 8}, 'webgl')).toBe(
    'there is no fused kernel for backend webgl',
  );
});
