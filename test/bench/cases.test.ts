import {CASES} from '../../bench/cases.ts';
import {ratesOf} from '../../bench/result.ts';
import {blockCost} from '../../ops/cost.ts';

describe('CASES', () => {
  it('have names of their own', () => {
    const names = CASES.map(({name}) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    // 56² pixels, 49 taps and two 96×384 matrices a channel row.
    ['convnext-56x56x96', 56 * 56 * (49 * 96 + 2 * 96 * 384)],
    ['convfirst-64x64x64', 64 * 64 * (9 * 8 * 64 + 2 * 64 * 384)],
    ['mbconv-16x16x256', 16 * 16 * (9 * 8 * 1024 + 2 * 256 * 1024)],
    ['mobilenetv2-14x14x64', 14 * 14 * (9 * 384 + 2 * 64 * 384)],
  ])('%s takes %i MACs', (name, macs) => {
    const found = CASES.find((each) => each.name === name)!;
    expect(found.kind === 'block' && blockCost(found.spec, found.size).macs.total).toBe(macs);
  });

  it.each([
    ['convnext-tiny', 4.46e9], // Liu et al. 2022, table 9
    ['mobilenet-v2', 0.3e9], // Sandler et al. 2018, table 4
  ])('%s takes as many MACs as its paper says', (name, macs) => {
    const found = CASES.find((each) => each.name === name)!;
    expect(found.kind === 'network' && found.macs() / macs).toBeCloseTo(1, 1);
  });
});

describe('ratesOf', () => {
  it('counts MACs per second of the medians, and their share of the peak', () => {
    const timing = (medianMs: number): {medianMs: number; p10Ms: number; p90Ms: number; runs: number} => ({
      medianMs,
      p10Ms: 0,
      p90Ms: 99,
      runs: 5,
    });
    const peak = {gmacsPerS: 20, loop: 'a', loops: {a: 20}};
    expect(ratesOf({stock: timing(10), fused: timing(4)}, 40e6, peak)).toMatchObject({
      speedup: 2.5,
      gmacsPerS: {stock: 4, fused: 10},
      shareOfPeak: {stock: 0.2, fused: 0.5},
    });
  });
});
