import {readFileSync} from 'node:fs';
import {blockGeometry, type BlockSpec, blockSpec} from '../../../ops/block.ts';
import type {ImageSize} from '../../../ops/cost.ts';
import {planBlock} from '../../../ops/wasm/plan.ts';
import {FITTED_CASES, JUDGED_CASES} from '../../../bench/rates/rateCases.ts';
import {fitRates, judge, type RateSamples} from '../../../bench/rates/rateFit.ts';
import {fusedWork} from '../../../src/analysis/prediction/fusedWork.ts';
import {predictOn} from '../../../src/analysis/prediction/onBackend.ts';
import {stockWork} from '../../../src/analysis/prediction/stockWork.ts';
import {totalOf, type Work} from '../../../src/analysis/prediction/work.ts';
import {predictBlock, recordedMachine} from '../../../src/analysis/prediction/predictBlock.ts';
import {CONV_FIRST, MODEL_BLOCKS} from '../../helpers/blockCases.ts';

const SPEC = blockSpec(CONV_FIRST);
const SIZE = {batch: 1, height: 8, width: 8};
const MBCONV = blockSpec({...CONV_FIRST, order: 'expand-first', groupWidth: 1, spatialActivation: 'relu6'});

function fused(spec: BlockSpec, size = SIZE): Work<string> {
  const geometry = blockGeometry(spec, size.height, size.width);
  const plan = planBlock(spec, size, geometry);
  if (typeof plan === 'string') throw new Error(plan);
  return fusedWork({spec, size, geometry, plan});
}

describe('fusedWork', () => {
  it('of a conv-first block of one tile, counted by hand', () => {
    expect(fused(SPEC)).toEqual({
      f32_grouped_4x8: 64 * 72 * 16,
      gemmMac: 64 * (16 * 24 + 24 * 16),
      // Tiles of 4 pixels × 8 outputs.
      gemmTile: 16 * 3 + 16 * 2,
      weight: 2 * 16 * 24,
      curved: 64 * 24,
      // Eight rows into a buffer of ten columns, the conv's output packed, x and y added.
      moved: 8 * 10 * 16 + 64 * 16 + 2 * 64 * 16,
      call: 1,
    });
  });

  it('of an expand-first block of one tile, counted by hand', () => {
    expect(fused(MBCONV)).toEqual({
      moved: 64 * 16 + 64 * 24 + 2 * 64 * 16,
      gemmMac: 64 * (16 * 24 + 24 * 16),
      gemmTile: 16 * 3 + 16 * 2,
      weight: 2 * 16 * 24,
      curved: 64 * 24,
      f32_depthwise_k3_4x4: 64 * 9 * 24,
      cut: 64 * 24,
      call: 1,
    });
  });

  it('counts whole tiles: one pixel takes four, for each image', () => {
    const size = {batch: 3, height: 1, width: 1};
    expect(fused(MBCONV, size)['gemmMac']).toBe(3 * 4 * (16 * 24 + 24 * 16));
    expect(fused(MBCONV, size)['call']).toBe(1);
  });

  it('expands no row twice where rows are kept, and halos again where tiles lie side by side', () => {
    const rows = (height: number, width: number): number =>
      fused(MBCONV, {batch: 1, height, width})['curved']! / (width * 24);
    expect(rows(128, 8)).toBe(128);
    expect(rows(8, 1024)).toBeGreaterThan(8);
  });
});

describe('stockWork', () => {
  it('of a grouped block in the form that gathers, counted by hand', () => {
    expect(stockWork(SPEC, SIZE).get('gather')).toEqual({
      convMac: 2 * 64 * 72 * 8 + 64 * (16 * 24 + 24 * 16),
      weight: 2 * 72 * 8 + 2 * 16 * 24,
      tap: 2 * 64 * 9,
      gathered: 64 * 16,
      sigmoid: 64 * 24,
      // The groups' convs, their concat and gathers; expand, SiLU's two kernels, project, the sum.
      moved: 64 * (2 * 16 + 2 * 16 + 2 * 16 + 40 + 5 * 24 + 40 + 3 * 16),
      kernel: 2 + 1 + 2 + 1 + 2 + 1 + 1,
    });
  });

  it('has every form in which stock tfjs can run the block', () => {
    expect([...stockWork(SPEC, SIZE).keys()]).toEqual(['split', 'gather', 'zero-filled']);
    expect([...stockWork(MBCONV, SIZE).keys()]).toEqual(['depthwise']);
    expect(stockWork(SPEC, SIZE).get('zero-filled')?.convMac).toBe(64 * (9 * 16 * 16 + 2 * 16 * 24));
  });

  it('takes rows of four pixels, of one pixel one', () => {
    const macs = (width: number): number | undefined =>
      stockWork(MBCONV, {batch: 1, height: 1, width}).get('depthwise')?.convMac;
    expect(macs(1)).toBe(2 * 16 * 24);
    expect(macs(2)).toBe(4 * 2 * 16 * 24);
    expect(macs(5)).toBe(8 * 2 * 16 * 24);
  });
});

