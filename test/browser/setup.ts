/** Runs before the first browser test: makes the wasm backend ready, from the files that karma serves. */
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {TFJS_WASM} from '../helpers/page.ts';

setWasmPaths(TFJS_WASM);

beforeAll(async () => {
  await tf.setBackend('wasm');
});
