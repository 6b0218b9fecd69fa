/**
 * The modelled time of a dispatch on a GPU: the longest of what its waves take of issue, workgroup memory, caches and DRAM, which are
 * taken to overlap perfectly, and of how long they wait. What it takes to start a dispatch is left out.
 */
import {type Assembly, type Latencies, outsideLines, ownLines} from './assembly/loops.ts';
import {macsOf} from './assembly/mix.ts';
import {READERS} from './assembly/readers.ts';
import type {Compiled} from './compiled.ts';
import {issueCycles, LATENCIES, wavesOf} from './figures.ts';
import type {Bound} from './dispatches.ts';
import type {GPU} from './gpus.ts';
import type {Traffic} from './spirv/invocation.ts';
import type {Trips} from './trips.ts';

/** What one wave takes from its start to its end. */
export interface WaveWork {
  /** Units: cycles of its SIMD. */
  readonly issue: number;
  /** With its SIMD to itself. Units: cycles. */
  readonly alone: number;
  /** Of workgroup memory. Units: bytes. */
  readonly workgroupBytes: number;
  /** Through the caches, scratch included. Units: bytes. */
  readonly cacheBytes: number;
  /** Of an invocation. */
  readonly macs: number;
}

/** What the time of a unit goes into; what all units share. */
type UnitBound = 'issue' | 'workgroup memory' | 'first cache' | 'latency';
export type TimeBound = UnitBound | 'shared cache' | 'DRAM';

export interface DispatchTime {
  readonly us: number;
  /** What takes longest. */
  readonly timeBound: TimeBound;
  /** What each of them takes alone. Units: µs. */
  readonly bounds: Readonly<Record<TimeBound, number>>;
}

type Sized = Pick<Compiled, 'threads' | 'wave' | 'resident'>;

/** A value of scratch, which every invocation has for itself. Units: bytes. */
const SCRATCH_BYTES = 4;

/** Returns what a wave of the shader takes, by the trips of its loops and what its traffic asks of the caches. */
export function waveWork(
  gpu: GPU,
  compiled: Sized,
  {assembly, trips, traffic}: {assembly: Assembly; trips: readonly Trips[]; traffic: readonly Traffic[]},
): WaveWork {
  const reader = READERS[gpu.vendor];
  const latency: Latencies = {...LATENCIES, workgroup: gpu.workgroupLatency};
  const passes = issueCycles(gpu, compiled);
  const lanes = compiled.threads / wavesOf(compiled);
  const requested = traffic.reduce((sum, each) => sum + each.requested, 0);
  const fetched = traffic.reduce((sum, each) => sum + each.fetched, 0);
  const perByte = requested === 0 ? 1 : fetched / requested;
  const sum = {issue: 0, alone: 0, workgroupBytes: 0, cacheBytes: 0, macs: 0};
  for (const {loop, trips: rounds, share} of trips) {
    const times = rounds * share;
    if (times === 0) continue;
    const mix = loop?.mix ?? assembly.outside;
    const {issue, slow, workgroupBytes, globalBytes, scratch} = mix;
    const lines = loop === null ? outsideLines(assembly) : ownLines(assembly, loop);
    sum.issue += times * (issue + slow) * passes;
    sum.alone += times * reader.alone(lines, passes, latency);
    sum.workgroupBytes += times * workgroupBytes * lanes;
    sum.cacheBytes += times * lanes * (globalBytes * perByte + scratch * SCRATCH_BYTES);
    sum.macs += times * macsOf(mix);
  }
  return sum;
}

/** A dispatch, as its buffers and its waves are. */
export interface Dispatched {
  readonly workgroups: number;
  readonly compiled: Sized;
  readonly wave: WaveWork;
  readonly traffic: readonly Traffic[];
  readonly bindings: readonly Bound[];
}

/** Returns the time of a dispatch: of the unit that has most workgroups, and of what all units share. */
export function dispatchTime(gpu: GPU, dispatched: Dispatched): DispatchTime {
  const unit = unitCycles(gpu, dispatched);
  const us = (cycles: number): number => (cycles / gpu.hertz) * 1e6;
  const shared = sharedBytes(gpu, dispatched);
  const bounds: Record<TimeBound, number> = {
    issue: us(unit.bounds.issue),
    'workgroup memory': us(unit.bounds['workgroup memory']),
    'first cache': us(unit.bounds['first cache']),
    latency: us(unit.bounds.latency),
    'shared cache': (shared.cache / gpu.sharedCacheBytesPerSecond) * 1e6,
    DRAM: (shared.memory / gpu.memoryBytesPerSecond) * 1e6,
  };
  const names = Object.keys(bounds) as TimeBound[];
  const timeBound = names.reduce((longest, name) => (bounds[name] > bounds[longest] ? name : longest));
  return {us: Math.max(us(unit.cycles), bounds[timeBound]), timeBound, bounds};
}

interface UnitCycles {
  readonly cycles: number;
  readonly bounds: Readonly<Record<UnitBound, number>>;
}

/**
 * A unit takes its waves in rounds of as many as it holds, which start and end together: a round takes as long as one wave alone,
 * or as all of them take of what they share.
 */
function unitCycles(gpu: GPU, {workgroups, compiled, wave}: Dispatched): UnitCycles {
  const waves = wavesOf(compiled);
  const ofUnit = Math.ceil(workgroups / gpu.units) * waves;
  // Whole workgroups: none starts before there is room for all of it.
  const atATime = waves * Math.max(1, Math.floor((compiled.resident * gpu.simds) / waves));
  const round = (count: number): Record<UnitBound, number> => ({
    issue: Math.ceil(count / gpu.simds) * wave.issue,
    'workgroup memory': (count * wave.workgroupBytes) / gpu.workgroupBytesPerCycle,
    'first cache': (count * wave.cacheBytes) / gpu.cacheBytesPerCycle,
    latency: count === 0 ? 0 : wave.alone,
  });
  const rounds = Math.floor(ofUnit / atATime);
  const [full, last] = [round(atATime), round(ofUnit % atATime)];
  const sum = (name: UnitBound): number => rounds * full[name] + last[name];
  return {
    cycles: rounds * Math.max(...Object.values(full)) + Math.max(...Object.values(last)),
    bounds: {
      issue: sum('issue'),
      'workgroup memory': sum('workgroup memory'),
      'first cache': sum('first cache'),
      latency: sum('latency'),
    },
  };
}

/**
 * Each workgroup asks the shared cache for its sectors once. DRAM gives and takes each buffer once, as far as it is used; one that the
 * dispatch before made is still in the cache where all of those fit.
 */
function sharedBytes(gpu: GPU, {workgroups, traffic, bindings}: Dispatched): {cache: number; memory: number} {
  const used = traffic.map(({binding, distinct}) => {
    const {bytes = 0, isFresh = false} = bindings[binding] ?? {};
    return {bytes: Math.min(bytes, workgroups * distinct), isFresh};
  });
  const fresh = used.filter(({isFresh}) => isFresh).reduce((sum, {bytes}) => sum + bytes, 0);
  const all = used.reduce((sum, {bytes}) => sum + bytes, 0);
  return {
    cache: traffic.reduce((sum, {distinct}) => sum + workgroups * distinct, 0),
    memory: fresh <= gpu.sharedCacheBytes ? all - fresh : all,
  };
}
