/** Memory in Chromium, in the kind of memory that tfjs has on this page. */
import {ALL_TFJS as tf} from '../../src/compare/tfjs.ts';
import {WASM_MODELS} from '../suites/fixtures.ts';
import {memorySuite} from '../suites/memory.ts';
import {FIXTURES} from './page.ts';

memorySuite({
  backend: 'wasm',
  models: WASM_MODELS,
  handlerOf: (name) => tf.io.http(`${FIXTURES}${name}/model.json`),
  rounds: 10,
});
