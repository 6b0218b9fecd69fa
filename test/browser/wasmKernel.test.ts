/** The wasm kernels in Chromium's engine, in the kind of memory that tfjs has on this page. */
import {describeBlock} from '../../ops/block.ts';
import {SMALL_BLOCKS} from '../suites/blockCases.ts';
import {checkBlock} from '../suites/wasmKernel.ts';
import {PAGE_IS_ISOLATED} from './page.ts';

for (const level of ['simd', 'relaxed-simd'] as const)
  describe(`wasm kernel, ${level}, ${PAGE_IS_ISOLATED ? 'shared' : 'plain'} memory`, () => {
    for (const {spec, height, width} of SMALL_BLOCKS)
      it(`${describeBlock(spec)} at ${height}×${width}`, () => {
        checkBlock({level, shared: PAGE_IS_ISOLATED}, spec, {batch: 2, height, width});
      });
  });
