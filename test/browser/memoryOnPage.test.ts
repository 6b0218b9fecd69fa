/** Memory in the browser, in the kind of memory that tfjs has on this page. */
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {WASM_MODELS, WEBGPU_MODELS} from '../suites/convertedModels.ts';
import {memorySuite} from '../suites/memory.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';
import {FIXTURES, PAGE_IS_ISOLATED} from '../helpers/page.ts';

const handlerOf = (name: string) => tf.io.http(`${FIXTURES}${name}/model.json`);

memorySuite({backend: 'wasm', models: WASM_MODELS, handlerOf, rounds: 10});

if (PAGE_IS_ISOLATED)
  describeWebGPU('webgpu', () => {
    memorySuite({backend: 'webgpu', models: WEBGPU_MODELS, handlerOf, rounds: 3});
  });
