/** Lists said briefly: what is the same for many rows, once, with how many there are. */
import {getOrMake} from '../../ops/getOrMake.ts';

/** Rows of which the same is said. */
export interface Alike<Row> {
  readonly text: string;
  readonly rows: readonly Row[];
}

/** Numbers that stand alone, not those in a name, as in Conv2D. */
const NUMBER = /(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)/g;

/** Returns the rows by what is said of them, in the order in which they come. */
export function same<Row>(rows: readonly Row[], textOf: (row: Row) => string): Alike<Row>[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) getOrMake(groups, textOf(row), () => []).push(row);
  return Array.from(groups, ([text, group]) => ({text, rows: group}));
}

/**
 * Returns the rows by what is said of them, the most first. Texts that differ in numbers alone are one, with the range of each
 * number: "a filter of 16–64 groups".
 */
export function alike<Row>(rows: readonly Row[], textOf: (row: Row) => string): Alike<Row>[] {
  return same(rows, (row) => textOf(row).replace(NUMBER, '#'))
    .map((group) => ({text: withRanges(group.rows.map(textOf)), rows: group.rows}))
    .sort((a, b) => b.rows.length - a.rows.length);
}

function withRanges(texts: readonly string[]): string {
  const numbers = texts.map((text) => text.match(NUMBER) ?? []);
  let next = 0;
  return texts[0]!.replace(NUMBER, () => {
    const i = next++;
    const sorted = numbers.map((each) => each[i]!).sort((a, b) => Number(a) - Number(b));
    const [low, high] = [sorted[0]!, sorted.at(-1)!];
    return low === high ? low : `${low}–${high}`;
  });
}

/** Returns the number with its noun. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
