import {betterPeak, type Peak} from '../../bench/speed/peak.ts';

describe('betterPeak', () => {
  const peak = (gmacsPerS: number, gbytesPerS: number | null): Peak => ({
    ...{gmacsPerS, gbytesPerS, loop: 'a', loops: {a: gmacsPerS}},
  });

  it('takes the higher rate, whichever comes first', () => {
    const [low, high] = [peak(10, null), peak(20, null)];
    expect(betterPeak(low, high)).toEqual(high);
    expect(betterPeak(high, low)).toEqual(high);
  });

  it('takes the higher bandwidth, whichever rate is the higher', () => {
    expect(betterPeak(peak(10, 7), peak(20, 5))).toEqual(peak(20, 7));
  });
});
