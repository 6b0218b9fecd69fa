import {blockGeometry} from '../../../ops/block.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import {type BlockEstimate, estimateBlock} from '../../../ops/wasm/estimate.ts';
import {fusedWork} from '../../../ops/wasm/fusedWork.ts';
import {planBlock, type WasmPlan} from '../../../ops/wasm/plan.ts';
import {RELATIVE_COSTS, type Work} from '../../../ops/wasm/relativeCosts.ts';
import {stockWork} from '../../../ops/wasm/stockWork.ts';
import {both, type Pair} from '../../../src/run/pair.ts';
import {leastSquares} from '../../helpers/leastSquares.ts';
import {TWO_THREADS} from './measuredThreads.ts';
import {FITTED_BLOCKS, JUDGED_BLOCKS, MEASURED_OPS_PER_S, type MeasuredBlock} from './measuredBlocks.ts';

/** What a MAC of the GEMM micro-kernel takes at its peak. Units: milliseconds. */
const macMs = (level: SimdLevel): number => 2e3 / MEASURED_OPS_PER_S[level];

function workOf({spec, size, stockForm}: MeasuredBlock): Pair<Work<Record<string, number>>> {
  const geometry = blockGeometry(spec, size.height, size.width);
  const plan = planBlock(spec, size, geometry) as WasmPlan;
  return {
    stock: stockWork(spec, size, geometry).get(stockForm)!,
    fused: fusedWork({spec, size, geometry, plan}),
  };
}

/** Returns the costs that tell the measured times best, by relative error. A MAC costs at least a MAC at the peak. */
function fittedCosts(level: SimdLevel, side: keyof Pair<unknown>): Record<string, number> {
  const parts = Object.keys(RELATIVE_COSTS[level][side]);
  const isMac = (part: string): boolean => /Mac$|^f32_/.test(part);
  const found = leastSquares(
    parts,
    FITTED_BLOCKS.map((block) => ({factors: workOf(block)[side], value: block.ms[level][side] / macMs(level)})),
    Object.fromEntries(parts.map((part) => [part, isMac(part) ? 1 : 0])),
  );
  return Object.fromEntries(parts.map((part) => [part, Number(found[part]!.toPrecision(3))]));
}

/** Returns a block's times by its estimate. Units: milliseconds. */
function estimatedMs(block: MeasuredBlock, level: SimdLevel): Pair<number> {
  const estimate = estimateBlock(block, {simd: level});
  if (typeof estimate === 'string') throw new Error(estimate);
  return both(estimate, (cost) => cost * macMs(level));
}

const within = (value: number, least: number, most: number): boolean => value >= least && value <= most;

describe.each(['simd', 'relaxed-simd'] as const)('the relative costs at %s', (level) => {
  it('fit the measured blocks best', () => {
    const fitted = {stock: fittedCosts(level, 'stock'), fused: fittedCosts(level, 'fused')};
    expect(RELATIVE_COSTS[level]).toEqual(fitted);
  });

  const all = [...FITTED_BLOCKS, ...JUDGED_BLOCKS].map((block) => {
    const estimated = estimatedMs(block, level);
    const measured = block.ms[level];
    return {
      name: block.name,
      estimated: estimated.fused / estimated.stock,
      measured: measured.fused / measured.stock,
    };
  });

  it('say of each block whether it is faster fused, but for near ties', () => {
    const wrong = all.filter(({estimated, measured}) => estimated < 1 !== measured < 1);
    expect(wrong.filter(({measured}) => !within(measured, 0.95, 1.05))).toEqual([]);
    expect(wrong.length).toBeLessThanOrEqual({simd: 1, 'relaxed-simd': 3}[level]);
  });

  it('tell the ratio of fused to stock within a third, and of seven in eight within 20%', () => {
    const errors = all.map(({name, estimated, measured}) => ({name, error: estimated / measured}));
    expect(errors.filter(({error}) => !within(error, 3 / 4, 4 / 3))).toEqual([]);
    expect(errors.filter(({error}) => !within(error, 1 / 1.2, 1.2)).length).toBeLessThanOrEqual(all.length / 8);
  });
});

it('say at two threads, to which no cost is fitted, whether a block is faster fused, but for near ties', () => {
  const estimated = TWO_THREADS.map(({name, ratio, ...block}) => {
    const estimate = estimateBlock(block, {simd: 'relaxed-simd', threads: {stock: 2, fused: 2}}) as BlockEstimate;
    return {name, measured: ratio, estimated: estimate.fused / estimate.stock};
  });
  const wrong = estimated.filter(({estimated, measured}) => estimated < 1 !== measured < 1);
  expect(wrong.filter(({measured}) => !within(measured, 0.9, 1.1))).toEqual([]);
  expect(wrong.length).toBeLessThanOrEqual(1);
});

it('was fitted to other shapes than it is judged by', () => {
  const shape = ({spec, size}: MeasuredBlock): string => JSON.stringify([spec, size]);
  const fitted = new Set(FITTED_BLOCKS.map(shape));
  expect(fitted.size).toBe(FITTED_BLOCKS.length);
  expect(JUDGED_BLOCKS.filter((block) => fitted.has(shape(block)))).toEqual([]);
});
