import {median, medianOfKnown, quantile, sumOfKnown, summarize} from '../../src/run/statistics.ts';

describe('quantile', () => {
  it.each([
    {sample: [7], q: 0.9, expected: 7},
    {sample: [1, 2], q: 0.5, expected: 1.5},
    {sample: [1, 2, 3, 4, 5], q: 0.1, expected: 1.4},
    {sample: [1, 2, 3, 4, 5], q: 0.9, expected: 4.6},
    {sample: [1, 2, 3, 4, 5], q: 0, expected: 1},
    {sample: [1, 2, 3, 4, 5], q: 1, expected: 5},
  ])('$q of $sample is $expected', ({sample, q, expected}) => {
    expect(quantile(sample, q)).toBeCloseTo(expected, 12);
  });

  it('takes the sample in any order, sorts by number and leaves it as it was', () => {
    const sample = [100, 9, 20];
    expect(quantile(sample, 0.5)).toBe(20);
    expect(sample).toEqual([100, 9, 20]);
  });

  it('is NaN of nothing', () => {
    expect(median([])).toBeNaN();
  });
});

describe('summarize', () => {
  it('is not moved by one slow run', () => {
    const steady = Array.from({length: 20}, () => 3);
    expect(summarize([...steady, 900])).toEqual({medianMs: 3, p10Ms: 3, p90Ms: 3, runs: 21});
  });
});

describe('of values that may not be known', () => {
  it.each([
    {values: [3, 1, 2], sum: 6, middle: 2},
    {values: [0, 0], sum: 0, middle: 0},
    {values: [3, null, 2], sum: null, middle: null},
    {values: [], sum: null, middle: null},
  ])('$values', ({values, sum, middle}) => {
    expect(sumOfKnown(values)).toBe(sum);
    expect(medianOfKnown(values)).toBe(middle);
  });
});
