/**
 * The order of jest's suites: those that take longest start first, so that no worker is left alone with one of them at the end. Of
 * the others jest knows how long they took, where it has run before.
 */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import Sequencer from '@jest/test-sequencer';

/** Tens of seconds each, the longest first. */
const LONGEST = [
  'ops/webgpu/webgpuKernel.test.ts',
  'cli/cli.test.ts',
  'ops/wasm/mutants.test.ts',
  'ops/wasm/kernel.test.ts',
  'models/fusedMemoryWebGPU.test.ts',
  'cli/waterlineCommand.test.ts',
  'ops/webgpu/shaderMutants.test.ts',
  'bench/run.test.ts',
].map((name) => fileURLToPath(new URL(`../${name}`, import.meta.url)));

const missing = LONGEST.filter((path) => !existsSync(path));
if (missing.length > 0)
  throw new Error(
    `test/helpers/longestFirst.mjs: each suite in the list must be a file, got ${missing.join(', ')}; rename it there, too`,
  );

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const first = LONGEST.flatMap((path) => sorted.filter((test) => test.path === path));
    return [...first, ...sorted.filter((test) => !first.includes(test))];
  }
}
