/**
 * Runs a quick suite in other versions of Node, of npm's package `node`: the kernels in each engine's WebAssembly, loading and the
 * rewrite. Its last line is `N passed, N failed`; a version that did not come to run, or ran nothing, counts as a failure.
 * `npm run test:node -- 22 24 26`
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {runCounted, sumOf} from './counts.mjs';

/** What another engine or another Node may change, in well under a minute: of the kernel's sweep a third, as in browsers. */
const SUITES = ['test/ops/wasm/kernel', 'test/load/load', 'test/load/modelFiles', 'test/rewrite/fuse'];
const ENVIRONMENT = {KERNEL_SWEEP_EVERY: '3'};

const versions = process.argv.slice(2);
if (versions.length === 0 || !versions.every((version) => /^\d+(\.\d+){0,2}$/.test(version))) {
  const got = versions.join(' ') || 'nothing';
  console.error(`npm run test:node: must be given versions of Node, got ${got}; type: npm run test:node -- 22 24 26`);
  process.exit(2);
}

const results = mkdtempSync(join(tmpdir(), 'block-fusion-node-'));
const {passed, failed} = sumOf(versions.map(runVersion));
rmSync(results, {recursive: true});
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function runVersion(version) {
  console.log(`== Node ${version}`);
  const file = join(results, `node-${version}.json`);
  const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
  const args = ['--yes', `node@${version}`, jest, '--json', `--outputFile=${file}`, ...SUITES];
  return runCounted({program: 'npx', args, env: ENVIRONMENT, file});
}
