/** Whether both sides give the same answer, and what fusing gains, in words for the top of the results. */
import type {Agreement} from '../../../src/compare/agreement.ts';
import type {Comparison} from '../../../src/compare/compareModels.ts';
import {verdict} from '../../../src/report/agreementText.ts';
import {count} from '../../../src/report/alike.ts';
import {ms} from '../../../src/report/comparisonFigures.ts';
import {shortNumber} from '../../../src/report/plansText.ts';

export interface Answer {
  readonly tone: 'good' | 'warn' | 'bad';
  readonly heading: string;
  readonly lines: readonly string[];
}

/** Returns the worst difference, and what it means. */
export function answerOf(agreement: Agreement): Answer {
  const {passed, chosen, notFinite, maxAbsError, maxAbsOutput, tolerance} = agreement;
  if (chosen !== null)
    return {
      tone: passed ? 'good' : 'bad',
      heading: passed ? 'Same answer' : 'Different answers',
      lines: verdict(agreement).map(asSentence),
    };
  const limit = `(tolerance ${shortNumber(tolerance)})`;
  if (!Number.isFinite(maxAbsError))
    return {
      tone: 'bad',
      heading: 'Different answers',
      lines: [
        `NaN or infinite are ${notFinite.stock} of the stock side’s values and ${notFinite.fused} of the fused side’s. So nothing was timed.`,
        REPORT,
      ],
    };
  const worst = `Worst difference ${shortNumber(maxAbsError)} of ${shortValue(maxAbsOutput)} ${limit}.`;
  if (!passed) return {tone: 'bad', heading: 'Different answers', lines: [`${worst} So nothing was timed.`, REPORT]};
  if (notFinite.stock > 0)
    return {
      tone: 'warn',
      heading: 'Same answer, with NaN',
      lines: [
        worst,
        `NaN or infinite ${notFinite.stock === 1 ? 'is 1 value' : `are ${notFinite.stock} values`} on both sides: so the model answers these random inputs, fused or not.`,
      ],
    };
  if (maxAbsOutput === 0)
    return {
      tone: 'warn',
      heading: 'Same answer, but nothing in it',
      lines: ['Every output is 0 on both sides: check the model’s weights.'],
    };
  return {tone: 'good', heading: 'Same answer', lines: [worst]};
}

const REPORT = 'This should not happen: please report the model.';

export interface Gain {
  /** As in 2.31×; null where nothing can be said. */
  readonly factor: string | null;
  readonly heading: string;
  readonly line: string;
}

/** Returns what fusing gains; null where the sides do not agree, so that nothing was timed. */
export function gainOf({stock, fused, speedup, blocksFused, blocksBefore}: Comparison): Gain | null {
  if (stock === null || fused === null || speedup === null) return null;
  const line = `${ms(stock.medianMs)} → ${ms(fused.medianMs)}, medians of ${count(stock.runs, 'sample')} each`;
  if (blocksFused === 0)
    return {
      factor: null,
      heading: blocksBefore === 0 ? 'Nothing to gain: no block was fused' : 'Its blocks are fused already',
      line: `Both sides are the same model: ${line}`,
    };
  return {factor: `${speedup.toFixed(2)}×`, heading: 'as fast', line};
}

function asSentence(text: string): string {
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}

/** Returns the value with two digits, as 4.2 or 1.3e-5. */
function shortValue(value: number): string {
  return value !== 0 && (value < 1e-2 || value >= 1e4) ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}
