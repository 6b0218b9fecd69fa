/** What a plan's tiles read and write, as counted by their loops in assembly/convFirst.ts and expandFirst.ts. */
import type {BlockGeometry, BlockSpec} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import {FLOAT_BYTES, paramsLayout} from '../params.ts';
import type {WasmPlan} from './plan.ts';

/**
 * Returns what all tiles read and write of x, params and y: the halos of x once a tile, all weights once a tile. Scratch, which
 * stays in cache, is not in it. Units: bytes.
 */
export function tileBytes(spec: BlockSpec, size: ImageSize, geometry: BlockGeometry, plan: WasmPlan): number {
  const {outHeight, outWidth, pad} = geometry;
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const convFirst = spec.order === 'conv-first';
  const {stride} = spec;
  const vertical = {outputs: outHeight, tile: plan.tileHeight, inputs: size.height, before: pad.top, stride};
  const horizontal = {outputs: outWidth, tile: plan.tileWidth, inputs: size.width, before: pad.left, stride};
  const rows = inputsRead({...vertical, kernel: kernelHeight, keep: plan.keepRows, window: null});
  // Conv-first copies as many columns for a narrow tile as for a whole one.
  const window = convFirst ? plan.imageColumns : null;
  const columns = inputsRead({...horizontal, kernel: kernelWidth, keep: false, window});

  const tiles = Math.ceil(outHeight / plan.tileHeight) * Math.ceil(outWidth / plan.tileWidth);
  const output = outHeight * outWidth * spec.outChannels;
  const residual = spec.residual ? output : 0;
  const input = rows * columns * spec.inChannels;
  return FLOAT_BYTES * size.batch * (input + tiles * paramsLayout(spec).length + output + residual);
}

/** One axis of the tiles. Units: pixels. */
interface Axis {
  readonly outputs: number;
  readonly tile: number;
  readonly inputs: number;
  /** Padding before the first input. */
  readonly before: number;
  readonly stride: number;
  readonly kernel: number;
  /** Whether what a tile read is there still for the next. */
  readonly keep: boolean;
  /** What a tile reads, where it is always the same; null where its outputs say it. */
  readonly window: number | null;
}

/** Returns the sum over the tiles of the inputs that each reads, padding left out. */
function inputsRead({outputs, tile, inputs, before, stride, kernel, keep, window}: Axis): number {
  let sum = 0;
  let end = 0;
  for (let first = 0; first < outputs; first += tile) {
    const from = first * stride - before;
    const count = Math.min(tile, outputs - first);
    const start = Math.max(keep ? end : 0, from);
    end = Math.min(inputs, from + (window ?? (count - 1) * stride + kernel));
    sum += Math.max(0, end - start);
  }
  return sum;
}
