import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {evaluate} from '../helpers/evaluateModule.ts';
import {runNode} from '../helpers/runNode.ts';

describe('the counts of a runner', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'block-fusion-counts-'));
  });
  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  const jest = (passed: number, failed: number, broken: number): object => ({
    ...{numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: broken},
  });

  it.each([
    ['what jest reports, a broken suite as one failure', jest(5, 1, 2), 1, {passed: 5, failed: 3}],
    ['what karma reports', {passed: 7, failed: 0, skipped: 3}, 0, {passed: 7, failed: 0}],
    ['a failure where the exit status has no other reason', {passed: 7, failed: 0}, 1, {passed: 7, failed: 1}],
    ['a failure where nothing ran', {passed: 0, failed: 0}, 0, {passed: 0, failed: 1}],
    ['a failure where there is no report', null, 0, {passed: 0, failed: 1}],
  ])('are %s', (what, report, status, counts) => {
    const file = join(folder, `${what}.json`);
    const write =
      report === null ? '' : `require('fs').writeFileSync(process.argv[1], ${JSON.stringify(JSON.stringify(report))});`;
    const runner = {program: process.execPath, args: ['-e', `${write} process.exit(${status})`, file], file};
    expect(
      evaluate("import {runCounted} from './scripts/counts.mjs';", `runCounted(${JSON.stringify(runner)})`),
    ).toEqual(counts);
  });
});

it.each([[[]], [['22', 'lts']]])('npm run test:node refuses %j', async (versions: string[]) => {
  const {code, stderr} = await runNode('scripts/testNode.mjs', ...versions);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/must be given versions of Node, got .*; type: /)]);
});
