/** Checks that several functions make of their options: in plain JavaScript nobody else says what is misspelled. */
import {BlockFusionError} from './errors.ts';

/** Checks that there are no other options than these. Throws: `invalid-option`, with the nearest name. */
export function checkOptionNames(where: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  throw new BlockFusionError('invalid-option', {
    where,
    must: `options must be of ${known.join(', ')}`,
    got: unknown,
    fix: nearest === null ? 'leave it out' : `write ${nearest}`,
  });
}

/** Checks a number of threads. Throws: `invalid-option`. */
export function checkThreads(where: string, threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1)) return;
  throw new BlockFusionError('invalid-option', {
    where,
    must: 'threads must be a whole number from 1 up',
    got: threads,
    fix: 'leave it out for as many as tfjs takes, or give 1 for none beside the calling one',
  });
}

/** Returns the known name that a misspelled one stands for; null where none is near. */
export function nearestName(misspelled: string, known: readonly string[]): string | null {
  const nearest = known.reduce((best, name) => (distance(name, misspelled) < distance(best, misspelled) ? name : best));
  return distance(nearest, misspelled) <= misspelled.length / 2 ? nearest : null;
}

/** Levenshtein's: letters to insert, delete or change. */
function distance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, j) => j);
  for (const [i, letter] of Array.from(a.toLowerCase()).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b.toLowerCase()).entries())
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}
