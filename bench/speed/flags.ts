/** Flags that benches share, and their numbers, parsed and checked as those of the command line. */
import v8 from 'node:v8';
import {Option} from 'commander';
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {parseCount} from '../../src/cli/options.ts';

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
