/** NaN in the browser's engine, where the fused kernels run in relaxed SIMD if it has that. */
import '@tensorflow/tfjs-backend-cpu';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {WASM_MODELS, WEBGPU_MODELS} from '../suites/convertedModels.ts';
import {nanSuite} from '../suites/nan.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';
import {FIXTURES, PAGE_IS_ISOLATED} from '../helpers/page.ts';

const handlerOf = (name: string) => tf.io.http(`${FIXTURES}${name}/model.json`);

nanSuite({backend: 'wasm', models: WASM_MODELS, handlerOf, weightStep: 5});

if (PAGE_IS_ISOLATED)
  describeWebGPU('webgpu', () => {
    nanSuite({backend: 'webgpu', models: WEBGPU_MODELS, handlerOf, weightStep: 4});
  });
