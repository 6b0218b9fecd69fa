import {blockSpec} from '../../../ops/block.ts';
import type {ImageSize} from '../../../ops/cost.ts';
import {estimateBlock} from '../../../ops/wasm/estimate.ts';
import {type BlockPrediction, predictBlock} from '../../../src/analysis/prediction/predictBlock.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';
import {JUDGED_BLOCKS, MEASURED_OPS_PER_S} from '../../ops/wasm/measuredBlocks.ts';

const RUN = {spec: blockSpec(CONV_FIRST), size: {batch: 1, height: 8, width: 8}};
const WASM = {backend: 'wasm', simd: 'simd', opsPerS: 60e9} as const;

it('is the block’s cost at the peak of the machine', () => {
  const estimate = estimateBlock(RUN, WASM) as {stock: number; fused: number};
  const {ms, reason} = predictBlock(RUN, WASM);
  expect(reason).toBeNull();
  // 2 operations a MAC: 30e6 MACs a millisecond.
  expect(ms!.stock).toBeCloseTo(estimate.stock / 30e6, 12);
  expect(ms!.fused).toBeCloseTo(estimate.fused / 30e6, 12);
});

describe.each(['simd', 'relaxed-simd'] as const)('at the peak of the machine that was measured at %s', (simd) => {
  it.each(JUDGED_BLOCKS)('is within 30% of what $name takes fused', ({spec, size, ms}) => {
    const predicted = predictBlock({spec, size}, {backend: 'wasm', simd, opsPerS: MEASURED_OPS_PER_S[simd]});
    const ratio = predicted.ms!.fused / ms[simd].fused;
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.3);
  });
});

it.each<[string, BlockPrediction, RegExp]>([
  ['on a backend without kernels', predictBlock(RUN, {...WASM, backend: 'cpu', simd: null}), /no fused kernel.* cpu$/],
  ['on webgpu', predictBlock(RUN, {...WASM, backend: 'webgpu', simd: null}), /it predicts no times/],
  ['without SIMD', predictBlock(RUN, {...WASM, simd: null}), /no WebAssembly SIMD$/],
  [
    'of a block without a plan',
    predictBlock({...RUN, spec: blockSpec({...CONV_FIRST, kernelSize: [4001, 4001]})}, WASM),
    /^the smallest tile/,
  ],
])('is not there %s, and says why', (_, {ms, reason}, why) => {
  expect(ms).toBeNull();
  expect(reason).toMatch(why);
});

it.each([{height: 8, width: 8}, {batch: 1, height: 8, width: NaN}, {batch: 0, height: 8, width: 8}, [8, 8]])(
  'refuses a size that is none: %p',
  (size) => {
    expect(() => predictBlock({...RUN, size: size as ImageSize}, WASM)).toThrow(
      'predictBlock: size must be {batch, height, width}, whole numbers of at least 1, got',
    );
  },
);
