import {BATCHES, scheduled} from '../../bench/bundle/schedule.ts';
import {type BenchCase, CASES, mobileNetV2} from '../../bench/speed/cases.ts';

const BLOCK = mobileNetV2(14, [64, 64]);
const NETWORK = CASES.find(({name}) => name === 'mobilenet-v2')!;

const named = (cases: readonly BenchCase[], batches: readonly number[]): string[] =>
  scheduled(cases, batches).map(({bench, batch}) => `${bench.name} ${batch}`);

describe('scheduled', () => {
  it('has a batch after the other, and of each the blocks first', () => {
    expect(named([NETWORK, BLOCK], [1, 8])).toEqual([
      'mobilenetv2-14x14x64 1',
      'mobilenet-v2 1',
      'mobilenetv2-14x14x64 8',
      'mobilenet-v2 8',
    ]);
  });

  it('has each case of the bench at each batch once', () => {
    const names = named(CASES, BATCHES);
    expect(new Set(names).size).toBe(BATCHES.length * CASES.length);
    expect(names).toHaveLength(BATCHES.length * CASES.length);
  });
});
