import {efficiencyGap} from '../../src/analysis/efficiencyGap.ts';

const PEAK = {opsPerS: 60e9};

describe('the efficiency gap', () => {
  it('lies between the ops at the peak and the time that it took', () => {
    const models = [
      {name: 'ConvNeXt-T', ops: 2 * 4.5e9, actualMs: 375, accuracy: 0.82},
      {name: 'at the peak', side: 'fused', ops: 60e6, actualMs: 1},
    ];
    expect(efficiencyGap(models, PEAK)).toEqual([
      {name: 'ConvNeXt-T', accuracy: 0.82, idealMs: 150, actualMs: 375, gapMs: 225, efficiency: 0.4},
      {name: 'at the peak', side: 'fused', accuracy: null, idealMs: 1, actualMs: 1, gapMs: 0, efficiency: 1},
    ]);
  });

  it('of a model that beats the peak is negative: the peak was measured too low', () => {
    expect(efficiencyGap([{name: 'm', ops: 120e6, actualMs: 1}], PEAK)).toMatchObject([{gapMs: -1, efficiency: 2}]);
  });

  it.each([
    ['ops', {ops: 0, actualMs: 1}],
    ['ops', {ops: NaN, actualMs: 1}],
    ['actualMs', {ops: 1, actualMs: 0}],
    ['actualMs', {ops: 1, actualMs: Infinity}],
    ['accuracy', {ops: 1, actualMs: 1, accuracy: 76}],
    ['accuracy', {ops: 1, actualMs: 1, accuracy: NaN}],
  ])('is refused where %s is absurd: %p', (what, model) => {
    expect(() => efficiencyGap([{name: 'm', ...model}], PEAK)).toThrow(`efficiencyGap: ${what} of m must be`);
  });

  it.each([0, -1, NaN, Infinity])('is refused at a peak of %s', (opsPerS) => {
    expect(() => efficiencyGap([], {opsPerS})).toThrow('opsPerS must be a positive number');
  });
});
