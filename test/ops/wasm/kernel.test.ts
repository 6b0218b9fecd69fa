/** The kernels in Node's engine; test/browser runs the same in Chromium's, in shared memory too. */
import {setFlagsFromString} from 'node:v8';
import {wasmKernelSuite} from '../../suites/wasmKernel.ts';

// Node 20 has relaxed SIMD behind a flag.
setFlagsFromString('--experimental-wasm-relaxed-simd');

for (const level of ['simd', 'relaxed-simd'] as const) wasmKernelSuite({level, shared: false});
wasmKernelSuite({level: 'simd', shared: true});
