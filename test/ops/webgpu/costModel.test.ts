import {passSeconds, type PassWork, REFERENCE_GPU} from '../../../ops/webgpu/planner/costModel.ts';
import {groupWork} from '../../../ops/webgpu/planner/work.ts';
import type {PointwiseVariant, SpatialVariant} from '../../../ops/webgpu/planner/variant.ts';

/** A pass of many middling workgroups. */
const WORK: PassWork = {
  macs: 4e6,
  slots: 2e6,
  cacheBytes: 4e4,
  waits: 20,
  registers: 64,
  workgroups: 2000,
  threads: 64,
  workgroupBytes: 8192,
  bytes: 1e7,
};

const secondsWith = (changes: Partial<PassWork>): number => passSeconds({...WORK, ...changes});

describe('the cost model', () => {
  it.each(['slots', 'cacheBytes', 'waits', 'registers', 'workgroups', 'workgroupBytes', 'bytes'] as const)(
    'finds no pass faster for more %s',
    (field) => {
      const more = [1, 2, 8, 64].map((factor) => secondsWith({[field]: WORK[field] * factor}));
      expect(more).toEqual([...more].sort((a, b) => a - b));
      expect(more.at(-1)).toBeGreaterThan(more[0]!);
    },
  );

  it('takes the peak, the bandwidth and the dispatch as bounds', () => {
    const {units, slotsPerSecond, memoryBytesPerSecond, dispatchSeconds} = REFERENCE_GPU;
    const arithmetic = (WORK.workgroups * WORK.slots) / (units * slotsPerSecond);
    expect(secondsWith({})).toBeGreaterThan(arithmetic + dispatchSeconds);
    expect(secondsWith({bytes: 1e10})).toBeGreaterThan(1e10 / memoryBytesPerSecond);
    expect(secondsWith({workgroups: 1, slots: 0, cacheBytes: 0, waits: 0, bytes: 0})).toBeCloseTo(dispatchSeconds, 9);
  });

  it('finds the same work faster where it is shared out among more workgroups, as far as units go', () => {
    const shared = (workgroups: number): number =>
      secondsWith({workgroups, slots: 4e9 / workgroups, cacheBytes: 0, bytes: 0});
    expect(shared(2) / shared(1)).toBeLessThan(0.6);
    expect(shared(20) / shared(2)).toBeLessThan(0.2);
    expect(shared(4000) / shared(400)).toBeGreaterThan(0.9);
  });

  it('lets memory overlap with arithmetic only where workgroups run in several rounds', () => {
    const {dispatchSeconds} = REFERENCE_GPU;
    const sumOfBoth = (work: Partial<PassWork>): number =>
      secondsWith({...work, bytes: 0}) + secondsWith({...work, slots: 0, cacheBytes: 0, waits: 0}) - dispatchSeconds;
    expect(secondsWith({workgroups: 40}) / sumOfBoth({workgroups: 40})).toBeCloseTo(1, 6);
    expect(secondsWith({bytes: 1e9}) / sumOfBoth({bytes: 1e9})).toBeLessThan(0.8);
  });
});

describe('the work of a workgroup', () => {
  const pointwise: PointwiseVariant = {
    kernel: 'pointwise',
    precision: 'float32',
    layer: {inputs: 96, outputs: 384, weights: 0, bias: 0, activation: 'linear'},
    source: {channels: 96, form: 'padded'},
    output: {channels: 384, form: 'padded'},
    residual: false,
    prefetch: true,
    tile: {rows: 64, columns: 64, rowThreads: 8, columnThreads: 8, parts: 1, slab: 8},
  };

  it('of a product is that of its tile', () => {
    const {macs, cacheBytes, slots, registers} = groupWork(pointwise);
    expect(macs).toBe(64 * 64 * 96);
    expect(cacheBytes).toBe(4 * (64 * 96 + 96 * 64 + 64 * 64));
    expect(slots).toBeGreaterThan(macs / 4);
    expect(registers).toBeGreaterThan(64 + 8 * 4);
  });

  it('of a product with fewer sums an invocation takes more loads', () => {
    const small: PointwiseVariant = {...pointwise, tile: {...pointwise.tile, rowThreads: 16, columnThreads: 16}};
    expect(groupWork(small).macs).toBe(groupWork(pointwise).macs);
    expect(groupWork(small).slots).toBeGreaterThan(1.2 * groupWork(pointwise).slots);
  });

  it('of a conv has each tap once, and shares what neighbours read', () => {
    const conv = (segment: number): SpatialVariant => ({
      kernel: 'spatial',
      precision: 'float32',
      layer: {
        channels: 16,
        groupWidth: 8,
        kernelSize: [3, 3],
        stride: 1,
        weights: 0,
        bias: 0,
        activation: 'linear',
        layerNormEpsilon: null,
      },
      source: {channels: 16, form: 'plain'},
      tile: {height: 4, width: 8, segment},
      threads: 64,
    });
    expect(groupWork(conv(1)).macs).toBe(4 * 8 * 9 * 8 * 16);
    expect(groupWork(conv(8)).macs).toBe(groupWork(conv(1)).macs);
    expect(groupWork(conv(8)).slots).toBeLessThan(groupWork(conv(1)).slots / 2);
  });
});
