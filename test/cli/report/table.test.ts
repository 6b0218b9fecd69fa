import {indented, listed, shortened, table, terminalColumns, wrapped} from '../../../src/cli/report/table.ts';

describe('table', () => {
  const columns = [
    {title: 'name', text: (row: [string, number]) => row[0]},
    {title: 'n', text: (row: [string, number]) => String(row[1]), align: 'right' as const},
  ];

  it('lines columns up, numbers at the right, without spaces at the end', () => {
    expect(
      table(
        [
          ['3×3', 7],
          ['depthwise', 112],
        ],
        columns,
      ),
    ).toBe('name         n\n3×3          7\ndepthwise  112');
  });

  it('has its titles where there are no rows', () => {
    expect(table([], columns)).toBe('name  n');
  });

  it('shortens names at the left and breaks sentences where it would be too wide, the widest column first', () => {
    const narrow = [
      {title: 'node', text: ([name]: [string, string]) => name, narrow: 'shorten' as const},
      {title: 'reason', text: ([, reason]: [string, string]) => reason, narrow: 'wrap' as const},
      {title: 'n', text: () => '12', align: 'right' as const},
    ];
    const rows: [string, string][] = [
      ['model/stage_1/block_3/project/Conv2D', 'not a depthwise conv'],
      ['model/add', 'no'],
    ];
    const text = table(rows, narrow, {width: 40});
    expect(text.split('\n')).toEqual([
      'node               reason              n',
      '…/project/Conv2D   not a depthwise    12',
      '                   conv',
      'model/add          no                 12',
    ]);
  });
});

describe('shortened', () => {
  it.each([
    ['a/b/c', 5, 'a/b/c'],
    ['model/block_3/project/Conv2D', 26, '…/block_3/project/Conv2D'],
    ['model/block_3/project/Conv2D', 20, '…/project/Conv2D'],
    ['a_long_name_of_one_level', 10, '…one_level'],
  ])('%s in %d columns is %s', (name, width, text) => {
    expect(shortened(name, width)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(width);
  });
});

describe('listed', () => {
  it('has its text beside the mark, in as many lines as it needs', () => {
    expect(listed('2 ×', 'one two three', 11)).toBe('2 × one two\n    three');
  });
});

describe('terminalColumns', () => {
  const {columns} = process.stdout;
  afterEach(() => {
    process.stdout.columns = columns;
  });

  it.each([
    [120, 120],
    [0, 80],
    [undefined, 80],
    [20, 60],
  ])('of a terminal of %s is %s', (given, expected) => {
    (process.stdout as {columns: number | undefined}).columns = given;
    expect(terminalColumns()).toBe(expected);
  });
});

describe('indented', () => {
  it('moves lines in and leaves empty ones empty', () => {
    expect(indented('a\n\nb')).toBe('  a\n\n  b');
  });
});

describe('wrapped', () => {
  it('breaks at spaces, before a line would be too long', () => {
    expect(wrapped('one two three', 7)).toBe('one two\nthree');
    expect(wrapped('one two three', 6)).toBe('one\ntwo\nthree');
    expect(wrapped('three', 3)).toBe('three');
  });
});
