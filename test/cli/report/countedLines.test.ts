import {countedLines} from '../../../src/cli/report/countedLines.ts';

test('countedLines has its counts below one another, and its texts beside them', () => {
  const lines = countedLines(
    [
      {text: 'one two three', rows: Array.from({length: 12})},
      {text: 'four', rows: [0]},
    ],
    12,
  );
  expect(lines).toEqual(['12 × one two\n     three', ' 1 × four']);
});
