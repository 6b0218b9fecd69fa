/** The bench of loading: both sides in turns, and a model that is fused already. */
import {runProgram} from '../helpers/runNode.ts';

it('times both sides of a network, and of one that was fused beforehand', async () => {
  const flags = ['--only', 'mobilenet-v2', 'mobilenet-v2-fused', '--runs', '2', '--json'];
  const {code, stdout} = await runProgram('bench/load/load.ts', ...flags);
  expect(code).toBe(0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, {runs: number; medianMs: number}>);
  expect(lines.map(({network}) => network)).toEqual(['mobilenet-v2', 'mobilenet-v2-fused']);
  for (const {stock, fused, ratio} of lines) {
    expect([stock!.runs, fused!.runs]).toEqual([2, 2]);
    expect(ratio).toBeCloseTo(fused!.medianMs / stock!.medianMs);
  }
});
