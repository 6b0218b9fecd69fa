/** Numbers and environments in words. */
import {threadsText} from '../../../src/report/threadsText.ts';
import type {Pair} from '../../../src/run/pair.ts';
import type {Engine} from '../../../src/run/engine.ts';
import {browserText} from '../shell/browserText.ts';

/** Returns a time with so many digits as clocks in browsers can tell. */
export function msText(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(1)} ms`;
}

export function ratioText(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0)}×`;
}

/** Returns how the two sides' times compare. */
export function speedText({stock, fused}: Pair<number>): string {
  const ratio = stock / fused;
  return ratio >= 1 ? `Fused is ${ratioText(ratio)} as fast` : `Fused takes ${ratioText(1 / ratio)} as long`;
}

export function percentText(share: number): string {
  return `${Math.round(100 * share)}%`;
}

/** Returns a small number as in `1.2e-6`; zero as it is. */
export function errorText(error: number): string {
  return error === 0 ? '0' : error.toExponential(1);
}

const SIMD_TEXTS = {'relaxed-simd': 'relaxed SIMD', simd: 'SIMD'} as const;

/** Returns what the networks run on, in a line. Why there are no more threads is told of a page that is not isolated. */
export function engineText(engine: Engine, {userAgent, isolated}: {userAgent: string; isolated: boolean}): string {
  const {simd, threads, fusedThreads} = engine;
  const told = fusedThreads !== null && isolated ? {...fusedThreads, reason: null} : fusedThreads;
  const level = simd === null ? 'no SIMD' : SIMD_TEXTS[simd];
  return `${browserText(userAgent)}, WebAssembly with ${level}, ${threadsText({threads, fusedThreads: told})}`;
}
