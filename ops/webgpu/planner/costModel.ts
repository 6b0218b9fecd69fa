/**
 * The cost model: how long a pass takes on a family's reference GPU. It counts what a wave does (work.ts) and prices it as the family's
 * compiler does (prices.ts), then takes the longest of what its waves need of a unit's issue slots, workgroup memory and cache, of how
 * long they wait, and of what all units share. No GPU was measured: `npm run bench:gpu` models the same from the compilers' assembly,
 * and the prices are fitted to that.
 */
import {roundUp} from '../../params.ts';
import {FAMILIES, type GPUFamily, type ReferenceGPU} from './families.ts';
import type {Count, Counts, GroupWork, Prices} from './counts.ts';

/** The work of a pass: that of each of its workgroups, and their number. */
export interface PassWork extends GroupWork {
  readonly workgroups: number;
  /** Invocations of a workgroup. */
  readonly threads: number;
  /** Workgroup memory of a workgroup. */
  readonly workgroupBytes: number;
  /** Every tensor once, and every weight once: what passes between dispatches may stay in the cache. */
  readonly tensorBytes: number;
  readonly weightBytes: number;
}

/** Returns how long a pass takes, its dispatch left out. Units: seconds. */
export function passSeconds(work: PassWork, family: GPUFamily): number {
  const {gpu} = FAMILIES[family];
  const {workgroups, cacheBytes, tensorBytes, weightBytes} = work;
  const memoryBytes = weightBytes + (tensorBytes <= gpu.sharedCacheBytes ? 0 : tensorBytes);
  return Math.max(
    unitCycles(work, family) / gpu.hertz,
    (workgroups * cacheBytes) / gpu.sharedCacheBytesPerSecond,
    memoryBytes / gpu.memoryBytesPerSecond,
  );
}

/**
 * Returns how long the busiest unit takes. It takes its workgroups in rounds of as many as it holds, which start and end together: a
 * round takes as long as a wave that has its SIMD to itself, or as all of them take of what they share.
 */
function unitCycles(work: PassWork, family: GPUFamily): number {
  const {gpu} = FAMILIES[family];
  const waves = wavesOf(work, gpu);
  const ofUnit = Math.ceil(work.workgroups / gpu.units) * waves;
  const atATime = residentWorkgroups(work, gpu) * waves;
  const wave = waveCycles(work, family);
  const round = (count: number): number =>
    Math.max(
      Math.ceil(count / gpu.simds) * wave.issue,
      (count * wave.workgroupBytes) / gpu.workgroupBytesPerCycle,
      (count * wave.cacheBytes) / gpu.cacheBytesPerCycle,
      count === 0 ? 0 : wave.alone,
    );
  return Math.floor(ofUnit / atATime) * round(atATime) + round(ofUnit % atATime);
}

interface WaveCycles {
  /** Of its SIMD. Units: cycles. */
  readonly issue: number;
  /** With its SIMD to itself. Units: cycles. */
  readonly alone: number;
  /** Of workgroup memory, and through the unit's cache. Units: bytes. */
  readonly workgroupBytes: number;
  readonly cacheBytes: number;
}

function waveCycles(work: PassWork, family: GPUFamily): WaveCycles {
  const {gpu, prices} = FAMILIES[family];
  const {counts, threads} = work;
  const lanes = threads / wavesOf(work, gpu);
  const passes = gpu.skipsHalves ? Math.ceil(lanes / gpu.lanes) : gpu.wave / gpu.lanes;
  const issue = priced(counts, prices.instructions) * passes;
  return {
    issue,
    alone: issue + priced(counts, prices.waits),
    workgroupBytes: priced(counts, WORKGROUP_BYTES) * lanes,
    cacheBytes: priced(counts, CACHE_BYTES) * lanes,
  };
}

function priced(counts: Counts, prices: Prices): number {
  let sum = 0;
  for (const name in counts) sum += counts[name as Count]! * (prices[name as Count] ?? 0);
  return sum;
}

const VECTOR_BYTES = 16;
const QUAD_BYTES = 4 * VECTOR_BYTES;
const LINE_BYTES = 4 * VECTOR_BYTES;

/** Read or written of workgroup memory. */
const WORKGROUP_BYTES: Prices = {
  ...{operand: VECTOR_BYTES, weight: VECTOR_BYTES, prefetchedWeight: VECTOR_BYTES, steppedWeight: VECTOR_BYTES},
  ...{pixelQuad: QUAD_BYTES, prefetchedPixelQuad: QUAD_BYTES, hidden: VECTOR_BYTES, halo: VECTOR_BYTES},
  ...{
    sharedTap: VECTOR_BYTES,
    convOutput: VECTOR_BYTES,
    norm: 4 * VECTOR_BYTES,
    joined: 2 * VECTOR_BYTES,
  },
};

/** Read or written of buffers, through a unit's cache. */
const CACHE_BYTES: Prices = {
  ...{weight: VECTOR_BYTES, prefetchedWeight: VECTOR_BYTES, pixelQuad: QUAD_BYTES, prefetchedPixelQuad: QUAD_BYTES},
  ...{filter: VECTOR_BYTES, tap: VECTOR_BYTES, plainTap: VECTOR_BYTES, output: VECTOR_BYTES, residual: VECTOR_BYTES},
  ...{beside: VECTOR_BYTES, steppedWeight: VECTOR_BYTES, readLine: LINE_BYTES},
};

/** Registers of an invocation are given out by so many. */
const REGISTER_UNIT = 8;

/** Returns how many workgroups a unit holds at a time. */
function residentWorkgroups(work: PassWork, gpu: ReferenceGPU): number {
  const waves = wavesOf(work, gpu);
  const registers = roundUp(Math.ceil(work.registers * gpu.registerUse), REGISTER_UNIT);
  const ofSimd = Math.min(gpu.residentWaves, Math.floor(gpu.waveRegisters / registers));
  const limit = Math.min(
    gpu.residentWorkgroups,
    (ofSimd * gpu.simds) / waves,
    gpu.workgroupBytes / Math.max(1, work.workgroupBytes + gpu.ownWorkgroupBytes),
  );
  return Math.max(1, Math.floor(limit));
}

/** Returns the waves that a workgroup occupies. */
function wavesOf({threads}: PassWork, {wave}: ReferenceGPU): number {
  return Math.ceil(threads / wave);
}
