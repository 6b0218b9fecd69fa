/** To be written. */
import {type ConvFirstVariant, lanesOf, threadsOf} from '../variant.ts';
import {slabVectors} from './gemm.ts';
import {spatialTileArrays} from './spatialTile.ts';
import {vectorArray, type WorkgroupArray} from './workgroupArrays.ts';

export function convFirstText(variant: ConvFirstVariant): string {
  return variant.kernel;
}

/** Returns the workgroup memory of the shader. */
export function convFirstArrays(variant: ConvFirstVariant): WorkgroupArray[] {
  const {spatial, expandTile, projectTile, precision} = variant;
  return [
    ...(spatial === null ? [] : spatialTileArrays({...spatial, threads: threadsOf(expandTile), precision})),
    vectorArray('hidden', precision, expandTile.rows * hiddenStride(variant)),
    vectorArray('weights', precision, Math.max(slabVectors(expandTile), slabVectors(projectTile))),
  ];
}

/** A row of a chunk, or of a slab of the stored source, in vectors; and one more, for other memory banks. */
function hiddenStride({spatial, expandTile}: ConvFirstVariant): number {
  const {columns, slab} = expandTile;
  return lanesOf(spatial === null ? Math.max(columns, slab) : columns) + 1;
}
