/** docs/api is what TypeDoc makes of the sources, without a warning: no type without a name, no member without a word of what it is. */
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ROOT} from '../helpers/markdown.ts';
import {type Outcome, runNode} from '../helpers/runNode.ts';

const API = join(ROOT, 'docs/api');
const textsIn = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));

let folder: string;
let made: Outcome;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'block-fusion-api-'));
  made = await runNode('node_modules/typedoc/bin/typedoc', '--out', folder);
});
afterAll(() => {
  rmSync(folder, {recursive: true});
});

it('documents every export, and every member of it', () => {
  expect([made.code, made.stdout + made.stderr]).toEqual([0, expect.not.stringMatching(/warning|error/)]);
});

it('is as the sources have it: else `npm run docs`', () => {
  expect(textsIn(API)).toEqual(textsIn(folder));
});

it('has a page for each entry of package.json', () => {
  const {exports} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {exports: object};
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
  const pages = entries.map((entry) => `${entry === '.' ? 'index' : entry.slice(2)}.md`);
  expect(Object.keys(textsIn(API)).sort()).toEqual([...pages, 'README.md'].sort());
});

it('has nothing that changes with a commit or a machine', () => {
  const all = Object.values(textsIn(API)).join('\n');
  expect(all).not.toMatch(/\bDefined in\b|\/blob\/|__namedParameters/);
  expect(all).not.toContain(ROOT);
});
