import {alike, same} from '../../src/report/alike.ts';

const textOf = (text: string): string => text;

describe('alike', () => {
  it('says once what differs in numbers alone, with their range, and the most first', () => {
    const texts = ['a 3×3 conv of 8 groups', 'a pool', 'a 5×5 conv of 16 groups', 'a 3×3 conv of 128 groups'];
    expect(alike(texts, textOf).map(({text, rows}) => [text, rows.length])).toEqual([
      ['a 3–5×3–5 conv of 8–128 groups', 3],
      ['a pool', 1],
    ]);
  });

  it.each([
    [
      ['Conv2D', 'Conv3D'],
      ['Conv2D', 'Conv3D'],
    ],
    [
      ['block_1/add', 'block_2/add'],
      ['block_1/add', 'block_2/add'],
    ],
    [['off by 1e-7', 'off by 0.002'], ['off by 1e-7–0.002']],
    [['ops 1, 2'], ['ops 1, 2']],
    [[], []],
  ])('of %j makes %j', (texts, expected) => {
    expect(alike(texts, textOf).map(({text}) => text)).toEqual(expected);
  });
});

test('same keeps numbers apart, and the order', () => {
  expect(same(['b 1', 'a', 'b 2', 'b 1'], textOf).map(({text, rows}) => [text, rows.length])).toEqual([
    ['b 1', 2],
    ['a', 1],
    ['b 2', 1],
  ]);
});
