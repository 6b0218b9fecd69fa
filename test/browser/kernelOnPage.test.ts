/** The wasm kernels in Chromium's engine, in the kind of memory that tfjs has on this page. */
import {wasmKernelSuite} from '../suites/wasmKernel.ts';
import {PAGE_IS_ISOLATED} from '../helpers/page.ts';

for (const level of ['simd', 'relaxed-simd'] as const) wasmKernelSuite({level, shared: PAGE_IS_ISOLATED});
