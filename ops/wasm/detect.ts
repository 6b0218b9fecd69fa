/** Which SIMD level the engine has, asked by validating a tiny module for each, and which of them it is fast at. */

/** WebAssembly's fixed-width SIMD, or its relaxed SIMD as well. */
export type SimdLevel = 'relaxed-simd' | 'simd';

export const NO_SIMD = 'this engine has no WebAssembly SIMD';

/** `(func (result v128) <op>)` after the header, type and function sections. */
function moduleWith(body: readonly number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0x0b];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type 0: () -> v128
    ...[0x03, 0x02, 0x01, 0x00], // function 0 of type 0
    ...[0x0a, code.length + 2, 0x01, code.length, ...code],
  ]);
}

const I32_CONST_0 = [0x41, 0x00];
const I8X16_SPLAT = [0xfd, 0x0f];
const F32X4_RELAXED_MADD = [0xfd, 0x85, 0x02];
const ZERO = [...I32_CONST_0, ...I8X16_SPLAT];

/** Returns whether this engine runs a level. */
export function hasSimd(level: SimdLevel): boolean {
  const multiplyAdd = level === 'simd' ? [] : [...ZERO, ...ZERO, ...F32X4_RELAXED_MADD];
  return WebAssembly.validate(moduleWith([...ZERO, ...multiplyAdd]));
}

/**
 * Returns the level that this engine runs fastest, or null without SIMD.
 *
 * V8 before 13.4 (Chromium 134, Node 24) has no register for the last sums of relaxed SIMD's larger tile, and takes twice as long as
 * with plain SIMD. It is told by Error.isError, which came with 13.4; other engines had that before they had relaxed SIMD.
 */
export function detectSimd(): SimdLevel | null {
  if (hasSimd('relaxed-simd') && 'isError' in Error) return 'relaxed-simd';
  return hasSimd('simd') ? 'simd' : null;
}
