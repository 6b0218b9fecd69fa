/** One case on the wasm backend, in whatever runs this: Node, or the bench's page in Chromium. */
import type {io} from '@tensorflow/tfjs-core';
import {blockSpec} from '../ops/block.ts';
import {detectSimd, type SimdLevel} from '../ops/wasm/detect.ts';
import {forceSimdLevel} from '../ops/wasm/module.ts';
import {ALL_TFJS} from '../src/compare/tfjs.ts';
import {registerBlockFusion} from '../src/register.ts';
import {benchBlock} from './blockBench.ts';
import type {BlockCase, WrittenNetwork} from './cases.ts';
import {benchNetwork} from './networkBench.ts';
import {measurePeak, type Peak} from './peak.ts';
import type {Measurement} from './result.ts';

/** Plain values, which survive the way into a page. */
export interface BenchRequest {
  readonly bench: BlockCase | WrittenNetwork;
  readonly runs: number;
  readonly seed: number;
  /** The SIMD level; what the engine has where it is absent. */
  readonly simd?: SimdLevel | undefined;
  /** bench/assembly/peak.ts for each level, base64. */
  readonly peakModules: Readonly<Record<SimdLevel, string>>;
}

export interface BenchAnswer {
  readonly measurement: Measurement;
  /** The machine's peak, measured lately. */
  readonly peak: Peak;
  readonly simd: SimdLevel;
}

/** A peak stays good for so long. */
const PEAK_LASTS_MS = 10_000;
let latest: {readonly level: SimdLevel; readonly peak: Peak; readonly at: number} | undefined;

/** Runs a case. The wasm backend must be tfjs's current one; `open` gives the handler of a network's files. */
export async function runCase(
  {bench, runs, seed, simd, peakModules}: BenchRequest,
  open: (model: string) => io.IOHandler,
): Promise<BenchAnswer> {
  const level = useLevel(simd);
  registerBlockFusion(ALL_TFJS);
  const peak = latestPeak(level, peakModules[level]);
  const measurement =
    bench.kind === 'block'
      ? await benchBlock(ALL_TFJS, {...bench, spec: blockSpec(bench.spec)}, {runs, seed})
      : await benchNetwork(ALL_TFJS, bench, {runs, seed, model: open(bench.model)});
  return {measurement, peak, simd: level};
}

/** Has the kernels use a SIMD level, or the best that there is. */
function useLevel(wanted: SimdLevel | undefined): SimdLevel {
  const available = detectSimd();
  const level = wanted ?? available;
  if (level === null || (level === 'relaxed-simd' && available !== level))
    throw new Error(`this engine has no ${level ?? 'SIMD'}`);
  forceSimdLevel(level);
  return level;
}

/** Measures the peak again and again over a run: what else the machine does comes and goes. */
function latestPeak(level: SimdLevel, module: string): Peak {
  if (latest?.level !== level || performance.now() - latest.at > PEAK_LASTS_MS) {
    const bytes = Uint8Array.from(atob(module), (character) => character.charCodeAt(0));
    latest = {level, peak: measurePeak(level, bytes), at: performance.now()};
  }
  return latest.peak;
}
