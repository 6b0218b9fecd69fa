/** The wasm kernels in the browser's engine, in the kind of memory that tfjs has on this page. */
import {wasmKernelSuite} from '../suites/wasmKernel.ts';
import {ENGINE, HAS_RELAXED_SIMD, PAGE_IS_ISOLATED} from '../helpers/page.ts';

/**
 * Chromium runs every block. What another engine's compiler may get wrong lies in the micro-kernels, all of which run on any share:
 * a third leaves two more engines within the time of one.
 */
const SHARE = {every: ENGINE === 'chromium' ? 1 : 3};

wasmKernelSuite({level: 'simd', shared: PAGE_IS_ISOLATED}, SHARE);
if (HAS_RELAXED_SIMD) wasmKernelSuite({level: 'relaxed-simd', shared: PAGE_IS_ISOLATED}, SHARE);
