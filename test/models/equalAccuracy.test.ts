import {readFileSync} from 'node:fs';
import {equalPairs, type FamilyModel} from '../../models/zoo/study/equalAccuracy.ts';
import {efficiencyGap} from '../../src/analysis/efficiencyGap.ts';

/** Ideal: a tenth of the fused time. */
function model(
  name: string,
  accuracy: number,
  [stockMs, fusedMs]: readonly [number, number],
  halfWidth = 0.01,
): FamilyModel {
  const gapOf = (actualMs: number): FamilyModel['stock'] =>
    efficiencyGap([{name, ops: fusedMs * 1e5, actualMs, accuracy}], {opsPerS: 1e9})[0]!;
  return {
    ...{name, family: name.split(' ')[0]!, accuracy, interval: [accuracy - halfWidth, accuracy + halfWidth]},
    ...{stock: gapOf(stockMs), fused: gapOf(fusedMs)},
  };
}

const names = (models: readonly FamilyModel[]): [string, string][] =>
  equalPairs(models, 'ours').map(({fused, stock}) => [fused.name, stock.name]);

describe('equalPairs', () => {
  it('pairs a stock model with the nearest of the family, by its fused time', () => {
    const pairs = equalPairs(
      [model('ours a', 0.9, [3, 2]), model('ours b', 0.92, [6, 4]), model('other', 0.905, [8, 5])],
      'ours',
    );
    expect(pairs).toMatchObject([{fused: {name: 'ours a'}, stock: {name: 'other'}, ratio: 4}]);
    expect(pairs[0]!.overlap).toBeCloseTo(0.015);
    // The fused one is compared by what fusing leaves of its gap.
    expect(pairs[0]!.fused.fused.gapMs).toBeCloseTo(1.8);
  });

  it('pairs none that the intervals tell apart, or that they touch at their ends', () => {
    expect(names([model('ours', 0.9, [3, 2]), model('other', 0.93, [8, 5])])).toEqual([]);
    expect(names([model('ours', 0.5, [3, 2], 0.25), model('other', 1, [8, 5], 0.25)])).toEqual([]);
  });

  it('pairs none whose intervals overlap by less than an interval of their difference asks for', () => {
    // √(0.01² + 0.01²) = 0.01414…
    expect(names([model('ours', 0.9, [3, 2]), model('other', 0.914, [8, 5])])).toEqual([['ours', 'other']]);
    expect(names([model('ours', 0.9, [3, 2]), model('other', 0.9143, [8, 5])])).toEqual([]);
    expect(names([model('ours', 0.9143, [3, 2]), model('other', 0.9, [8, 5])])).toEqual([]);
  });

  it('takes of an interval the side that faces the other one: 3 and 4 away, 5', () => {
    const lopsided = (fusedLow: number, stockHigh: number): [string, string][] =>
      names([
        {...model('ours', 0.95, [3, 2]), interval: [0.95 - fusedLow, 0.951]},
        {...model('other', 0.9, [8, 5]), interval: [0.899, 0.9 + stockHigh]},
      ]);
    expect(lopsided(0.031, 0.041)).toEqual([['ours', 'other']]);
    expect(lopsided(0.029, 0.039)).toEqual([]);
  });

  it('does not call the smallest ones of the zoo equal, which share 0.01 points', () => {
    const {models, pairs} = JSON.parse(readFileSync('bench/results/2026-11-21-epyc-zoo.jsonl', 'utf8')) as {
      models: FamilyModel[];
      pairs: Record<'fused' | 'stock', string>[];
    };
    const found = equalPairs(models, 'ConvFirst').map(({fused, stock}) => [fused.name, stock.name]);
    expect(found).toContainEqual(['convfirst-small', 'convnext-medium']);
    expect(found.filter(([, stock]) => stock === 'convnext-small')).toEqual([]);
    expect(pairs.map(({fused, stock}) => [fused, stock])).toEqual(found);
  });

  it('takes the smaller one of two that are as near', () => {
    const [large, small] = [model('ours large', 0.9, [9, 6]), model('ours small', 0.9, [3, 2])];
    expect(names([large, small, model('other', 0.9, [8, 5])])).toEqual([['ours small', 'other']]);
  });
});
