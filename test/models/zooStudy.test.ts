import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Outcome, runProgram} from '../helpers/runNode.ts';

const MODEL = 'models/zoo/convfirst-digits';
const RECORD = 'bench/results/2026-11-21-epyc-zoo.jsonl';

const zoo = (...args: string[]): Promise<Outcome> => runProgram('models/zoo/study/study.ts', ...args);

describe('npm run bench:zoo', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'block-fusion-zoo-'));
  });
  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  function file(name: string, content: string): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  it.each([
    {
      what: 'an accuracy without interval and family',
      args: () => [MODEL, '--accuracy', file('bare.json', '{"convfirst-digits": 0.98}')],
      message: /^error: --accuracy .*bare\.json: each model must have an interval and a family, got convfirst-digits /,
    },
    {
      what: 'accuracies of other models',
      args: () => [MODEL, '--accuracy', file('others.json', '{"other": 0.98}')],
      message: /^error: --accuracy .*others\.json: must have every model: convfirst-digits, got \["other"\]/,
    },
    {
      what: 'a record that is none',
      args: () => ['--from', file('record.jsonl', 'none')],
      message: /^error: --from .*record\.jsonl: must be what --json printed, got Unexpected token/,
    },
  ])('refuses $what in one line, and exits with 2', async ({args, message}) => {
    const {code, stdout, stderr} = await zoo(...args());
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('makes of a record the same record again', async () => {
    const {code, stdout} = await zoo('--from', RECORD, '--json');
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(RECORD, 'utf8')));
    expect(code).toBe(0);
  });
});
