import {type BlockSpec, blockSpec} from '../../ops/block.ts';
import {reasonNotToFuse} from '../../src/rewrite/whenFaster.ts';
import {MODEL_BLOCKS} from '../helpers/blockCases.ts';

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
  ['a batch of images of five pixels', 160, {batch: 8, height: 1, width: 5}, false],
  ['a batch of images of four pixels', 160, {batch: 8, height: 2, width: 2}, true],
  ['a batch of larger images', 160, {batch: 8, height: 7, width: 7}, true],
])('MBConv on wasm, %s', (_, channels, size, fused) => {
  const reason = reasonNotToFuse(mbConv(channels), size, 'wasm');
  if (fused) expect(reason).toBeNull();
  else expect(reason).toMatch(/^predicted no faster fused on wasm: [\d.]+ ms, and [\d.]+ ms by stock ops$/);
});

it('says the two times, of which the fused one is the longer', () => {
  const reason = reasonNotToFuse(mbConv(160), {batch: 1, height: 1, width: 1}, 'wasm')!;
  const [fused, stock] = reason.match(/[\d.]+(?= ms)/g)!.map(Number);
  expect(fused).toBeGreaterThan(stock!);
});

it.each([
  [160, {batch: 1, height: 1, width: 1}],
  [160, {batch: 8, height: 1, width: 5}],
  [8, {batch: 1, height: 1, width: 1}],
])('fuses all on webgpu: %i channels at %o', (channels, size) => {
  expect(reasonNotToFuse(mbConv(channels), size, 'webgpu')).toBeNull();
});

it('leaves alone what no plan fits', () => {
  const huge = blockSpec({...mbConv(8), inChannels: 2 ** 21, residual: false});
  expect(reasonNotToFuse(huge, {batch: 1, height: 2, width: 2}, 'wasm')).toMatch(/stock ops: the smallest tile/);
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
