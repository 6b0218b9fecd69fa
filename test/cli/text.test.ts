import {parseShape} from '../../src/cli/options.ts';
import {modelName} from '../../src/cli/modelArgument.ts';
import {indented, table, wrapped} from '../../src/cli/report/table.ts';

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

describe('modelName', () => {
  it.each([
    ['models/convnext', 'convnext'],
    ['models/convnext/', 'convnext'],
    ['./models/convnext/model.json', 'convnext'],
    ['/models/small.json', 'small.json'],
    ['model.json', 'model.json'],
    ['https://example.com/convnext/model.json?v=1', 'convnext'],
    ['https://example.com/model.json', 'example.com'],
  ])('of %s is %s', (model, name) => {
    expect(modelName(model)).toBe(name);
  });
});

describe('parseShape', () => {
  it('collects shapes by name', () => {
    expect(parseShape('b=3', parseShape('a:0=1,224,224,3'))).toEqual({'a:0': [1, 224, 224, 3], b: [3]});
  });

  it.each(['1,2,3', 'x=', 'x=1,', 'x=0,1', 'x=-1,2', 'x=1.5', '=1,2'])('refuses %s', (text) => {
    expect(() => parseShape(text)).toThrow(/name=sizes/);
  });
});
