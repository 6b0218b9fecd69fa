/** The tiles of a plan, row by column: what each computes, and what it reads of the input, as the loops of assembly/ take them. */
import type {BlockGeometry, BlockSpec} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import type {WasmPlan} from './plan.ts';

export interface PlannedBlock {
  readonly spec: BlockSpec;
  readonly size: ImageSize;
  readonly geometry: BlockGeometry;
  readonly plan: WasmPlan;
}

/** A tile along one axis of the image. Units: pixels. */
export interface TileSpan {
  readonly outputs: number;
  /** What it reads of the input that no tile before has left in the buffer, padding left out. */
  readonly inputs: number;
}

/** Returns the tiles of an image along both its axes. */
export function tileSpans({spec, size, geometry, plan}: PlannedBlock): Record<'rows' | 'columns', TileSpan[]> {
  const {outHeight, outWidth, pad} = geometry;
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const {stride} = spec;
  const vertical = {outputs: outHeight, tile: plan.tileHeight, inputs: size.height, before: pad.top, stride};
  const horizontal = {outputs: outWidth, tile: plan.tileWidth, inputs: size.width, before: pad.left, stride};
  // What is copied, not expanded, is so with as many columns for a narrow tile as for a whole one.
  const window = spec.order === 'expand-first' ? null : plan.imageColumns;
  return {
    rows: spansOf({...vertical, kernel: kernelHeight, keep: plan.keepRows, window: null}),
    columns: spansOf({...horizontal, kernel: kernelWidth, keep: false, window}),
  };
}

/** Units: pixels. */
interface Axis {
  readonly outputs: number;
  readonly tile: number;
  readonly inputs: number;
  /** Padding before the first input. */
  readonly before: number;
  readonly stride: number;
  readonly kernel: number;
  /** Whether what a tile has read is still there for the next. */
  readonly keep: boolean;
  /** What every tile reads, where that does not depend on its outputs; else null. */
  readonly window: number | null;
}

function spansOf({outputs, tile, inputs, before, stride, kernel, keep, window}: Axis): TileSpan[] {
  const spans: TileSpan[] = [];
  let end = 0;
  for (let first = 0; first < outputs; first += tile) {
    const from = first * stride - before;
    const count = Math.min(tile, outputs - first);
    const start = Math.max(keep ? end : 0, from);
    end = Math.min(inputs, from + (window ?? (count - 1) * stride + kernel));
    spans.push({outputs: count, inputs: Math.max(0, end - start)});
  }
  return spans;
}