describe('predictBlock', () => {
  const machine = recordedMachine();
  const predict = (opsPerS = machine.opsPerS): Exclude<ReturnType<typeof predictBlock>, string> => {
    const prediction = predictBlock(SPEC, SIZE, {...machine, opsPerS});
    if (typeof prediction === 'string') throw new Error(prediction);
    return prediction;
  };

  it('is the sum of its parts', () => {
    const {fusedMs, stockMs, parts} = predict();
    expect(totalOf(parts.fused)).toBeCloseTo(fusedMs, 12);
    expect(totalOf(parts.stock)).toBeCloseTo(stockMs, 12);
    // 2 operations a MAC.
    expect(parts.fused.gemmMac).toBeCloseTo((2e3 * machine.fused.gemmMac * 49152) / machine.opsPerS, 12);
  });

  it('takes half the time at twice the peak', () => {
    expect(predict(2 * machine.opsPerS).fusedMs).toBeCloseTo(predict().fusedMs / 2, 12);
    expect(predict(2 * machine.opsPerS).stockMs).toBeCloseTo(predict().stockMs / 2, 12);
  });

  it('of several stock forms takes the fastest', () => {
    const slowToGather = {...machine, stock: {...machine.stock, gathered: 1e9, moved: 1e6}};
    expect(predictBlock(SPEC, SIZE, slowToGather)).toMatchObject({stockForm: 'zero-filled'});
  });
});

describe('predictOn', () => {
  it('a backend without kernels predicts nothing', () => {
    expect(predictOn('cpu', {spec: SPEC, size: SIZE})).toBeNull();
  });

  it('says for what machine, and takes another in its place', () => {
    expect(predictOn('wasm', {spec: SPEC, size: SIZE})?.machine).toMatch(/one thread.*recorded$/);
    expect(predictOn('wasm', {spec: SPEC, size: SIZE}, {machine: 'mine', opsPerS: 1})).toMatchObject({machine: 'mine'});
    expect(predictOn('webgpu', {spec: SPEC, size: SIZE})?.machine).toMatch(/reference GPU/);
  });

  it('takes a machine as it was measured, or given, whose SIMD level may not be known', () => {
    const given = {simd: null, opsPerS: 60e9, bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 20e9}]};
    const [known, unknown] = (['simd', null] as const).map((simd) =>
      predictOn('wasm', {spec: SPEC, size: SIZE}, {...given, simd}),
    );
    expect(unknown).toEqual(known);
    expect(unknown).toMatchObject({machine: 'a machine as given', ms: {fused: expect.any(Number) as number}});
  });

  it.each([{height: 8, width: 8}, {batch: 1, height: 8, width: NaN}, {batch: 0, height: 8, width: 8}, [8, 8]])(
    'refuses a size that is none: %p',
    (size) => {
      expect(() => predictOn('wasm', {spec: SPEC, size: size as ImageSize})).toThrow(
        'predictOn: size must be {batch, height, width}, whole numbers of at least 1, got',
      );
    },
  );

  it('calls memory-bound what moves longer than it computes', () => {
    const at = (bytesPerS: number, opsPerS: number): object | undefined =>
      predictOn('wasm', {spec: SPEC, size: SIZE}, {opsPerS, bytesPerS: [{level: 'memory', bytes: null, bytesPerS}]})
        ?.memoryBound;
    expect(at(1, 1e9)).toEqual({stock: true, fused: true});
    expect(at(1e9, 1)).toEqual({stock: false, fused: false});
    // 245760 operations; 16640 bytes fused, 20 KiB more between the layers: a balance of 10 lies in between.
    expect(at(1, 10)).toEqual({stock: true, fused: false});
  });

  it('on webgpu a fused block is at least as fast, by its cost model', () => {
    for (const {spec, height, width} of MODEL_BLOCKS) {
      const {ms} = predictOn('webgpu', {spec: blockSpec(spec), size: {batch: 1, height, width}})!;
      expect(ms!.fused).toBeGreaterThan(0);
      expect(ms!.stock).toBeGreaterThanOrEqual(ms!.fused);
    }
  });
});

describe.each(['simd', 'relaxed-simd'] as const)('the recorded run at %s', (level) => {
  const samples = JSON.parse(readFileSync(`bench/results/2026-11-21-epyc-rates-${level}.json`, 'utf8')) as RateSamples;

  it('gives the rates that the package has', () => {
    expect(fitRates(samples)).toEqual(recordedMachine(level));
  });

  it('tells fused times within 30%, for shapes that it was not fitted to', () => {
    expect(samples.judged.map((each) => each.case)).toEqual(JUDGED_CASES.map(({name}) => name));
    for (const {case: name, predicted, measured} of judge(samples.judged, recordedMachine(level))) {
      const ratio = predicted.fused / measured.fused.medianMs;
      expect([name, ratio > 0.7 && ratio < 1.3]).toEqual([name, true]);
    }
  });

  it('was fitted to other shapes', () => {
    const shape = ({spec, size}: {spec: BlockSpec; size: object}): string => JSON.stringify([blockSpec(spec), size]);
    const fitted = new Set(samples.fitted.map(shape));
    expect(fitted.size).toBe(FITTED_CASES.length);
    expect(samples.judged.filter((each) => fitted.has(shape(each)))).toEqual([]);
  });
});
