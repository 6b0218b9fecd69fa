import {betterPeak, type Peak} from '../../bench/speed/peak.ts';

describe('betterPeak', () => {
  const peak = (gmacsPerS: number, gbytesPerS: number | null): Peak => ({
    ...{gmacsPerS, least: gmacsPerS, gbytesPerS, loop: 'a', loops: {a: gmacsPerS}},
  });

  it('takes the higher rate, whichever comes first', () => {
    const [low, high] = [peak(10, null), peak(20, null)];
    const both = {...high, least: 10};
    expect(betterPeak(low, high)).toEqual(both);
    expect(betterPeak(high, low)).toEqual(both);
  });

  it('takes the higher bandwidth, whichever rate is the higher', () => {
    expect(betterPeak(peak(10, 7), peak(20, 5))).toEqual({...peak(20, 7), least: 10});
  });
});
