/**
 * Params layout 2: the numbers of layout 1 in their order, as float16, two in an int32: the one of even index in its low half.
 * Made at load for devices with shader-f16, and a tensor like any other, so that tfjs owns, counts and frees it.
 */
import type {BlockSpec} from './block.ts';
import {decodeFloat16, encodeFloat16, FLOAT16_MAX} from './float16.ts';
import {paramsLayout} from './params.ts';

/**
 * Returns params of layout 1 in layout 2, each rounded to the nearest float16.
 * Shapes: `[length]` to `[length / 2]`.
 */
export function packFloat16Params(params: Float32Array): Int32Array {
  return new Int32Array(encodeFloat16(params).buffer);
}

/** Returns params of layout 2 in layout 1, exactly. */
export function unpackFloat16Params({buffer, byteOffset, byteLength}: Int32Array): Float32Array {
  return decodeFloat16(new Uint16Array(buffer, byteOffset, byteLength / Uint16Array.BYTES_PER_ELEMENT));
}

/** Below this a float16 has fewer bits than its eleven. */
const FLOAT16_MIN_NORMAL = 2 ** -14;

/**
 * Returns why float16 does not hold these params as well as it holds any numbers: one too large, one that is not finite, or a
 * layer's weights all too small; null where it does.
 */
export function float16Refusal(spec: BlockSpec, params: Float32Array): string | null {
  const {sections, responseNorm} = paramsLayout(spec);
  const tooLarge = (where: string, largest: number): string | null =>
    largest <= FLOAT16_MAX ? null : `${where} holds ${largest}, float16 at most ${FLOAT16_MAX}`;
  if (responseNorm !== null) {
    const scale = largestOf(params, responseNorm, responseNorm + spec.hiddenChannels);
    const refusal = tooLarge('response norm', scale);
    if (refusal !== null) return refusal;
  }
  for (const {layer, outputs, weights, bias, slopes} of sections) {
    const weight = largestOf(params, weights, bias);
    const vectors = [bias, ...(slopes === null ? [] : [slopes])].map((at) => largestOf(params, at, at + outputs));
    const refusal = tooLarge(layer, Math.max(weight, ...vectors));
    if (refusal !== null) return refusal;
    if (weight > 0 && weight < FLOAT16_MIN_NORMAL)
      return `${layer} has no weight above ${weight}, too small for float16`;
  }
  return null;
}

/** Returns the largest absolute value from `start` to `end`; NaN where there is one. */
function largestOf(values: Float32Array, start: number, end: number): number {
  let largest = 0;
  for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}
