import type {Agreement, ChosenOutputs} from '../../src/compare/agreement.ts';
import {verdict} from '../../src/report/agreementText.ts';

const PLAIN: Agreement = {
  ...{maxAbsError: 1e-7, maxAbsOutput: 1.5, tolerance: 1e-5, passed: true, chosen: null},
  notFinite: {stock: 0, fused: 0},
};
const candidate = (name: string, maxAbsError: number) => ({name, maxAbsError, maxAbsOutput: 1, tolerance: 1e-5});
const CHOSEN: ChosenOutputs = {
  ...{outputs: ['a', 'b'], isAll: false, ops: ['TopKV2', 'ArgMax'], alike: false, maxAbsError: 17, maxAbsOutput: 90},
  ...{candidates: [candidate('boxes', 1e-7), candidate('scores', 2e-7)], others: {maxAbsError: 3e-7, maxAbsOutput: 2}},
};
const text = (chosen: Partial<ChosenOutputs> = {}, rest: Partial<Agreement> = {}): string[] =>
  verdict({...PLAIN, ...rest, chosen: {...CHOSEN, ...chosen}});

describe('verdict', () => {
  it('is a sentence where no output is chosen, and starts with a failure', () => {
    expect(verdict(PLAIN)).toEqual(['worst difference 1.0e-7 of outputs up to 1.5 (tolerance 1.0e-5): passed']);
    expect(verdict({...PLAIN, maxAbsError: 1, passed: false})).toEqual([
      'FAILED, so nothing was timed: worst difference 1.0e+0 of outputs up to 1.5 (tolerance 1.0e-5)',
    ]);
  });

  it('says of chosen outputs why their difference does not count, and what does', () => {
    expect(text()).toEqual([
      'passed: 2 outputs of the model are chosen (TopKV2, ArgMax), where a rounding error may change the order; so what goes into the choice is compared',
      'into the choice: worst difference 2.0e-7 of values up to 1.0 (tolerance 1.0e-5)',
      'other outputs: worst difference 3.0e-7 of values up to 2.0 (tolerance 1.0e-5)',
      'chosen outputs: worst difference 1.7e+1 of values up to 90, of another choice, which is not judged',
    ]);
  });

  it('has no other outputs where there are none, and says where both sides chose alike', () => {
    const [first, ...rest] = text({isAll: true, alike: true, maxAbsError: 0});
    expect(first).toMatch(/^passed: the outputs are chosen \(/);
    expect(rest).toHaveLength(2);
    expect(rest[1]).toBe('chosen outputs: worst difference 0 of values up to 90, of the same choice');
  });

  it('names what goes into the choice and differs', () => {
    const failed = text({candidates: [candidate('boxes', 1e-7), candidate('scores', 0.1)]}, {passed: false});
    expect(failed[0]).toMatch(/^FAILED, so nothing was timed: 2 outputs/);
    expect(failed[1]).toMatch(/worst difference 1\.0e-1 .*, in scores$/);
    expect(text({candidates: []})[1]).toBe('into the choice: nothing that the two sides compute');
  });
});
