import {PART_CASES} from '../../../bench/speed/partCases.ts';
import {ACTIVATIONS, type BlockSpec, blockSpec, type SqueezeExcite} from '../../../ops/block.ts';
import {webgpuBlockKernel} from '../../../ops/webgpu/kernel.ts';
import {reasonNotToFuse, stockKernels} from '../../../ops/webgpu/planner/stockEstimate.ts';
import {MODEL_BLOCKS} from '../../helpers/blockCases.ts';

/** MobileNetV2's last block, which has no residual. */
const LAST: BlockSpec = blockSpec({
  order: 'expand-first',
  inChannels: 160,
  hiddenChannels: 960,
  outChannels: 320,
  kernelSize: [3, 3],
  stride: 1,
  padding: 'same',
  groupWidth: 1,
  layerNormEpsilon: null,
  spatialActivation: 'relu6',
  hiddenActivation: 'relu6',
  residual: false,
});

describe('the kernels that stock ops run for a block', () => {
  it('are its three layers, where all else is in them', () => {
    expect(stockKernels(LAST)).toBe(3);
  });

  it('are one more for the residual, seven for a LayerNorm, and those of its activations', () => {
    expect(stockKernels({...LAST, residual: true})).toBe(4);
    expect(stockKernels({...LAST, layerNormEpsilon: 1e-6})).toBe(10);
    expect(stockKernels({...LAST, spatialActivation: 'silu', hiddenActivation: 'gelu'})).toBe(8);
    for (const activation of ACTIVATIONS)
      expect(stockKernels({...LAST, hiddenActivation: activation})).toBeGreaterThanOrEqual(3);
  });
});

describe('the kernels that stock ops run for a block with rare parts', () => {
  const excite: SqueezeExcite = {channels: 40, activation: 'relu', gate: 'sigmoid', beforeActivation: false};

  it('are the mean, two products, a gate and a multiplication of squeeze-and-excite', () => {
    expect(stockKernels({...LAST, squeezeExcite: excite})).toBe(3 + 5);
    expect(stockKernels({...LAST, squeezeExcite: {...excite, activation: 'silu', gate: 'hard-sigmoid'}})).toBe(3 + 9);
  });

  it('are nine of a response norm, and two of a separable block', () => {
    const convFirst = {...LAST, order: 'conv-first'} as const;
    expect(stockKernels({...convFirst, responseNorm: {epsilon: 1e-6, normEpsilon: 0}})).toBe(3 + 9);
    expect(stockKernels({...LAST, order: 'separable', hiddenChannels: 160, hiddenActivation: 'linear'})).toBe(2);
  });

  it('are one more for an activation after a sum, which no conv takes in', () => {
    expect(stockKernels({...LAST, outputActivation: 'relu'})).toBe(3);
    expect(stockKernels({...LAST, residual: true, outputActivation: 'relu'})).toBe(5);
    expect(stockKernels({...LAST, residual: true, outputActivation: 'prelu'})).toBe(5);
  });
});

describe('whether fusing is estimated to pay on webgpu', () => {
  it('it does for every block of the models that the sweep has, at their sizes', async () => {
    for (const {spec, height, width} of MODEL_BLOCKS)
      expect(await webgpuBlockKernel.reasonNotToFuse({spec, size: {batch: 1, height, width}})).toBeNull();
  });

  it('it does for every block of the bench with rare parts', () => {
    for (const {spec, size} of PART_CASES) expect(reasonNotToFuse({spec, size})).toBeNull();
  });

  it('it does not where three passes are the best plan and stock ops take no more kernels', () => {
    for (const batch of [1, 8])
      expect(reasonNotToFuse({spec: LAST, size: {batch, height: 7, width: 7}})).toMatch(
        /^estimated no faster fused on webgpu: ([\d.]+ ms), and at least \1 by stock ops$/,
      );
    expect(
      reasonNotToFuse({spec: {...LAST, hiddenActivation: 'silu'}, size: {batch: 8, height: 7, width: 7}}),
    ).toBeNull();
  });

  it('it does not where no plan fits', () => {
    const huge = blockSpec({...LAST, inChannels: 2 ** 21});
    expect(reasonNotToFuse({spec: huge, size: {batch: 1, height: 2, width: 2}})).toMatch(
      /^it would run on stock ops: no plan of .* fits the device: /,
    );
  });
});
