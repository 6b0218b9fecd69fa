/**
 * Builds, and runs every test: jest in Node, then karma in each browser engine on both kinds of page. Its last line is `N passed, N
 * failed`, over all of them; a build or a runner that failed as a whole, or that ran nothing, counts as a failure. `npm test`,
 * or `npm test -- jest` or `npm test -- karma` for one of the two. Firefox and WebKit are left out where they are not installed,
 * unless REQUIRE_ENGINES is 1: then that, too, is a failure.
 */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {ENGINE_NAMES, ENGINES} from '../engines/engines.ts';
import {findOrInstallEngines} from './engines.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = mkdtempSync(join(tmpdir(), 'block-fusion-test-'));

const RUNNERS = {
  jest: () => [runJest()],
  karma: (missing) => ENGINE_NAMES.flatMap((engine) => runEngine(engine, missing[engine])),
};

/** The counts of a runner that did not come to run: one failure. */
const NOTHING = {passed: 0, failed: 1};

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
const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
rmSync(results, {recursive: true});
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') > 0 ? 1 : 0;

/** Some tests are of what npm publishes, and the kernels are compiled: neither may be of yesterday. */
function build() {
  const {status} = spawnSync('npm', ['run', '--silent', 'build'], {cwd: root, stdio: ['ignore', 'inherit', 'inherit']});
  return {passed: 0, failed: status === 0 ? 0 : 1};
}

/** A suite that could not be loaded has no tests to count: it counts as one failure. So does one that finds no WebGPU here. */
function runJest() {
  const file = join(results, 'jest.json');
  const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
  const status = run([jest, '--json', `--outputFile=${file}`], {REQUIRE_WEBGPU: '1'});
  return truly(status, file, (report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
  }));
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
  const status = run(['--import', 'tsx', 'scripts/karma.mjs'], {
    KARMA_ENGINE: engine,
    KARMA_PAGE: page,
    KARMA_COUNTS: file,
  });
  return truly(status, file, (report) => report);
}

/** Runs a Node program in the repository, and returns its exit status. */
function run(args, env) {
  const options = {cwd: root, env: {...process.env, ...env}, stdio: ['ignore', 'inherit', 'inherit']};
  return spawnSync(process.execPath, args, options).status;
}

/** Reads a runner's report: none, or one that does not account for the exit status, means that the runner failed. */
function truly(status, file, read) {
  if (!existsSync(file)) return NOTHING;
  const {passed, failed} = read(JSON.parse(readFileSync(file, 'utf8')));
  const unexplained = failed === 0 && (status !== 0 || passed === 0);
  return {passed, failed: unexplained ? 1 : failed};
}
