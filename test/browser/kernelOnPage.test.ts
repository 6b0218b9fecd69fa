/** The wasm kernels in the browser's engine, in the kind of memory that tfjs has on this page. */
import {wasmKernelSuite} from '../suites/wasmKernel.ts';
import {ENGINE, HAS_RELAXED_SIMD, PAGE_IS_ISOLATED} from '../helpers/page.ts';

/**
 * Node runs every block. What another engine's compiler may get wrong lies in the micro-kernels, all of which run on any share: a
 * quarter of the blocks in Chromium, which has a later version of Node's engine, a sixth in others.
 */
const SHARE = {every: ENGINE === 'chromium' ? 4 : 6};

wasmKernelSuite({level: 'simd', shared: PAGE_IS_ISOLATED}, SHARE);
if (HAS_RELAXED_SIMD) wasmKernelSuite({level: 'relaxed-simd', shared: PAGE_IS_ISOLATED}, SHARE);
