import {betterPeak, type Peak} from '../../bench/peak.ts';

describe('betterPeak', () => {
  it('takes the higher rate, whichever comes first', () => {
    const [low, high]: Peak[] = [10, 20].map((gmacsPerS) => ({gmacsPerS, loop: 'a', loops: {a: gmacsPerS}}));
    expect(betterPeak(low!, high!)).toBe(high);
    expect(betterPeak(high!, low!)).toBe(high);
  });
});
