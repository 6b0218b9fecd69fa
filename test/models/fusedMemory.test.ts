/** Memory in Node; test/browser runs the same in Chromium, in tfjs's shared memory too. */
import '@tensorflow/tfjs-backend-wasm';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import {fixtureFolder} from '../helpers/fixtures.ts';
import {GLOBAL_MODELS, WASM_MODELS} from '../suites/convertedModels.ts';
import {memorySuite} from '../suites/memory.ts';

beforeAll(() => tf.setBackend('wasm'));

memorySuite({
  backend: 'wasm',
  models: [...WASM_MODELS, ...GLOBAL_MODELS],
  handlerOf: (name) => modelFileHandler(fixtureFolder(name)),
  rounds: 10,
});
