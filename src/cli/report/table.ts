/** Plain text tables for a terminal. */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right';
}

/** Returns the rows under their titles, columns two spaces apart. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [columns.map(({title}) => title), ...rows.map((row) => columns.map(({text}) => text(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  const pad = (cell: string, i: number): string => {
    const gap = ' '.repeat(widths[i]! - cell.length);
    return columns[i]!.align === 'right' ? gap + cell : cell + gap;
  };
  return cells.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

/** Returns the text with every line moved in. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

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
