/** The kernels in Node's engine; test/browser runs the same in browsers', in shared memory too. */
import {setFlagsFromString} from 'node:v8';
import {wasmKernelSuite} from '../../suites/wasmKernel.ts';

// Node 20 has relaxed SIMD behind a flag.
setFlagsFromString('--experimental-wasm-relaxed-simd');

/** All of the sweep, where scripts/testNode.mjs does not want less. */
const SHARE = {every: Number(process.env['KERNEL_SWEEP_EVERY'] ?? 1)};

for (const level of ['simd', 'relaxed-simd'] as const) wasmKernelSuite({level, shared: false}, SHARE);
// Memory that is shared differs in how it is imported alone.
wasmKernelSuite({level: 'simd', shared: true}, {every: 4 * SHARE.every});
