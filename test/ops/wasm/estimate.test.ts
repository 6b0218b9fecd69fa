import {blockSpec} from '../../../ops/block.ts';
import {type BlockEstimate, estimateBlock, reasonNotToFuse} from '../../../ops/wasm/estimate.ts';
import {wasmBlockKernel} from '../../../ops/wasm/kernel.ts';
import {forceSimdLevel} from '../../../ops/wasm/module.ts';
import {RELATIVE_COSTS} from '../../../ops/wasm/relativeCosts.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';

const SPEC = blockSpec(CONV_FIRST);
const SIZE = {batch: 1, height: 8, width: 8};
/** One pixel, of which stock ops make one row, and the fused kernel four. */
const PIXEL = {
  spec: blockSpec({
    ...SPEC,
    order: 'expand-first',
    groupWidth: 1,
    inChannels: 160,
    hiddenChannels: 960,
    outChannels: 160,
  }),
  size: {batch: 1, height: 1, width: 1},
};
/** Rows of more bytes than a tile may take. */
const HUGE = {spec: blockSpec({...SPEC, kernelSize: [4001, 4001]}), size: SIZE};

describe('the estimate of a block', () => {
  it('is the sum of its parts, of each so many at its cost', () => {
    const {fused} = RELATIVE_COSTS.simd;
    const macs = 64 * 72 * 16 * fused.f32_grouped_4x8 + 64 * (16 * 24 + 24 * 16) * fused.gemmMac;
    const values = 64 * 24 * fused.transcendental + 64 * 16 * fused.copiedValue;
    const others = 80 * fused.gemmTile + fused.step + fused.call;
    const estimate = estimateBlock({spec: SPEC, size: SIZE}, {simd: 'simd'}) as BlockEstimate;
    expect(estimate.fused).toBeCloseTo(macs + values + others, 6);
  });

  it('of several stock forms takes the cheapest', () => {
    const forms = ([8, 512] as const).map((channels) => {
      const spec = blockSpec({...SPEC, inChannels: channels, outChannels: channels});
      const estimate = estimateBlock({spec, size: {batch: 1, height: 64, width: 64}}, {simd: 'simd'});
      return typeof estimate === 'string' ? estimate : estimate.stockForm;
    });
    expect(forms).toEqual(['zero-filled', 'split']);
  });

  it('is of the SIMD level that is asked for', () => {
    const [plain, relaxed] = (['simd', 'relaxed-simd'] as const).map((simd) =>
      estimateBlock({spec: SPEC, size: SIZE}, {simd}),
    );
    expect(plain).not.toEqual(relaxed);
  });

  it('shares what threads share: all of a fused block but its call, of stock ops the convs', () => {
    const size = {batch: 1, height: 64, width: 64};
    const one = estimateBlock({spec: SPEC, size}, {simd: 'simd'}) as BlockEstimate;
    const two = estimateBlock({spec: SPEC, size}, {simd: 'simd', threads: {stock: 2, fused: 2}}) as BlockEstimate;
    const {call} = RELATIVE_COSTS.simd.fused;
    expect((two.fused - call) / (one.fused - call)).toBeCloseTo(0.5, 1);
    expect(two.stock / one.stock).toBeGreaterThan(0.5);
    expect(two.stock / one.stock).toBeLessThan(1);
    const fusedAlone = estimateBlock({spec: SPEC, size}, {simd: 'simd', threads: {stock: 2, fused: 1}});
    expect(fusedAlone).toEqual({...two, fused: one.fused});
  });

  it('is why there is none, where no plan fits', () => {
    expect(estimateBlock(HUGE, {simd: 'simd'})).toMatch(/^the smallest tile of .* over the budget/);
  });
});

describe('the reason not to fuse on wasm', () => {
  it.each(['simd', 'relaxed-simd'] as const)('is how much more the block costs fused, at %s', (simd) => {
    const ratio = Number(/([\d.]+) times the cost of stock ops$/.exec(reasonNotToFuse(PIXEL, {simd})!)![1]);
    expect(ratio).toBeGreaterThan(1);
    expect(reasonNotToFuse({spec: SPEC, size: SIZE}, {simd})).toBeNull();
  });

  it('is why stock ops would run', () => {
    expect(reasonNotToFuse(HUGE, {simd: 'simd'})).toMatch(/^it would run on stock ops: the smallest tile/);
  });

  it('goes by the SIMD level that the kernel uses', async () => {
    try {
      for (const level of ['simd', 'relaxed-simd', null] as const) {
        forceSimdLevel(level);
        expect(await wasmBlockKernel.reasonNotToFuse(PIXEL)).toBe(reasonNotToFuse(PIXEL, {simd: level}));
      }
      expect(await wasmBlockKernel.reasonNotToFuse(PIXEL)).toMatch(/stock ops: this engine has no WebAssembly SIMD$/);
    } finally {
      forceSimdLevel(undefined);
    }
  });
});
