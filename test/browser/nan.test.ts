/** NaN in Chromium's engine, where the fused kernels run in relaxed SIMD. */
import '@tensorflow/tfjs-backend-cpu';
import {ALL_TFJS as tf} from '../../src/compare/tfjs.ts';
import {WASM_MODELS} from '../suites/fixtures.ts';
import {nanSuite} from '../suites/nan.ts';
import {FIXTURES} from './page.ts';

nanSuite({
  backend: 'wasm',
  models: WASM_MODELS,
  handlerOf: (name) => tf.io.http(`${FIXTURES}${name}/model.json`),
  weightStep: 5,
});
