/** The arrays that a shader shares among a workgroup's invocations, as data: its text and its size come from one list. */
import {type Precision, roundUp} from '../../params.ts';
import {elementType} from './module.ts';

const TYPE_BYTES = {f32: 4, 'vec4<f32>': 16, 'vec4<f16>': 8} as const;

export interface WorkgroupArray {
  readonly name: string;
  readonly type: keyof typeof TYPE_BYTES;
  readonly length: number;
}

/** WebGPU counts each variable in whole 16 bytes. Source: the WebGPU specification, "maxComputeWorkgroupStorageSize". */
const GRAIN = 16;

/** Returns an array of vectors in the precision of params. */
export function vectorArray(name: string, precision: Precision, length: number): WorkgroupArray {
  return {name, type: `vec4<${elementType(precision)}>`, length};
}

/** Returns the declarations. */
export function workgroupText(arrays: readonly WorkgroupArray[]): string {
  return arrays.map(({name, type, length}) => `var<workgroup> ${name}: array<${type}, ${length}>;`).join('\n');
}

/** Returns what a device takes for them. Units: bytes. */
export function bytesOf(arrays: readonly WorkgroupArray[]): number {
  return arrays.reduce((sum, {type, length}) => sum + roundUp(length * TYPE_BYTES[type], GRAIN), 0);
}
