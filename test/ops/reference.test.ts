import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {blockGeometry, describeBlock} from '../../ops/block.ts';
import {paramsLayout} from '../../ops/params.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {stockResidualBlock} from '../../ops/reference/stock.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {PART_BLOCKS, randomParams, SMALL_BLOCKS} from '../helpers/blockCases.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('float64 loops agree with stock tfjs ops', () => {
  for (const {spec, height, width} of [...SMALL_BLOCKS, ...PART_BLOCKS])
    it(`${describeBlock(spec)} at ${height}×${width}`, () => {
      const x = randomFloats(2 * height * width * spec.inChannels, {seed: 1});
      const params = randomParams(spec, 2);
      const {outHeight, outWidth} = blockGeometry(spec, height, width);
      expect(params).toHaveLength(paramsLayout(spec).length);
      tf.tidy(() => {
        const y = stockResidualBlock(tf.tensor4d(x, [2, height, width, spec.inChannels]), tf.tensor1d(params), spec);
        expect(y.shape).toEqual([2, outHeight, outWidth, spec.outChannels]);
        // The cpu backend accumulates in float64 and rounds each layer's result to float32.
        expectClose(y.dataSync(), referenceBlock(spec, {x, batch: 2, height, width}, params), 2e-5);
      });
    });
});
