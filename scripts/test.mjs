/**
 * Builds, and runs every test: jest in Node, then karma in each browser engine on both kinds of page. Its last line is `N passed, N
 * failed`, over all of them; a build or a runner that failed as a whole, or that ran nothing, counts as a failure. `npm test`,
 * or `npm test -- jest` or `npm test -- karma` for one of the two. Firefox and WebKit are left out where they are not installed,
 * unless REQUIRE_ENGINES is 1: then that, too, is a failure.
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {ENGINE_NAMES, ENGINES} from '../engines/engines.ts';
import {NOTHING, runCounted, sumOf} from './counts.mjs';
import {findOrInstallEngines} from './engines.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = mkdtempSync(join(tmpdir(), 'block-fusion-test-'));

const RUNNERS = {
  jest: () => [runJest()],
  karma: (missing) => ENGINE_NAMES.flatMap((engine) => runEngine(engine, missing[engine])),
};

const only = process.argv.slice(2);
const unknown = only.filter((name) => !(name in RUNNERS));
if (unknown.length > 0) {
  console.error(`npm test: must be given ${Object.keys(RUNNERS).join(' or ')}, got ${unknown.join(' ')}`);
  process.exit(2);
}

const missing = findOrInstallEngines();
const counts = [build()];
for (const [name, runner] of Object.entries(RUNNERS))
  if (only.length === 0 || only.includes(name)) counts.push(...runner(missing));
const {passed, failed} = sumOf(counts);
rmSync(results, {recursive: true});
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** Some tests are of what npm publishes, and the kernels are compiled: neither may be of yesterday. */
function build() {
  const {status} = spawnSync('npm', ['run', '--silent', 'build'], {cwd: root, stdio: ['ignore', 'inherit', 'inherit']});
  return {passed: 0, failed: status === 0 ? 0 : 1};
}

/** A suite that finds no WebGPU here fails. */
function runJest() {
  const file = join(results, 'jest.json');
  const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
  const args = [jest, '--json', `--outputFile=${file}`];
  return runCounted({program: process.execPath, args, env: {REQUIRE_WEBGPU: '1'}, file});
}

/** On both kinds of page. `missing`: what the engine lacks. */
function runEngine(engine, missing) {
  const pages = ['isolated', 'plain'];
  if (missing.length === 0) return pages.map((page) => runKarma(engine, page));
  if (engine === 'chromium' || process.env.REQUIRE_ENGINES === '1') return [NOTHING];
  console.log(`The browser tests in ${ENGINES[engine].title} are skipped: ${missing.join(', ')} not installed`);
  return [];
}

function runKarma(engine, page) {
  const file = join(results, `karma-${engine}-${page}.json`);
  const args = ['--import', 'tsx', 'scripts/karma.mjs'];
  const env = {KARMA_ENGINE: engine, KARMA_PAGE: page, KARMA_COUNTS: file};
  return runCounted({program: process.execPath, args, env, file});
}
