/** Runs before the first browser test: makes the wasm backend ready, from the files that karma serves, and tells of WebGPU. */
import '../helpers/fourCores.ts';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {ENGINE, TFJS_WASM} from '../helpers/page.ts';

/** In Chromium a WebGPU that is missing is a failure. */
if (ENGINE !== 'chromium')
  (globalThis as {WEBGPU_MISSING?: string}).WEBGPU_MISSING = `${ENGINE} has no software adapter for WebGPU`;

setWasmPaths(TFJS_WASM);

beforeAll(async () => {
  await tf.setBackend('wasm');
});
