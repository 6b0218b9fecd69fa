import {passSeconds, type PassWork} from '../../../ops/webgpu/planner/costModel.ts';
import {FAMILIES, type GPUFamily} from '../../../ops/webgpu/planner/families.ts';
import {COUNTS, type Count, type Counts} from '../../../ops/webgpu/planner/counts.ts';
import {sumsWork} from '../../../ops/webgpu/planner/sweepWork.ts';
import {groupWork} from '../../../ops/webgpu/planner/work.ts';
import type {GatesVariant, PointwiseVariant, SpatialVariant} from '../../../ops/webgpu/planner/variant.ts';

const LAYER = {inputs: 96, outputs: 384, weights: 0, bias: 0, activation: 'linear'} as const;

const POINTWISE: PointwiseVariant = {
  kernel: 'pointwise',
  precision: 'float32',
  layer: LAYER,
  source: {channels: 96, form: 'padded'},
  output: {channels: 384, form: 'padded'},
  residual: false,
  prefetch: true,
  tile: {rows: 32, columns: 64, rowThreads: 4, columnThreads: 8, parts: 2, slab: 16},
};

/** A pass of many middling workgroups. */
const WORK: PassWork = {
  ...groupWork(POINTWISE),
  ...{workgroups: 2000, threads: 64, workgroupBytes: 8192, tensorBytes: 1e6, weightBytes: 1e6},
};

const NAMES = Object.keys(FAMILIES) as GPUFamily[];

describe.each(NAMES)('the cost model of family %s', (family) => {
  const {gpu, prices} = FAMILIES[family];
  const secondsWith = (changes: Partial<PassWork>): number => passSeconds({...WORK, ...changes}, family);
  const times = (factor: number, counts: Counts): Counts =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, factor * count]));

  it.each(['cacheBytes', 'registers', 'workgroups', 'workgroupBytes', 'tensorBytes', 'weightBytes'] as const)(
    'finds no pass faster for more %s',
    (field) => {
      const more = [1, 2, 8, 64, 4096].map((factor) => secondsWith({[field]: WORK[field] * factor}));
      for (const [i, seconds] of more.slice(1).entries()) expect(seconds).toBeGreaterThan((1 - 1e-9) * more[i]!);
    },
  );

  it('finds no pass faster that does more of anything', () => {
    for (const name of COUNTS) {
      const counts = {...WORK.counts, [name]: (WORK.counts[name] ?? 0) + 1000};
      expect(secondsWith({counts})).toBeGreaterThanOrEqual(secondsWith({}));
    }
    expect(secondsWith({counts: times(8, WORK.counts)})).toBeGreaterThan(4 * secondsWith({}));
  });

  it('takes peak and bandwidths as bounds', () => {
    const {units, simds, lanes, hertz, sharedCacheBytesPerSecond, memoryBytesPerSecond} = gpu;
    expect(secondsWith({})).toBeGreaterThan((WORK.workgroups * WORK.macs) / (units * simds * lanes * hertz));
    expect(secondsWith({cacheBytes: 1e7})).toBeCloseTo((WORK.workgroups * 1e7) / sharedCacheBytesPerSecond, 9);
    expect(secondsWith({weightBytes: 1e10})).toBeCloseTo(1e10 / memoryBytesPerSecond, 9);
    expect(secondsWith({tensorBytes: 1e10})).toBeGreaterThan(1e10 / memoryBytesPerSecond);
  });

  it('lets what waves wait for overlap, and lone waves wait', () => {
    const lone = secondsWith({workgroups: 1, threads: gpu.wave, cacheBytes: 0, tensorBytes: 0, weightBytes: 0});
    const one = secondsWith({workgroups: gpu.units, threads: gpu.wave, cacheBytes: 0, tensorBytes: 0, weightBytes: 0});
    expect(one).toBe(lone);
    const waits = Object.keys(prices.waits).reduce(
      (sum, name) => sum + (WORK.counts[name as Count] ?? 0) * prices.waits[name as Count]!,
      0,
    );
    expect(lone).toBeGreaterThan(waits / gpu.hertz);
    expect(secondsWith({workgroups: 2000}) / 2000).toBeLessThan(lone / gpu.units);
  });
});

