/**
 * Builds the page and runs its tests: all in Chromium, a smoke run in Firefox and WebKit. Its last line is `N passed, N failed`; a
 * build or a runner that failed as a whole, or that ran nothing, counts as a failure. `npm run test:web`, or `npm run test:web -- FILE`
 * for those whose file is named so.
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {NOTHING, runCounted} from './counts.mjs';
import {findOrInstallEngines} from './engines.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

findOrInstallEngines();
const {passed, failed} = build() ? runTests(process.argv.slice(2)) : NOTHING;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function build() {
  const options = {cwd: root, stdio: ['ignore', 'inherit', 'inherit']};
  return spawnSync('npm', ['run', '--silent', 'web:build'], options).status === 0;
}

function runTests(files) {
  const results = mkdtempSync(join(tmpdir(), 'block-fusion-web-'));
  const file = join(results, 'playwright.json');
  const playwright = join(dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json')), 'cli.js');
  const args = [playwright, 'test', ...files];
  const counts = runCounted({program: process.execPath, args, env: {PAGE_RESULTS: file}, file});
  rmSync(results, {recursive: true});
  return counts;
}
