/** Whether both sides of a comparison agree, in words: by the outputs, and where some were chosen, by what they are chosen from. */
import type {Agreement, ChosenOutputs, ComparedValue} from '../compare/agreement.ts';
import type {Difference} from '../compare/difference.ts';
import {count} from './alike.ts';
import {shortNumber} from './plansText.ts';

/** Returns the verdict as paragraphs. */
export function verdict({chosen, tolerance, passed, ...difference}: Agreement): string[] {
  const failed = 'FAILED, so nothing was timed';
  if (chosen === null) {
    const worst = within(worstOf(difference, 'outputs'), tolerance);
    return [passed ? `${worst}: passed` : `${failed}: ${worst}`];
  }
  return [
    `${passed ? 'passed' : failed}: ${whatIsChosen(chosen)}`,
    `into the choice: ${candidatesText(chosen.candidates)}`,
    ...(chosen.isAll ? [] : [`other outputs: ${within(worstOf(chosen.others, 'values'), tolerance)}`]),
    `chosen outputs: ${worstOf(chosen, 'values')}, ${orderText(chosen)}`,
  ];
}

function whatIsChosen({outputs, ops, isAll}: ChosenOutputs): string {
  const which = isAll
    ? 'the outputs are'
    : `${count(outputs.length, 'output')} of the model ${outputs.length === 1 ? 'is' : 'are'}`;
  return `${which} chosen (${ops.join(', ')}), where a rounding error may change the order; so what goes into the choice is compared`;
}

/** The value that is nearest to its tolerance, or furthest beyond. */
function candidatesText(candidates: readonly ComparedValue[]): string {
  const share = ({maxAbsError, tolerance}: ComparedValue): number => (maxAbsError === 0 ? 0 : maxAbsError / tolerance);
  const [first, ...rest] = candidates;
  if (first === undefined) return 'nothing that the two sides compute';
  const worst = rest.reduce((a, b) => (share(b) > share(a) ? b : a), first);
  const text = within(worstOf(worst, 'values'), worst.tolerance);
  return worst.maxAbsError > worst.tolerance ? `${text}, in ${worst.name}` : text;
}

function orderText({alike}: ChosenOutputs): string {
  return alike === true ? 'of the same choice' : 'of another choice, which is not judged';
}

function worstOf({maxAbsError, maxAbsOutput}: Difference, values: string): string {
  return `worst difference ${shortNumber(maxAbsError)} of ${values} up to ${maxAbsOutput.toPrecision(2)}`;
}

function within(text: string, tolerance: number): string {
  return `${text} (tolerance ${shortNumber(tolerance)})`;
}
