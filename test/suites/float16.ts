/**
 * What float16 costs: the float64 loops with weights, and what a kernel holds in fast memory, rounded to float16 as the shaders
 * round them. Their sums are float32, which the loops have for exact.
 */
import type {BlockSpec} from '../../ops/block.ts';
import {decodeFloat16, encodeFloat16} from '../../ops/float16.ts';
import {packFloat16Params, unpackFloat16Params} from '../../ops/float16Params.ts';
import {referenceBlock, type ReferenceInput} from '../../ops/reference/loops.ts';

/**
 * How far a block in float16 may be from exact where its values are near one (blockCases.ts), whatever its depth: rounding
 * errors of 2⁻¹¹ at most, of the weights and inputs of three layers and before a LayerNorm, average out over the sums; the worst
 * of all outputs is some four times their mean.
 */
export const FLOAT16_TOLERANCE = 6 * 2 ** -11;

/** Returns what kernels hold of values. */
export function roundToFloat16(values: Float64Array): Float64Array {
  return Float64Array.from(decodeFloat16(encodeFloat16(Float32Array.from(values))));
}

/** Returns the block's output in float16. */
export function float16Block(spec: BlockSpec, input: ReferenceInput, params: Float32Array): Float64Array {
  const rounded = unpackFloat16Params(packFloat16Params(params));
  return referenceBlock(spec, {...input, hold: roundToFloat16}, rounded);
}
