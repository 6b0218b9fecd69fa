/**
 * A Vite plugin without which tfjs's wasm backend has no threads in a minified page.
 *
 * tfjs starts its threads with the text of one of its functions, which refers to a variable outside, guarded by `typeof`. A minifier
 * renames that variable and takes the guard away, so that each thread ends in a ReferenceError. The variable is not needed where tfjs
 * gives that text.
 */
import type {Plugin} from 'vite';

const MODULE = /tfjs-backend-wasm-threaded-simd\.js$/;
const FUNCTION = 'function(WasmBackendModuleThreadedSimd) {';
const OUTSIDE = /\b_scriptDir\b/g;

export function tfjsThreads(): Plugin {
  return {
    name: 'tfjs-threads',
    transform(code, id) {
      if (!MODULE.test(id.replace(/\?.*/, ''))) return null;
      const start = code.indexOf(FUNCTION);
      if (start < 0)
        throw new Error(`${id}: tfjs starts its threads in another way than this plugin knows; look at it`);
      return {code: code.slice(0, start) + code.slice(start).replace(OUTSIDE, '(void 0)'), map: null};
    },
  };
}
