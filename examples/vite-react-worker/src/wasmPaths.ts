/** Tells tfjs where the files of its wasm backend are: the bundler copies them, and writes their addresses here. */
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';

const plain = new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm', import.meta.url);
const simd = new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', import.meta.url);
const threaded = new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm', import.meta.url);

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain.href,
  'tfjs-backend-wasm-simd.wasm': simd.href,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded.href,
});
