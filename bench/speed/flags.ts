/** Flags that benches share, and their numbers, parsed and checked as those of the command line. */
import v8 from 'node:v8';
import {Command, Option} from 'commander';
import {ENGINE_NAMES, type EngineName} from '../../engines/engines.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {reportError} from '../../src/cli/exit.ts';
import {parseCount} from '../../src/cli/options.ts';

/** Returns a bench that runs in Node or in a browser: `engine` is undefined where it is Node. Misuse ends it as the command line's. */
export function benchCommand(script: string): Command {
  return new Command(`npm run ${script} --`)
    .exitOverride((error) => process.exit(reportError(error)))
    .addOption(new Option('--engine <name>', 'in a page of this browser, without a display').choices(ENGINE_NAMES))
    .addOption(new Option('--browser', 'the same as --engine chromium').implies({engine: 'chromium'}));
}

/** How many threads the wasm backend is to take on a page. */
export const threadsOption = (): Option => countOption('--threads <n>', 'threads of the wasm backend, on a page');

/**
 * Refuses threads where there are none.
 * Throws: `invalid-option`.
 */
export function checkThreads({
  threads,
  engine,
  backend,
}: {
  threads?: number;
  engine?: EngineName;
  backend: string;
}): void {
  if (threads === undefined) return;
  const where = '--threads';
  const got = threads;
  if (engine === undefined)
    throw new BlockFusionError('invalid-option', {
      ...{where, must: 'the bench must run in a browser, for in Node tfjs has one thread', got},
      fix: `add --engine ${ENGINE_NAMES.join('|')}`,
    });
  if (backend !== 'wasm')
    throw new BlockFusionError('invalid-option', {
      ...{where, must: `the backend must be wasm, for ${backend} has no threads`, got},
      fix: 'leave it out',
    });
}

/** Returns a flag whose value is a whole number, at least 1. */
export function countOption(flag: string, description: string, byDefault?: number): Option {
  return new Option(flag, description).argParser(parseCount).default(byDefault);
}

export const runsOption = (byDefault: number): Option =>
  countOption('--runs <n>', 'timed samples of each side', byDefault);

export type SimdFlag = 'plain' | 'relaxed';

export const SIMD_LEVELS: Readonly<Record<SimdFlag, SimdLevel>> = {plain: 'simd', relaxed: 'relaxed-simd'};

export const simdOption = (description: string): Option =>
  new Option('--simd <level>', description).choices(Object.keys(SIMD_LEVELS));

/** Has this Node run relaxed SIMD. Node 20 has it behind a flag of its own, which counts only before WebAssembly is first used. */
export function allowRelaxedSimd(): void {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}
