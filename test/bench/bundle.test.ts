/** The runner of the bench bundle: the tests that jest and karma run, in a Node program alone. */
import {execFileSync} from 'node:child_process';

const PROGRAM = `
import {runSpecs} from './bench/bundle/specs.ts';
const define = () => {
  describe('a suite', () => {
    it('passes', async () => { await Promise.resolve(); expect([1]).toEqual([1]); });
    it('fails', () => { expect(1).toBe(2); });
    it('is not wanted', () => { expect(1).toBe(3); });
  });
  describe('another', () => {
    beforeAll(() => { throw new Error('no device'); });
    it('needs a device', () => { expect(1).toBe(1); });
  });
};
const specs = [];
const counts = await runSpecs({define, isWanted: (name) => !name.includes('not wanted'), tell: (spec) => specs.push(spec)});
console.log(JSON.stringify({counts, specs}));
`;

describe('runSpecs', () => {
  it('tells each result, and counts what fails outside the tests too', () => {
    const node = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM];
    const {counts, specs} = JSON.parse(execFileSync(process.execPath, node, {encoding: 'utf8'})) as {
      counts: object;
      specs: {name: string; status: string; failures: string[]}[];
    };
    expect(specs.slice(0, 2)).toMatchObject([
      {name: 'a suite passes', status: 'passed', failures: []},
      {name: 'a suite fails', status: 'failed', failures: ['Expected 1 to be 2.']},
    ]);
    expect(specs.find(({name}) => name === 'another')?.failures[0]).toMatch(/no device/);
    expect(specs.map(({name}) => name)).not.toContain('a suite is not wanted');
    expect(counts).toMatchObject({passed: 1});
  });
});
