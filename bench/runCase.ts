/** One case on the wasm backend, in whatever runs this: Node, or the bench's page in Chromium. */
import {detectSimd, type SimdLevel} from '../ops/wasm/detect.ts';
import {forceSimdLevel} from '../ops/wasm/module.ts';
import {ALL_TFJS} from '../src/compare/tfjs.ts';
import {registerBlockFusion} from '../src/register.ts';
import {benchBlock} from './blockBench.ts';
import {CASES} from './cases.ts';
import {benchNetwork} from './networkBench.ts';
import {betterPeak, measurePeak, type Peak} from './peak.ts';
import type {CaseResult} from './result.ts';

export interface BenchRequest {
  /** The case's name. */
  readonly name: string;
  readonly runs: number;
  readonly seed: number;
  /** The SIMD level; what the engine has where it is absent. */
  readonly simd?: SimdLevel | undefined;
  /** bench/assembly/peak.ts for each level, base64. */
  readonly peakModules: Readonly<Record<SimdLevel, string>>;
}

export interface BenchAnswer {
  readonly result: CaseResult;
  readonly simd: SimdLevel;
}

/** The best that this run has seen of the machine. */
const peaks = new Map<SimdLevel, Peak>();

/** Runs a case. The wasm backend must be tfjs's current one. */
export async function runCase({name, runs, seed, simd, peakModules}: BenchRequest): Promise<BenchAnswer> {
  const available = detectSimd();
  const level = simd ?? available;
  if (level === null || (level === 'relaxed-simd' && available !== level))
    throw new Error(`this engine has no ${level ?? 'SIMD'}`);
  forceSimdLevel(level);
  registerBlockFusion(ALL_TFJS);
  const bytes = Uint8Array.from(atob(peakModules[level]), (character) => character.charCodeAt(0));
  const measured = measurePeak(level, bytes);
  const peak = betterPeak(peaks.get(level) ?? measured, measured);
  peaks.set(level, peak);
  const found = CASES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no case is called ${name}`);
  const options = {runs, seed, peak};
  const result =
    found.kind === 'block' ? await benchBlock(ALL_TFJS, found, options) : await benchNetwork(ALL_TFJS, found, options);
  return {result, simd: level};
}
