import {type BlockSpec, blockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {MODEL_BLOCKS} from '../helpers/blockCases.ts';

const reasonNotToFuse = (spec: BlockSpec, size: ImageSize, backend: string): Promise<string | null> =>
  blockKernelOf(backend)!.reasonNotToFuse({spec, size});

const mbConv = (channels: number): BlockSpec =>
  blockSpec({
    ...MODEL_BLOCKS.find(({spec}) => spec.order === 'expand-first' && spec.residual)!.spec,
    inChannels: channels,
    hiddenChannels: 6 * channels,
    outChannels: channels,
    groupWidth: 1,
  });

/** As `npm run bench -- --edges` measured it: one pixel leaves three quarters of a tile idle, and so do odd small images one by one. */
it.each([
  ['one pixel, much to multiply', 160, {batch: 1, height: 1, width: 1}, false],
  ['one pixel an image, much to multiply', 160, {batch: 8, height: 1, width: 1}, false],
  ['one pixel, little to multiply', 8, {batch: 1, height: 1, width: 1}, true],
  ['two pixels', 160, {batch: 1, height: 1, width: 2}, true],
  ['a batch of images of five pixels', 160, {batch: 8, height: 1, width: 5}, true],
  ['a batch of images of four pixels', 160, {batch: 8, height: 2, width: 2}, true],
  ['a batch of larger images', 160, {batch: 8, height: 7, width: 7}, true],
])('MBConv on wasm, %s', async (_, channels, size, fused) => {
  const reason = await reasonNotToFuse(mbConv(channels), size, 'wasm');
  if (fused) expect(reason).toBeNull();
  else expect(reason).toMatch(/^estimated no faster fused on wasm: [\d.]+ times the cost of stock ops$/);
});

it('says how much more the block would cost fused', async () => {
  const reason = (await reasonNotToFuse(mbConv(160), {batch: 1, height: 1, width: 1}, 'wasm'))!;
  expect(Number(/[\d.]+(?= times)/.exec(reason)![0])).toBeGreaterThan(1);
});

it.each([
  [160, {batch: 1, height: 1, width: 1}],
  [160, {batch: 8, height: 1, width: 5}],
  [8, {batch: 1, height: 1, width: 1}],
])('fuses all on webgpu: %i channels at %o', async (channels, size) => {
  expect(await reasonNotToFuse(mbConv(channels), size, 'webgpu')).toBeNull();
});

it('leaves alone what no plan fits', async () => {
  const huge = blockSpec({...mbConv(8), inChannels: 2 ** 21, residual: false});
  expect(await reasonNotToFuse(huge, {batch: 1, height: 2, width: 2}, 'wasm')).toMatch(/stock ops: the smallest tile/);
});

it('fuses every block of the models that the sweep has, at their sizes', async () => {
  for (const {spec, height, width} of MODEL_BLOCKS)
    expect(await reasonNotToFuse(spec, {batch: 1, height, width}, 'wasm')).toBeNull();
});
