import {mobileNetV2} from '../../bench/speed/cases.ts';
import type {Modelled} from '../../bench/speed/modelled.ts';
import {describeResults} from '../../bench/speed/report.ts';
import {type Measurement, resultOf} from '../../bench/speed/result.ts';
import {DEFAULT_TRAITS} from '../../ops/webgpu/planner/device.ts';
import {planBlock, type WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';

const PEAK = {gmacsPerS: 20, least: 18, gbytesPerS: null, loop: 'a', loops: {a: 20}};
const GPU_PEAK = {...PEAK, gbytesPerS: 100};

const timing = (medianMs: number): NonNullable<Measurement['stock']> => ({medianMs, p10Ms: 1, p90Ms: 99, runs: 5});

const {spec, size} = mobileNetV2(14, [64, 64]);
const [PLAN] = planBlock({spec, size, precision: 'float32'}, DEFAULT_TRAITS) as readonly WebGPUPlan[];
const MODELLED: Modelled = {
  ...{traits: DEFAULT_TRAITS, dispatchMs: 0.06, dispatches: {stock: 3, fused: 1}, ms: {stock: 1.5, fused: 0.31}},
  passes: PLAN!.passes.map((pass) => ({...pass, words: '', workMs: 0.25, gpuMs: 0.5})),
};

const BLOCK: Measurement = {
  ...{case: 'small', stockForm: 'split', maxAbsError: 1e-7, tolerance: 1e-6, passed: true},
  ...{
    stock: timing(10),
    fused: timing(4),
    fusedOneThread: null,
    gpu: null,
    macs: 40e6,
    dispatches: null,
    plans: [],
    modelled: null,
  },
  ...{kernels: {stock: 3, fused: 1}, peakBytes: {stock: 2, fused: 1}, movedBytes: {stock: 2e8, fused: 1e8}},
};

const ON_GPU: Measurement = {
  ...BLOCK,
  ...{gpu: {stock: timing(8), fused: timing(2)}, dispatches: {stock: 3, fused: 1}},
  modelled: MODELLED,
};

const NETWORK: Measurement = {
  ...{...BLOCK, case: 'net', loadMs: {stock: 100, fused: 140}, kernels: {stock: 90, fused: 9}},
  ...{peakBytes: {stock: 2 ** 21, fused: 2 ** 20}, blocks: {count: 3, macs: 36e6, ms: 3, stockMs: 9}},
};

describe('resultOf', () => {
  it('counts MACs per second of the medians, and their share of the peak', () => {
    expect(resultOf(BLOCK, PEAK)).toMatchObject({
      speedup: 2.5,
      gmacsPerS: {stock: 4, fused: 10},
      shareOfPeak: {stock: 0.2, fused: 0.5},
      peak: PEAK,
    });
  });

  it('says how a block scales with threads, where it has several', () => {
    expect(resultOf(BLOCK, PEAK).scaling).toBeNull();
    const threaded = resultOf({...BLOCK, fusedOneThread: timing(7)}, PEAK);
    expect(threaded.scaling).toBe(1.75);
    expect(describeResults([threaded])).toMatch(/fused, one thread ms +scaling\n.*small +7\.00 .* 1\.75×/s);
    expect(describeResults([resultOf(BLOCK, PEAK)])).not.toMatch(/scaling/);
  });

  it("counts a network's fused blocks by their own time", () => {
    expect(resultOf(NETWORK, PEAK).blocks).toEqual({
      ...{count: 3, macs: 36e6, ms: 3, stockMs: 9, shareOfPeak: 0.6},
    });
  });

  it("takes a GPU's own time where it is known, and shares of the bandwidth", () => {
    expect(resultOf(ON_GPU, GPU_PEAK)).toMatchObject({
      ...{speedup: 2.5, gpuSpeedup: 4, gmacsPerS: {stock: 5, fused: 20}, shareOfPeak: {stock: 0.25, fused: 1}},
      shareOfBandwidth: {stock: 0.25, fused: 0.5},
    });
    expect(resultOf(BLOCK, GPU_PEAK).shareOfBandwidth).toEqual({stock: 0.2, fused: 0.25});
    expect(resultOf(BLOCK, PEAK)).toMatchObject({gpuSpeedup: null, shareOfBandwidth: null});
  });

  it('has no rates of what was not timed', () => {
    const wrong = resultOf({...NETWORK, passed: false, stock: null, fused: null, blocks: null}, PEAK);
    expect(wrong).toMatchObject({speedup: null, gmacsPerS: null, shareOfPeak: null, blocks: null});
  });
});

describe('describeResults', () => {
  it('has a line a case, and one more a network', () => {
    const text = describeResults([BLOCK, NETWORK].map((each) => resultOf(each, PEAK)));
    expect(text).toMatch(
      /^small +split +10.00 \(1.00 to 99.00\) +4.00 \(1.00 to 99.00\) +2.50× +4.0 → 10.0 +20% → 50% /m,
    );
    expect(text).toMatch(/^net +100 → 140 +90 → 9 +2.00 → 1.00 +3 +3.0 +60%$/m);
    expect(text.match(/^small/gm)).toHaveLength(1);
  });

  it("has another line for a GPU's own time, and what its blocks run as", () => {
    const text = describeResults([resultOf(ON_GPU, GPU_PEAK)]);
    expect(text).toMatch(/^small +8.00 → 2.00 +4.00× +1.50 → 0.3100 +3 → 1 +190.73 → 95.37 +25% → 50%$/m);
    expect(text).toMatch(/^small runs$/m);
  });

  it("has a line a pass of a block, and a network's blocks by the cost model", () => {
    const text = describeResults(
      [ON_GPU, {...NETWORK, ...ON_GPU, case: 'net', loadMs: null}].map((each) => resultOf(each, GPU_PEAK)),
    );
    expect(text).toMatch(/^small +expand-first → y +\d+ +250.0 +500.0 +2.00$/m);
    expect(text).not.toMatch(/^net +expand-first/m);
    expect(text).toMatch(/^net .* 60% +1.50 → 0.3100$/m);
  });

  it('has a line for every plan that was timed', () => {
    const {passes} = MODELLED;
    const everyPlan = [
      {description: 'one pass', gpuMs: 0.5, passes},
      {description: 'two passes', gpuMs: null, passes: [...passes, ...passes]},
    ];
    const text = describeResults([resultOf({...ON_GPU, everyPlan}, GPU_PEAK)]);
    expect(text).toMatch(/^small +pointwise \+ expand-first +500.0 +500.0$/m);
    expect(text).toMatch(/^small +pointwise \+ expand-first \+ pointwise \+ expand-first +1000.0$/m);
  });

  it('says where a result is wrong', () => {
    const wrong = resultOf({...BLOCK, passed: false, stock: null, fused: null}, PEAK);
    expect(describeResults([wrong])).toMatch(/^small .* WRONG .* 1.0e-7 of 0.0000010$/m);
  });
});
