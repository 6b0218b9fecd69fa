import {modelName, toldApart} from '../../src/cli/modelArgument.ts';

test.each([
  {names: ['a', 'b'], apart: ['a', 'b']},
  {names: ['a', 'b', 'a', 'a'], apart: ['a', 'b', 'a-2', 'a-3']},
  {names: ['a', 'a-2', 'a'], apart: ['a', 'a-2', 'a-3']},
])('$names are told apart as $apart', ({names, apart}) => {
  expect(toldApart(names)).toEqual(apart);
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
