import {outputDifference} from '../../src/compare/difference.ts';

describe('outputDifference', () => {
  it('finds the worst element over all outputs', () => {
    expect(outputDifference([[1, 2], [-9]], [[1, 2.5], [-8]])).toEqual({maxAbsError: 1, maxAbsOutput: 8});
  });

  it('takes NaN as equal to NaN, and to nothing else', () => {
    expect(outputDifference([[NaN, 1]], [[NaN, 1]]).maxAbsError).toBe(0);
    expect(outputDifference([[NaN]], [[Infinity]]).maxAbsError).toBe(Infinity);
    expect(outputDifference([[NaN]], [[1]]).maxAbsError).toBe(Infinity);
    expect(outputDifference([[1]], [[NaN]]).maxAbsError).toBe(Infinity);
  });

  it('takes infinities of one sign as equal', () => {
    expect(outputDifference([[Infinity]], [[Infinity]])).toEqual({maxAbsError: 0, maxAbsOutput: 0});
    expect(outputDifference([[-Infinity]], [[Infinity]]).maxAbsError).toBe(Infinity);
  });

  it('is infinite where outputs or elements are missing or too many', () => {
    expect(outputDifference([], [[1]]).maxAbsError).toBe(Infinity);
    expect(outputDifference([[1], [2]], [[1]]).maxAbsError).toBe(Infinity);
    expect(outputDifference([[1]], [[1, 2]]).maxAbsError).toBe(Infinity);
    expect(outputDifference([[1, 2]], [[1]]).maxAbsError).toBe(Infinity);
  });
});
