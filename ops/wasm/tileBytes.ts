/** What a plan's tiles read and write, as counted by their loops in assembly/convFirst.ts, expandFirst.ts, separable.ts and global.ts. */
import {type BlockGeometry, type BlockSpec, isGlobal} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import {FLOAT_BYTES, paramsLayout} from '../params.ts';
import type {WasmPlan} from './plan.ts';
import {type TileSpan, tileSpans} from './tiles.ts';

/**
 * Returns what all tiles read and write of x, params and y: the halos of x once a tile, all weights once a tile; and of what is kept
 * between two sweeps. Scratch, which stays in cache, is not in it. Units: bytes.
 */
export function tileBytes(spec: BlockSpec, size: ImageSize, geometry: BlockGeometry, plan: WasmPlan): number {
  const {rows, columns} = tileSpans({spec, size, geometry, plan});
  const input = inputsOf(rows) * inputsOf(columns) * spec.inChannels;
  const params = rows.length * columns.length * paramsLayout(spec).length;
  const output = geometry.outHeight * geometry.outWidth * spec.outChannels;
  const residual = spec.residual ? output : 0;
  const kept = isGlobal(spec) ? 2 * geometry.outHeight * geometry.outWidth * spec.hiddenChannels : 0;
  return FLOAT_BYTES * size.batch * (input + params + output + residual + kept);
}

function inputsOf(spans: readonly TileSpan[]): number {
  return spans.reduce((sum, {inputs}) => sum + inputs, 0);
}
