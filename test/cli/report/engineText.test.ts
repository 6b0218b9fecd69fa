import {engineText} from '../../../src/cli/report/engineText.ts';
import type {ThreadCount} from '../../../ops/blockKernel.ts';

const on = (threads: number, fusedThreads: ThreadCount | null): string =>
  engineText({engine: {backend: 'wasm', adapter: null, simd: 'simd', threads, fusedThreads}, browser: '156.0'});

test.each([
  [1, null, '1 thread'],
  [1, {count: 1, reason: 'the page is not cross-origin isolated'}, '1 thread (the page is not cross-origin isolated)'],
  [2, {count: 2, reason: null}, '2 threads'],
  [4, {count: 3, reason: 'a worker did not start'}, '4 threads, fused on 3 (a worker did not start)'],
  [2, {count: 4, reason: null}, '2 threads, fused on 4'],
] as const)('%d threads of stock, %j of ours', (threads, fused, text) => {
  expect(on(threads, fused)).toBe(`wasm, simd, ${text}, Chromium 156.0`);
});
