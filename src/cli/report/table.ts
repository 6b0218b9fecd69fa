/** Plain text for a terminal: tables, paragraphs and lists that fit its columns. */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right';
  /** How the column gives way where the table is too wide: names lose their start, sentences are broken at spaces. */
  readonly narrow?: 'shorten' | 'wrap';
}

/** Columns of a terminal that does not say how many it has. */
const DEFAULT_COLUMNS = 80;
/** No report is made narrower. */
const MIN_COLUMNS = 60;
/** No column of a table is made narrower. */
const MIN_WIDTH = 8;
const GAP = '  ';

/** Returns how many columns a line of stdout has: as the terminal says, 80 where it is none. */
export function terminalColumns(): number {
  return Math.max(MIN_COLUMNS, process.stdout.columns || DEFAULT_COLUMNS);
}

/** Returns the rows under their titles, two spaces between columns, in lines of at most `width` columns as far as `narrow` allows. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  {width = Infinity}: {width?: number} = {},
): string {
  const texts = [columns.map(({title}) => title), ...rows.map((row) => columns.map(({text}) => text(row)))];
  const widths = columnWidths(texts, columns, width);
  return texts.flatMap((line) => tableLines(line, columns, widths)).join('\n');
}

/** The widest of the columns that can be narrower give way first. */
function columnWidths(texts: readonly string[][], columns: readonly Column<never>[], width: number): number[] {
  const widths = columns.map((_, i) => Math.max(...texts.map((line) => line[i]!.length)));
  const total = widths.reduce((sum, each) => sum + each, GAP.length * (columns.length - 1));
  for (let excess = total - width; excess > 0; excess--) {
    const yielding = columns.flatMap(({narrow}, i) => (narrow !== undefined && widths[i]! > MIN_WIDTH ? [i] : []));
    if (yielding.length === 0) break;
    const widest = yielding.reduce((a, b) => (widths[b]! > widths[a]! ? b : a));
    widths[widest]!--;
  }
  return widths;
}

function tableLines(texts: readonly string[], columns: readonly Column<never>[], widths: readonly number[]): string[] {
  const cells = columns.map(({narrow}, i) =>
    narrow === 'wrap' ? wrapped(texts[i]!, widths[i]!).split('\n') : [shortened(texts[i]!, widths[i]!)],
  );
  return Array.from({length: Math.max(...cells.map(({length}) => length))}, (_, line) =>
    columns
      .map(({align}, i) => {
        const cell = cells[i]![line] ?? '';
        return align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** Returns a node's name in at most `width` columns: "…/block_3/project/Conv2D", since its end differs from others'. */
export function shortened(name: string, width: number): string {
  if (name.length <= width) return name;
  const end = name.slice(1 - width);
  const slash = end.indexOf('/');
  return `…${slash >= 0 && slash < end.length / 2 ? end.slice(slash) : end}`;
}

/** Returns the text with two spaces before every line. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

/** The spaces that `indented` puts before a line. */
export const INDENT = 2;

/** Returns the text in lines of at most `width` columns, broken at spaces. */
export function wrapped(text: string, width: number): string {
  const [first = '', ...words] = text.split(' ');
  let column = first.length;
  return words.reduce((all, word) => {
    const fits = column + 1 + word.length <= width;
    column = fits ? column + 1 + word.length : word.length;
    return `${all}${fits ? ' ' : '\n'}${word}`;
  }, first);
}

/** Returns an entry of a list, in lines of at most `width` columns: the mark, and the text beside it. */
export function listed(mark: string, text: string, width: number): string {
  const margin = ' '.repeat(mark.length + 1);
  return `${mark} ${wrapped(text, width - margin.length).replaceAll('\n', `\n${margin}`)}`;
}
