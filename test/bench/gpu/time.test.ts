/** Modelled times of dispatches whose waves are made up: 28 units of two SIMDs at 2.4 GHz. */
import {gpuNamed} from '../../../bench/gpu/gpus.ts';
import {type Dispatched, dispatchTime, waveWork, type WaveWork} from '../../../bench/gpu/time.ts';
import {keptAssembly} from './kept.ts';

const gpu = gpuNamed('rdna2');
const cyclesOf = (us: number): number => Math.round((us * gpu.hertz) / 1e6);
const idle: WaveWork = {issue: 0, alone: 0, workgroupBytes: 0, cacheBytes: 0, macs: 0};

const dispatched = (workgroups: number, wave: Partial<WaveWork>, more: Partial<Dispatched> = {}): Dispatched => ({
  ...{workgroups, wave: {...idle, ...wave}, traffic: [], bindings: []},
  compiled: {threads: 64, wave: 64, resident: 2},
  ...more,
});

describe('the time of a dispatch', () => {
  it('is that of the busiest unit', () => {
    const cycles = (workgroups: number): number =>
      cyclesOf(dispatchTime(gpu, dispatched(workgroups, {issue: 1000})).us);
    expect([1, 28, 56, 57].map(cycles)).toEqual([1000, 1000, 1000, 2000]);
  });

  it('has rounds of waves that wait, and issue meanwhile', () => {
    // Of four waves at a time one SIMD has two.
    const time = dispatchTime(gpu, dispatched(28 * 6, {issue: 300, alone: 1000}));
    expect([cyclesOf(time.us), time.timeBound]).toEqual([2000, 'latency']);
    const busy = dispatchTime(gpu, dispatched(28 * 6, {issue: 800, alone: 1000}));
    // Four waves, two on a SIMD; then two, one on each.
    expect([cyclesOf(busy.us), busy.timeBound]).toEqual([1600 + 1000, 'issue']);
  });

  it('is bound by workgroup memory and by the cache of a unit', () => {
    const shared = dispatchTime(gpu, dispatched(28, {workgroupBytes: 128 * 500}));
    expect([cyclesOf(shared.us), shared.timeBound]).toEqual([500, 'workgroup memory']);
    const cached = dispatchTime(gpu, dispatched(28, {cacheBytes: 128 * 700}));
    expect([cyclesOf(cached.us), cached.timeBound]).toEqual([700, 'first cache']);
  });

  it('takes each buffer of DRAM once, and not what was just made', () => {
    const traffic = [0, 1].map((binding) => ({binding, requested: 1e6, fetched: 1e6, distinct: 1e6}));
    const timeOf = (isFresh: boolean): ReturnType<typeof dispatchTime> =>
      dispatchTime(
        gpu,
        dispatched(
          100,
          {},
          {
            traffic,
            bindings: [
              {bytes: 2e6, isFresh: true},
              {bytes: 3e6, isFresh},
            ],
          },
        ),
      );
    expect(timeOf(true).bounds.DRAM).toBe(0);
    expect(timeOf(false).bounds.DRAM).toBeCloseTo((3e6 / gpu.memoryBytesPerSecond) * 1e6);
    // A hundred workgroups ask the shared cache for two million bytes each.
    expect(timeOf(true).bounds['shared cache']).toBeCloseTo((200e6 / gpu.sharedCacheBytesPerSecond) * 1e6);
  });
});

describe('what a wave takes', () => {
  const assembly = keptAssembly('product', 'amd');
  const compiled = {threads: 64, wave: 64, resident: 8};
  const product = assembly.loops.find(({mix}) => mix.fmas > 0)!;
  const traffic = [{binding: 1, requested: 1000, fetched: 500, distinct: 500}];
  const work = (trips: number, share = 1): WaveWork =>
    waveWork(gpu, compiled, {assembly, traffic, trips: [{loop: product, trips, share}]});

  it('is its loops as often as they go round', () => {
    const once = work(1);
    expect(once.macs).toBe(4);
    // A wave of 64 has two passes of 32.
    expect(once.issue).toBe(2 * (product.mix.issue + product.mix.slow));
    expect(once.workgroupBytes).toBe(64 * 16);
    expect(work(10).alone).toBeCloseTo(10 * once.alone);
    expect(work(10, 0.5).issue).toBeCloseTo(5 * once.issue);
  });

  it('asks the cache for what its invocations do not share', () => {
    const outside = waveWork(gpu, compiled, {assembly, traffic, trips: [{loop: null, trips: 1, share: 1}]});
    expect(outside.cacheBytes).toBe((64 * assembly.outside.globalBytes * 500) / 1000);
  });
});
