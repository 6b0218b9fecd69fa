/** The program of these sources, run as a user runs it: in a process of its own. */
import {existsSync} from 'node:fs';
import {buildSync} from 'esbuild';
import {findChromium} from '../../src/cli/host/browser/findChromium.ts';
import {type Outcome, runNode} from './runNode.ts';

export type {Outcome} from './runNode.ts';

/** As deep in the repository as its source, where it finds its packages and the built page. Workers of Jest have one each. */
const CLI = `build/test/cli-${process.env['JEST_WORKER_ID'] ?? '1'}/main.mjs`;

/** Bundles the program; before it runs. */
export function buildCli(): void {
  buildSync({
    entryPoints: ['src/cli/main.ts'],
    outfile: CLI,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2022',
  });
}

/** Runs the program to its end. */
export function runCli(...args: string[]): Promise<Outcome> {
  return runNode(CLI, ...args);
}

/** Returns what `--browser` needs and is not there, in words; else null. */
export function missingForBrowser(): string | null {
  if (!existsSync('dist/cliPage.js')) return 'dist/cliPage.js: npm run build makes it';
  return findChromium() === undefined ? 'Chromium' : null;
}
