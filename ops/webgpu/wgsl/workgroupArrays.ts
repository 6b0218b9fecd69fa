/** The arrays of workgroup memory as data, from which come both their declarations and their bytes. */
import {type Precision, roundUp} from '../../params.ts';
import {elementType} from './vectors.ts';

const TYPE_BYTES = {f32: 4, 'vec4<f32>': 16, 'vec4<f16>': 8} as const;

export interface WorkgroupArray {
  readonly name: string;
  readonly type: keyof typeof TYPE_BYTES;
  readonly length: number;
}

/** WebGPU rounds each variable up to 16 bytes. Source: the WebGPU specification, "maxComputeWorkgroupStorageSize". */
const VARIABLE_BYTES = 16;

/** Returns an array of vectors in the precision of params. */
export function vectorArray(name: string, precision: Precision, length: number): WorkgroupArray {
  return {name, type: `vec4<${elementType(precision)}>`, length};
}

/** Returns the vectors from one of many things to the next, each of so many: an odd number, so that they begin in different banks. */
export function oddStride(vectors: number): number {
  return vectors + 1 - (vectors % 2);
}

/** Returns the declarations. */
export function workgroupText(arrays: readonly WorkgroupArray[]): string {
  return arrays.map(({name, type, length}) => `var<workgroup> ${name}: array<${type}, ${length}>;`).join('\n');
}

/** Returns the workgroup memory that the arrays take of a device. Units: bytes. */
export function bytesOf(arrays: readonly WorkgroupArray[]): number {
  return arrays.reduce((sum, {type, length}) => sum + roundUp(length * TYPE_BYTES[type], VARIABLE_BYTES), 0);
}
