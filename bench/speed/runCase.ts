/** One case on tfjs's current backend, in whatever runs this: Node, or the bench's page in Chromium. */
import type {io} from '@tensorflow/tfjs-core';
import {blockSpec} from '../../ops/block.ts';
import {detectSimd, hasSimd, type SimdLevel} from '../../ops/wasm/detect.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {forceSimdLevel} from '../../ops/wasm/module.ts';
import {traitsOf} from '../../ops/webgpu/planner/device.ts';
import {type BackendName, type Engine, engineOf} from '../../src/run/engine.ts';
import {ALL_TFJS} from '../../src/run/allTfjs.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import {benchBlock} from './blockBench.ts';
import type {BlockCase, WrittenNetwork} from './cases.ts';
import {gpuDevice} from './gpuDevice.ts';
import {type Modelled, modelledBlocks} from './modelled.ts';
import {benchNetwork} from './networkBench.ts';
import {betterPeak, gpuPeak, type Peak, wasmPeak} from './peak.ts';
import type {Measurement, UnmodelledMeasurement} from './result.ts';

/** Backends that have a kernel to bench. */
export const BENCH_BACKENDS = ['wasm', 'webgpu'] as const satisfies readonly BackendName[];
export type BenchBackend = (typeof BENCH_BACKENDS)[number];

/** Plain values, which survive the way into a page. */
export interface BenchRequest {
  readonly bench: BlockCase | WrittenNetwork;
  readonly backend: BenchBackend;
  readonly runs: number;
  readonly seed: number;
  /** Whether a block is to be timed in every plan that the planner has, too; on webgpu alone. */
  readonly everyPlan?: boolean | undefined;
  /** The SIMD level of the wasm backend; what the engine has where it is absent. */
  readonly simd?: SimdLevel | undefined;
}

export interface BenchAnswer {
  readonly measurement: Measurement;
  /** The machine's peak, measured before and after. */
  readonly peak: Peak;
  readonly engine: Engine;
}

/** What the place that runs this brings. */
export interface BenchPlace {
  /** The handler of a network's files. */
  readonly open: (model: string) => io.IOHandler;
  /** The wasm backend's count. */
  readonly threads: () => number;
}

/** A peak stays good for so long. */
const PEAK_LASTS_MS = 10_000;
let latest: {readonly key: string; readonly peak: Peak; readonly at: number} | undefined;

/** Runs a case on tfjs's current backend, which must be the one asked for. */
export async function runCase(request: BenchRequest, {open, threads}: BenchPlace): Promise<BenchAnswer> {
  const {bench, runs, seed, everyPlan = false} = request;
  if (request.backend === 'wasm') useLevel(request.simd);
  registerBlockFusion({tf: ALL_TFJS});
  await blockKernelOf(request.backend)?.threads?.start(ALL_TFJS.backend());
  const engine = engineOf(threads);
  const before = await latestPeak(engine);
  const measurement =
    bench.kind === 'block'
      ? await benchBlock(ALL_TFJS, {...bench, spec: blockSpec(bench.spec)}, {runs, seed, everyPlan})
      : await benchNetwork(bench, {runs, seed, model: open(bench.model)});
  const peak = betterPeak(before, await latestPeak(engine));
  return {measurement: {...measurement, modelled: modelledOf(measurement)}, peak, engine};
}

/** The cost model is that of the webgpu kernel alone. */
function modelledOf({plans, gpuDispatches}: UnmodelledMeasurement): Modelled | null {
  if (ALL_TFJS.getBackend() !== 'webgpu') return null;
  return modelledBlocks(plans, {traits: traitsOf(gpuDevice()), timed: gpuDispatches?.fused ?? null});
}

/** Has the kernels use a SIMD level, or the best that there is. */
function useLevel(wanted: SimdLevel | undefined): void {
  const level = wanted ?? detectSimd();
  if (level === null || !hasSimd(level))
    throw new Error(`--simd: must be a level of this engine, got ${level ?? 'none'}, which it does not have`);
  forceSimdLevel(level);
}

/** Measures the peak again and again over a run: what else the machine does comes and goes. */
async function latestPeak({backend, simd}: Engine): Promise<Peak> {
  const key = `${backend} ${simd ?? ''}`;
  if (latest?.key !== key || performance.now() - latest.at > PEAK_LASTS_MS) {
    const peak = await (backend === 'webgpu' ? gpuPeak(gpuDevice()) : wasmPeak(simd as SimdLevel));
    latest = {key, peak, at: performance.now()};
  }
  return latest.peak;
}
