/** Params of layout 2 on webgpu, whatever its device can: unpacked for stock ops, and the op with them. */
import type {Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {describeBlock} from '../../ops/block.ts';
import {packFloat16Params, unpackFloat16Params} from '../../ops/float16Params.ts';
import {fusedResidualBlock} from '../../ops/op.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {webgpuBlockKernel} from '../../ops/webgpu/kernel.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';
import {type BlockCase, LAYERED_BLOCKS, randomParams, toleranceOf} from '../helpers/blockCases.ts';

export function floatParamsSuite(): void {
  describeWebGPU('params of layout 2', () => {
    const seeded = packFloat16Params(randomFloats(1000, {seed: 1, scale: 9}));

    // Around a workgroup's 64 pairs.
    for (const count of [1, 63, 64, 65, 130])
      it(`come back in layout 1, exactly: ${count} pairs`, async () => {
        const pairs = seeded.subarray(0, count);
        const before = tf.memory().numTensors;
        const packed: Tensor1D = tf.tensor1d(pairs, 'int32');
        const unpacked = webgpuBlockKernel.floatParams(packed);
        expect(unpacked.shape).toEqual([2 * count]);
        expectClose(await unpacked.data(), unpackFloat16Params(pairs), 0);
        tf.dispose([packed, unpacked]);
        expect(tf.memory().numTensors).toBe(before);
      });

    it('keep the smallest and the largest float16', async () => {
      const values = Float32Array.of(2 ** -14, -(2 ** -14), 65504, -65504, 0, 2 ** -24, 1.5, -1);
      const packed: Tensor1D = tf.tensor1d(packFloat16Params(values), 'int32');
      const unpacked = webgpuBlockKernel.floatParams(packed);
      // A device may take what is below float16's least normal number for zero.
      expectClose(await unpacked.data(), values, 2 ** -24);
      tf.dispose([packed, unpacked]);
    });

    it('are left as they are where they are float32', () => {
      const params: Tensor1D = tf.tensor1d([1, 2, 3]);
      expect(webgpuBlockKernel.floatParams(params)).toBe(params);
      params.dispose();
    });
  });

  describeWebGPU('the op on stock ops, with params of layout 2', () => {
    /** Runs a block of two images, and compares it with the loops. */
    async function check({spec, height, width}: BlockCase): Promise<void> {
      const values = randomFloats(2 * height * width * spec.inChannels, {seed: 1});
      const pairs = packFloat16Params(randomParams(spec, 2));
      const x: Tensor4D = tf.tensor4d(values, [2, height, width, spec.inChannels]);
      const params: Tensor1D = tf.tensor1d(pairs, 'int32');
      const before = tf.memory().numTensors;
      const y = fusedResidualBlock(x, params, spec);
      expect(tf.memory().numTensors).toBe(before + 1);
      const expected = referenceBlock(spec, {x: values, batch: 2, height, width}, unpackFloat16Params(pairs));
      expectClose(await y.data(), expected, toleranceOf(spec));
      tf.dispose([x, params, y]);
    }

    for (const block of LAYERED_BLOCKS)
      it(`is as with the same numbers in layout 1: ${describeBlock(block.spec)}`, () => check(block));

    it('is so while the float16 kernel is being compiled, and when the device has refused it', async () => {
      registerBlockFusion();
      const [block] = LAYERED_BLOCKS as [BlockCase];
      await check(block);
      await webgpuBlockKernel.settled!(tf.backend());
      await check(block);
    });
  });
}
