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
