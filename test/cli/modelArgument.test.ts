import {basename} from 'node:path';
import {modelName, distinctNames} from '../../src/cli/modelArgument.ts';

test.each([
  {names: ['a', 'b'], distinct: ['a', 'b']},
  {names: ['a', 'b', 'a', 'a'], distinct: ['a', 'b', 'a-2', 'a-3']},
  {names: ['a', 'a-2', 'a'], distinct: ['a', 'a-2', 'a-3']},
])('$names become $distinct', ({names, distinct}) => {
  expect(distinctNames(names)).toEqual(distinct);
});

describe('modelName', () => {
  it.each([
    ['models/convnext', 'convnext'],
    ['models/convnext/', 'convnext'],
    ['./models/convnext/model.json', 'convnext'],
    ['/models/small.json', 'small.json'],
    ['model.json', basename(process.cwd())],
    ['.', basename(process.cwd())],
    ['https://example.com/convnext/model.json?v=1', 'convnext'],
    ['https://example.com/model.json', 'example.com'],
  ])('of %s is %s', (model, name) => {
    expect(modelName(model)).toBe(name);
  });
});
