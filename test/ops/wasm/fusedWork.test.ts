import {blockGeometry, type BlockSpec, blockSpec} from '../../../ops/block.ts';
import {fusedWork} from '../../../ops/wasm/fusedWork.ts';
import {planBlock} from '../../../ops/wasm/plan.ts';
import type {FusedCosts, Work} from '../../../ops/wasm/relativeCosts.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';

const SPEC = blockSpec(CONV_FIRST);
const SIZE = {batch: 1, height: 8, width: 8};
const MBCONV = blockSpec({
  ...{...CONV_FIRST, order: 'expand-first', groupWidth: 1},
  ...{spatialActivation: 'relu6', hiddenActivation: 'silu'},
});

function fused(spec: BlockSpec, size = SIZE): Work<FusedCosts> {
  const geometry = blockGeometry(spec, size.height, size.width);
  const plan = planBlock(spec, size, geometry);
  if (typeof plan === 'string') throw new Error(plan);
  return fusedWork({spec, size, geometry, plan});
}

it('of a conv-first block of one tile, counted by hand', () => {
  expect(fused(SPEC)).toEqual({
    f32_grouped_4x8: 64 * 72 * 16,
    gemmMac: 64 * (16 * 24 + 24 * 16),
    // Tiles of 4 pixels × 8 outputs.
    gemmTile: 16 * 3 + 16 * 2,
    dramWeight: 0,
    copiedValue: 64 * 16,
    transcendental: 64 * 24,
    step: 1,
    call: 1,
  });
});

it('of an expand-first block of one tile, counted by hand', () => {
  expect(fused(MBCONV)).toEqual({
    gemmMac: 64 * (16 * 24 + 24 * 16),
    gemmTile: 16 * 3 + 16 * 2,
    dramWeight: 0,
    transcendental: 64 * 24,
    f32_depthwise_k3_4x4: 64 * 9 * 24,
    step: 1,
    call: 1,
  });
});

const EXCITE = {channels: 8, activation: 'silu', gate: 'sigmoid', beforeActivation: false} as const;

it('of a separable block of one tile with squeeze-and-excite, counted by hand', () => {
  const separable = blockSpec({
    ...{...CONV_FIRST, order: 'separable', hiddenChannels: 16, groupWidth: 1, hiddenActivation: 'linear'},
    ...{outputActivation: 'silu', squeezeExcite: EXCITE},
  });
  expect(fused(separable, {...SIZE, batch: 2})).toEqual({
    f32_depthwise_k3_4x4: 2 * 64 * 9 * 16,
    copiedValue: 2 * 64 * 16,
    keptValue: 2 * 64 * 16,
    transcendental: 2 * 64 * 16,
    // Of both images together the products take a tile of four.
    gemmMac: 2 * 64 * 16 * 16 + 4 * 2 * 16 * 8,
    gemmTile: 2 * 16 * 2 + 1 + 2,
    dramWeight: 0,
    // Both sweeps of both images.
    step: 4,
    call: 1,
  });
});

it('keeps what a response norm sums', () => {
  const normed = blockSpec({...CONV_FIRST, responseNorm: {epsilon: 1e-6, normEpsilon: 0}});
  expect(fused(normed)).toEqual({...fused(SPEC), keptValue: 64 * 24, step: 2});
});

it('counts whole tiles: one pixel takes four, for each image, and five take six', () => {
  const size = {batch: 3, height: 1, width: 1};
  expect(fused(MBCONV, size).gemmMac).toBe(3 * 4 * (16 * 24 + 24 * 16));
  expect(fused(MBCONV, {batch: 1, height: 1, width: 5}).gemmMac).toBe(6 * (16 * 24 + 24 * 16));
  expect(fused(MBCONV, size).call).toBe(1);
});

it('expands no row twice where rows are kept, and halos again where tiles lie side by side', () => {
  const rows = (height: number, width: number): number =>
    fused(MBCONV, {batch: 1, height, width}).transcendental! / (width * 24);
  expect(rows(128, 8)).toBe(128);
  expect(rows(8, 1024)).toBeGreaterThan(8);
});

it('reads all weights from DRAM once a tile, where they are too many for a cache', () => {
  const large = blockSpec({...MBCONV, inChannels: 1024, hiddenChannels: 4096, outChannels: 1024});
  expect(fused(large, {batch: 1, height: 1, width: 1}).dramWeight).toBe(2 * 1024 * 4096);
});