describe('the work of a workgroup', () => {
  it('of a product is that of its tile', () => {
    const {macs, cacheBytes, counts, registers} = groupWork(POINTWISE);
    expect(macs).toBe(32 * 64 * 96);
    expect(cacheBytes).toBe(4 * (32 * 96 + 96 * 64 + 32 * 64));
    // Half of the inputs, of 32 × 64 sums shared out among 32 invocations.
    expect(counts.fma).toBe((96 / 2) * ((32 * 64) / 32));
    expect(counts.input).toBe(96 / 2);
    expect(counts.operand).toBe((96 / 2) * 4);
    expect(counts.prefetchedWeight).toBe((96 * 16) / 64);
    expect(counts.turn).toBe(2);
    expect(registers).toBeGreaterThan(64 + 4 * 4);
  });

  it('of a product that reads its pixels is without their staging, a line for all invocations of a row', () => {
    const {counts, macs, cacheBytes} = groupWork({...POINTWISE, prefetch: false, readsPixels: true});
    expect(macs).toBe(groupWork(POINTWISE).macs);
    expect(cacheBytes).toBe(groupWork(POINTWISE).cacheBytes);
    expect(counts.operand).toBe((96 / 2) * 2);
    expect(counts.readPixel).toBe((96 / 2 / 4) * 8);
    expect(counts.readLine).toBe(counts.readPixel! / 8);
    expect(counts.pixelQuad ?? 0).toBe(0);
    expect(counts.steppedWeight).toBe((96 * 16) / 64);
  });

  it('of a product with fewer sums an invocation takes more loads', () => {
    const small: PointwiseVariant = {...POINTWISE, tile: {...POINTWISE.tile, rowThreads: 8, columnThreads: 16}};
    const loads = ({counts: {operand, fma}}: {counts: Counts}): number => operand! / fma!;
    expect(groupWork(small).macs).toBe(groupWork(POINTWISE).macs);
    expect(loads(groupWork(small))).toBe(2 * loads(groupWork(POINTWISE)));
  });

  it('of a gated product is that and a multiplication of each staged pixel; of one that leaves sums that of their squares', () => {
    const plain = groupWork(POINTWISE);
    const gated = groupWork({...POINTWISE, gated: {activation: 'linear'}});
    expect(gated.macs).toBe(plain.macs);
    expect(gated.counts.activation! - plain.counts.activation!).toBe(4 * plain.counts.prefetchedPixelQuad!);
    expect(gated.cacheBytes - plain.cacheBytes).toBe(4 * 96);
    const summing = groupWork({...POINTWISE, sumsSquares: true});
    expect(summing.counts.activation).toBeGreaterThan(plain.counts.activation!);
    expect(summing.cacheBytes - plain.cacheBytes).toBe(4 * 64);
  });

  it('of gates is that of both products, among parts of their inputs, and of the sums of all tiles', () => {
    const gates = (threads: number): GatesVariant => ({
      ...{kernel: 'gates', precision: 'float32', channels: 96, threads},
      part: {
        kind: 'squeeze-excite',
        reduce: {inputs: 96, outputs: 16, weights: 0, bias: 0, activation: 'relu'},
        expand: {inputs: 16, outputs: 96, weights: 0, bias: 0, activation: 'sigmoid'},
      },
    });
    const {macs, counts} = groupWork(gates(64));
    expect(macs).toBe(2 * 96 * 16);
    // Of 4 lanes 16 parts; of 24 lanes one.
    expect(counts.filter).toBe(96 / 16 + 16);
    expect(groupWork(gates(32)).counts.filter).toBe(96 / 8 + 16);
    expect(sumsWork(gates(64), 10).counts.tap).toBe(10 / 2);
    expect(sumsWork(gates(64), 10).cacheBytes).toBe(10 * 4 * 96);
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
      threads: 16,
    });
    const [single, eight] = [groupWork(conv(1)), groupWork(conv(8))];
    expect(single.macs).toBe(4 * 8 * 9 * 8 * 16);
    expect(eight.macs).toBe(single.macs);
    expect(eight.counts.convFma).toBe(single.counts.convFma);
    expect(eight.counts.tap).toBeLessThan(single.counts.tap! / 2);
    expect(eight.counts.filter).toBe(single.counts.filter! / 8);
  });
});
