import {toldApart} from '../../src/cli/modelArgument.ts';

test.each([
  {names: ['a', 'b'], apart: ['a', 'b']},
  {names: ['a', 'b', 'a', 'a'], apart: ['a', 'b', 'a-2', 'a-3']},
  {names: ['a', 'a-2', 'a'], apart: ['a', 'a-2', 'a-3']},
])('$names are told apart as $apart', ({names, apart}) => {
  expect(toldApart(names)).toEqual(apart);
});
