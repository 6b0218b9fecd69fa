import {answerOf, gainOf} from '../../../web/src/compare/answer.ts';
import type {Agreement} from '../../../src/compare/agreement.ts';
import type {Comparison} from '../../../src/compare/compareModels.ts';

const AGREEMENT: Agreement = {
  notFinite: {stock: 0, fused: 0},
  maxAbsError: 3e-6,
  maxAbsOutput: 4.2,
  tolerance: 4.2e-5,
  passed: true,
  chosen: null,
};

describe('answerOf', () => {
  it('has the worst difference, how large outputs are, and what passes', () => {
    expect(answerOf(AGREEMENT)).toEqual({
      tone: 'good',
      heading: 'Same answer',
      lines: ['Worst difference 3.0e-6 of 4.2 (tolerance 4.2e-5).'],
    });
  });

  it('says what a difference of infinity is', () => {
    const {tone, lines} = answerOf({
      ...AGREEMENT,
      maxAbsError: Infinity,
      passed: false,
      notFinite: {stock: 0, fused: 7},
    });
    expect(tone).toBe('bad');
    expect(lines[0]).toMatch(/NaN or infinite are 0 of the stock side’s values and 7 of the fused/);
    expect(lines.join(' ')).not.toContain('Infinity');
  });

  it('says that nothing is timed where the answers differ', () => {
    const {heading, lines} = answerOf({...AGREEMENT, maxAbsError: 1, passed: false});
    expect(heading).toBe('Different answers');
    expect(lines[0]).toMatch(/1\.0e\+0 of 4\.2.*nothing was timed/);
  });

  it('warns of outputs that are none', () => {
    expect(answerOf({...AGREEMENT, maxAbsError: 0, maxAbsOutput: 0})).toMatchObject({tone: 'warn'});
    const {tone, lines} = answerOf({...AGREEMENT, notFinite: {stock: 10, fused: 10}});
    expect([tone, lines.at(-1)]).toEqual(['warn', expect.stringMatching(/^NaN or infinite are 10 values on both/)]);
  });

  it('says of chosen outputs what was compared', () => {
    const chosen = {
      ...{outputs: ['a'], isAll: true, ops: ['TopKV2'], alike: true, candidates: [], maxAbsError: 0, maxAbsOutput: 1},
      others: {maxAbsError: 0, maxAbsOutput: 0},
    };
    const {lines} = answerOf({...AGREEMENT, chosen});
    expect(lines[0]).toMatch(/^Passed: the outputs are chosen \(TopKV2\).*\.$/);
  });
});

describe('gainOf', () => {
  const timing = (medianMs: number) => ({medianMs, p10Ms: medianMs, p90Ms: medianMs, runs: 20});
  const compared = (changed: Partial<Comparison>) =>
    gainOf({
      ...({stock: timing(12.3), fused: timing(5.31), speedup: 2.316, blocksFused: 4, blocksBefore: 0} as Comparison),
      ...changed,
    });

  it('is the ratio, and both medians', () => {
    expect(compared({})).toEqual({
      factor: '2.32×',
      heading: 'as fast',
      line: '12.3 ms → 5.31 ms, medians of 20 samples each',
    });
  });

  it('claims nothing where no block was fused, or nothing was timed', () => {
    expect(compared({blocksFused: 0})).toMatchObject({
      factor: null,
      heading: 'Nothing to gain: no block was fused',
    });
    expect(compared({blocksFused: 0, blocksBefore: 3})!.heading).toContain('already');
    expect(compared({stock: null})).toBeNull();
  });
});
