/** Guards what the other browser tests take for granted: without it they could pass on the wrong kind of page. */
import * as tf from '@tensorflow/tfjs-core';
import {HAS_RELAXED_SIMD, PAGE_IS_ISOLATED} from '../helpers/page.ts';

/** `(module (func (drop (f32x4.relaxed_madd …))))`: valid where there is relaxed SIMD. */
const RELAXED_MADD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 123], // type () → v128
  ...[3, 2, 1, 0],
  ...[10, 19, 1, 17, 0],
  ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
);

describe(`a ${PAGE_IS_ISOLATED ? 'cross-origin isolated' : 'plain'} page`, () => {
  it('is isolated as it was asked to be', () => {
    expect(crossOriginIsolated).toBe(PAGE_IS_ISOLATED);
    expect(typeof SharedArrayBuffer === 'function').toBe(PAGE_IS_ISOLATED);
  });

  it('runs tfjs-backend-wasm with SIMD, in the memory that such a page gets', async () => {
    expect(tf.getBackend()).toBe('wasm');
    expect(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')).toBe(true);
    expect(Object.prototype.toString.call(wasmMemory().buffer)).toBe(
      PAGE_IS_ISOLATED ? '[object SharedArrayBuffer]' : '[object ArrayBuffer]',
    );
  });

  it('computes', async () => {
    const sum = tf.add(tf.tensor1d([1, 2, 3]), tf.scalar(0.5));
    expect([...(await sum.data())]).toEqual([1.5, 2.5, 3.5]);
    sum.dispose();
  });

  it(`has ${HAS_RELAXED_SIMD ? '' : 'no '}relaxed SIMD`, () => {
    expect(WebAssembly.validate(RELAXED_MADD)).toBe(HAS_RELAXED_SIMD);
  });
});

function wasmMemory(): WebAssembly.Memory {
  const {wasm} = tf.backend() as unknown as {
    wasm: {wasmMemory?: WebAssembly.Memory; asm?: {memory: WebAssembly.Memory}};
  };
  return (wasm.wasmMemory ?? wasm.asm?.memory)!;
}
