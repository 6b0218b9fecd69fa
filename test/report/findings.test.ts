import {blockSpec, describeBlock} from '../../ops/block.ts';
import {approximationGroups, misreadGroups, missGroups, unplannedKinds} from '../../src/report/findings.ts';
import {CONV_FIRST} from '../helpers/blockCases.ts';
import {plannedKind} from '../helpers/plannedKind.ts';

const SPEC = blockSpec(CONV_FIRST);
const block = (name: string) => ({name, rule: 'conv-first', spec: SPEC, replaced: []});

test('misses are grouped by their family and reason, the most first', () => {
  const miss = (rule: string, reason: string) => ({rule, root: 'r', at: 'a', reason});
  const groups = missGroups([
    miss('separable', 'no sum'),
    miss('expand-first', 'a conv of 3 groups'),
    miss('expand-first', 'a conv of 5 groups'),
  ]);
  expect(groups.map(({text, rows}) => [text, rows.length])).toEqual([
    ['MBConv: a conv of 3–5 groups', 2],
    ['depthwise separable: no sum', 1],
  ]);
});

test('ops that tfjs computes wrongly are named with what is wrong', () => {
  expect(misreadGroups([{name: 'a', op: 'Mod', reason: 'has the sign of the dividend'}])[0]!.text).toBe(
    'Mod: has the sign of the dividend',
  );
});

test('approximations of all blocks are one list', () => {
  const approximations = [{part: 'GELU', error: 1e-6}];
  expect(approximationGroups([{approximations}, {}, {approximations}])).toHaveLength(1);
});

test('kinds without a plan are those that no plan is of', () => {
  expect(unplannedKinds([block('a'), block('b')], []).map(({text, rows}) => [text, rows.length])).toEqual([
    [describeBlock(SPEC), 2],
  ]);
  expect(unplannedKinds([block('a')], [plannedKind(SPEC, 1)])).toEqual([]);
});
