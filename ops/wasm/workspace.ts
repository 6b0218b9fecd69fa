/**
 * The workspace of a block in two sweeps (assembly/global.ts), which its threads share: what the first sweep keeps for the second. It
 * holds what project reads once, where stock ops hold it before and after the factors. Pure: numbers in, numbers out.
 */
import {isGlobal} from '../block.ts';
import {FLOAT_BYTES, PANEL, roundUp} from '../params.ts';
import {GEMM_PIXELS} from './microkernels.ts';
import type {PlannedBlock} from './tiles.ts';

const ALIGNMENT = 64;

/** Offsets from the workspace's start. Units: bytes. */
export interface Workspace {
  readonly values: number;
  readonly tileSums: number;
  readonly means: number;
  readonly squeezed: number;
  readonly squeezedPanels: number;
  readonly factors: number;
  /** What a tile takes of the values. */
  readonly tileValuesBytes: number;
  /** All of it; 0 for a block in one sweep. */
  readonly bytes: number;
}

/** Returns where in the workspace each buffer lies. */
export function workspaceOf({spec, size, geometry, plan}: PlannedBlock): Workspace {
  const hidden = roundUp(spec.hiddenChannels, PANEL);
  const squeezed = roundUp(spec.squeezeExcite?.channels ?? 0, PANEL);
  const {tileHeight, tileWidth} = plan;
  const tiles = size.batch * Math.ceil(geometry.outHeight / tileHeight) * Math.ceil(geometry.outWidth / tileWidth);
  const tileValues = roundUp(tileHeight * tileWidth, GEMM_PIXELS) * hidden;
  const images = roundUp(size.batch, GEMM_PIXELS);
  let end = 0;
  const take = (floats: number): number => {
    const start = end;
    if (isGlobal(spec)) end += roundUp(floats * FLOAT_BYTES, ALIGNMENT);
    return start;
  };
  return {
    values: take(tiles * tileValues),
    tileSums: take(tiles * hidden),
    means: take(images * hidden),
    // Also an image's sums, before there are means.
    squeezed: take(Math.max(hidden, images * squeezed)),
    squeezedPanels: take(images * squeezed),
    factors: take(images * hidden),
    tileValuesBytes: tileValues * FLOAT_BYTES,
    bytes: end,
  };
}
