import {blockGeometry, type BlockSpec, blockSpec} from '../../../ops/block.ts';
import type {StockCosts, Work} from '../../../ops/wasm/relativeCosts.ts';
import {type StockFormName, stockWork} from '../../../ops/wasm/stockWork.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';

const SPEC = blockSpec(CONV_FIRST);
const MBCONV = blockSpec({...CONV_FIRST, order: 'expand-first', groupWidth: 1, spatialActivation: 'relu6'});

function stock(spec: BlockSpec, size = {batch: 1, height: 8, width: 8}): ReadonlyMap<StockFormName, Work<StockCosts>> {
  return stockWork(spec, size, blockGeometry(spec, size.height, size.width));
}

it('of a grouped block in the form that gathers, counted by hand', () => {
  expect(stock(SPEC).get('gather')).toEqual({
    convMac: 2 * 64 * 72 * 8 + 64 * (16 * 24 + 24 * 16),
    dramWeight: 0,
    indirection: 2 * 64 * 9,
    gathered: 64 * 16,
    vectorTranscendental: 64 * 24,
    // The groups' convs, their concat and gathers; expand, SiLU's two kernels, project, the sum.
    loadStore: 64 * (2 * 16 + 2 * 16 + 2 * 16 + 40 + 5 * 24 + 40 + 3 * 16),
    kernel: 2 + 1 + 2 + 1 + 2 + 1 + 1,
  });
});

const EXCITE = {channels: 8, activation: 'silu', gate: 'hard-sigmoid', beforeActivation: false} as const;

it('of squeeze-and-excite, counted by hand', () => {
  const plain = stock(MBCONV).get('depthwise')!;
  const excited = stock(blockSpec({...MBCONV, squeezeExcite: EXCITE})).get('depthwise')!;
  expect(excited).toEqual({
    ...plain,
    reducedValue: 64 * 24,
    convMac: plain.convMac! + 2 * 24 * 8,
    vectorTranscendental: plain.vectorTranscendental! + 8,
    // Two convs of a pixel, SiLU, the gate's three kernels, and the product with the gates.
    loadStore: plain.loadStore! + 2 * (24 + 8) + 5 * 8 + 6 * 24 + 2 * 64 * 24,
    kernel: plain.kernel! + 1 + 2 + 2 + 3 + 1,
  });
  const spatialActivation = 'relu6';
  const after = blockSpec({...MBCONV, spatialActivation, squeezeExcite: {...EXCITE, beforeActivation: true}});
  expect(stock(after).get('depthwise')!.kernel).toBe(excited.kernel! + 1);
});

it('of a response norm, an activation after the sum, and a separable block', () => {
  const plain = stock(SPEC).get('gather')!;
  const normed = stock(blockSpec({...SPEC, responseNorm: {epsilon: 1e-6, normEpsilon: 0}})).get('gather')!;
  expect(normed).toMatchObject({reducedValue: 64 * 24, kernel: plain.kernel! + 9});
  const activated = stock(blockSpec({...SPEC, outputActivation: 'relu'})).get('gather')!;
  expect(activated).toEqual({...plain, loadStore: plain.loadStore! + 2 * 64 * 16, kernel: plain.kernel! + 1});
  const separable = {...MBCONV, order: 'separable', hiddenChannels: 16, hiddenActivation: 'linear'} as const;
  const bare = blockSpec({...separable, residual: false, outputActivation: 'relu6'});
  expect(stock(bare).get('depthwise')).toEqual({
    depthwiseMac: 64 * 9 * 16,
    convMac: 64 * 16 * 16,
    dramWeight: 0,
    indirection: 0,
    loadStore: 4 * 64 * 16,
    kernel: 2,
  });
});

it('has every form in which stock tfjs can run the block', () => {
  expect([...stock(SPEC).keys()]).toEqual(['split', 'gather', 'zero-filled']);
  expect([...stock(MBCONV).keys()]).toEqual(['depthwise']);
  expect(stock(SPEC).get('zero-filled')?.convMac).toBe(64 * (9 * 16 * 16 + 2 * 16 * 24));
});

it('takes rows of four pixels, of one pixel one', () => {
  const macs = (width: number): number | undefined =>
    stock(MBCONV, {batch: 1, height: 1, width}).get('depthwise')?.convMac;
  expect(macs(1)).toBe(2 * 16 * 24);
  expect(macs(2)).toBe(4 * 2 * 16 * 24);
  expect(macs(5)).toBe(8 * 2 * 16 * 24);
});

it('takes several passes for a depthwise window of more than 25 taps', () => {
  const passes = (side: number): object => stock(blockSpec({...MBCONV, kernelSize: [side, side]})).get('depthwise')!;
  expect(passes(5)).toMatchObject({depthwiseMac: 64 * 25 * 24});
  expect(passes(7)).toMatchObject({multipassDepthwiseMac: 64 * 49 * 24});
  expect(passes(7)).not.toHaveProperty('depthwiseMac');
});
