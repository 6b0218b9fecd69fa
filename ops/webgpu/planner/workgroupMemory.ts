/** What a variant's shader takes of workgroup memory: a planner must know it before there is a shader. */
import type {Variant} from './variant.ts';
import {convFirstArrays} from '../wgsl/convFirst.ts';
import {expandFirstArrays} from '../wgsl/expandFirst.ts';
import {pointwiseArrays} from '../wgsl/pointwise.ts';
import {spatialArrays} from '../wgsl/spatial.ts';
import {bytesOf, type WorkgroupArray} from '../wgsl/workgroupArrays.ts';

/** Returns the workgroup memory that a variant's shader declares. Units: bytes. */
export function workgroupBytes(variant: Variant): number {
  return bytesOf(arraysOf(variant));
}

function arraysOf(variant: Variant): readonly WorkgroupArray[] {
  switch (variant.kernel) {
    case 'pointwise':
      return pointwiseArrays(variant);
    case 'spatial':
      return spatialArrays(variant);
    case 'conv-first':
      return convFirstArrays(variant);
    case 'expand-first':
      return expandFirstArrays(variant);
    default:
      return variant satisfies never;
  }
}
