/** A part of the random attack; `npm run attack` runs as much of it as is asked for. */
import {useCpu} from '../helpers/rewritten.ts';
import {attack} from './attack.ts';

beforeAll(useCpu);

it('finds no graph that is fused to something else, among many that are', async () => {
  const {run, fused, withParts, falseFusions} = await attack({seed: 20_000, graphs: 400});
  expect(falseFusions).toEqual([]);
  expect(run).toBeGreaterThan(250);
  for (const rule of ['conv-first', 'expand-first', 'separable']) expect(fused[rule]).toBeGreaterThan(20);
  for (const part of ['squeeze-and-excite', 'response norm', 'output activation', 'PReLU'])
    expect(withParts[part]).toBeGreaterThan(5);
});
