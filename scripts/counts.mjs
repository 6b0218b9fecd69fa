/** Runs test runners, and counts what passed and failed by the reports that they leave. */
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The counts of a runner that did not come to run: one failure. */
export const NOTHING = {passed: 0, failed: 1};

/**
 * Runs a program in the repository, and reads its report: none, or one that does not account for the exit status, means that the
 * runner failed.
 *
 * @param {{program: string, args: string[], env?: NodeJS.ProcessEnv, file: string}} runner `file`: where the report will be.
 * @returns {{passed: number, failed: number}}
 */
export function runCounted({program, args, env, file}) {
  const options = {cwd: root, env: {...process.env, ...env}, stdio: ['ignore', 'inherit', 'inherit']};
  const {status} = spawnSync(program, args, options);
  if (!existsSync(file)) return NOTHING;
  const {passed, failed} = countsOf(JSON.parse(readFileSync(file, 'utf8')));
  const unexplained = failed === 0 && (status !== 0 || passed === 0);
  return {passed, failed: unexplained ? 1 : failed};
}

/**
 * Of jest, of Playwright, or of karma's own. A suite of jest that could not be loaded has no tests to count: it counts as one failure,
 * as does each error of Playwright's outside of tests.
 */
function countsOf(report) {
  if ('stats' in report) {
    const {expected, unexpected, flaky} = report.stats;
    return {passed: expected, failed: unexpected + flaky + report.errors.length};
  }
  if (!('numPassedTests' in report)) return report;
  return {passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites};
}

/** @param {readonly {passed: number, failed: number}[]} counts */
export function sumOf(counts) {
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  return {passed: sum('passed'), failed: sum('failed')};
}
