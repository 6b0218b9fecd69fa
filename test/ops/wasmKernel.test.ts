import {setFlagsFromString} from 'node:v8';
import {describeBlock} from '../../ops/block.ts';
import {checkBlock} from '../suites/wasmKernel.ts';
import {SMALL_BLOCKS} from '../suites/blockCases.ts';
// Node 20 has relaxed SIMD behind a flag.
setFlagsFromString('--experimental-wasm-relaxed-simd');

describe('wasm kernel', () => {
  for (const {spec, height, width} of SMALL_BLOCKS)
    it(`${describeBlock(spec)} at ${height}×${width}`, () => {
      for (const level of ['simd', 'relaxed-simd'] as const)
        checkBlock({level, shared: false}, spec, {batch: 2, height, width});
    });
});
