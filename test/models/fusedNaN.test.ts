/** NaN in Node; test/browser runs the same in Chromium. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import {fixtureFolder} from '../helpers/fixtures.ts';
import {WASM_MODELS} from '../suites/convertedModels.ts';
import {nanSuite} from '../suites/nan.ts';

beforeAll(() => tf.setBackend('wasm'));

nanSuite({
  backend: 'wasm',
  models: WASM_MODELS,
  handlerOf: (name) => modelFileHandler(fixtureFolder(name)),
  weightStep: 5,
});
