/** The bars of several waterlines, side by side on one scale. Units: pixels. */
import type {ChartKernel, ChartSide} from './inputs.ts';

export interface Bar {
  readonly kernel: ChartKernel;
  readonly left: number;
  readonly right: number;
  readonly intensity: number;
}

/** Bars in a row whose outputs have one height and width: a stage of the network. */
export interface Stage {
  readonly label: string;
  readonly left: number;
  readonly right: number;
}

export interface Panel {
  readonly side: ChartSide;
  readonly left: number;
  /** Where its bars end; its texts may need more. */
  readonly right: number;
  readonly bytes: number;
  readonly bars: readonly Bar[];
  readonly stages: readonly Stage[];
}

const GAP = 36;

/** Returns a panel for each side, all on one scale of bytes, and none narrower than its texts want where there is room. */
export function panelsOf(
  sides: readonly ChartSide[],
  span: {readonly left: number; readonly right: number},
  wanted: (side: ChartSide) => number,
): Panel[] {
  const room = span.right - span.left - GAP * (sides.length - 1);
  const bytes = sides.map(({waterline}) => waterline.total.bytes);
  const minWidths = sides.map((side) => Math.min(wanted(side), room / sides.length));
  const scale = pixelsPerByte(bytes, minWidths, room);
  let left = span.left;
  return sides.map((side, i) => {
    const bars = barsOf(side.waterline.kernels, left, scale);
    const panel = {side, left, right: left + scale * bytes[i]!, bytes: bytes[i]!, bars, stages: stagesOf(bars)};
    left += Math.max(minWidths[i]!, scale * bytes[i]!) + GAP;
    return panel;
  });
}

/** Panels that would be too narrow keep their minimum width; the others share the rest by their bytes. */
function pixelsPerByte(bytes: readonly number[], minWidths: readonly number[], room: number): number {
  const narrow = new Set<number>();
  for (;;) {
    const wide = bytes.map((_, i) => i).filter((i) => !narrow.has(i));
    const rest = room - sum([...narrow].map((i) => minWidths[i]!));
    const shared = sum(wide.map((i) => bytes[i]!));
    const scale = shared === 0 ? 0 : rest / shared;
    const tooNarrow = wide.filter((i) => scale * bytes[i]! < minWidths[i]!);
    if (tooNarrow.length === 0 || tooNarrow.length === wide.length) return scale;
    for (const i of tooNarrow) narrow.add(i);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** Kernels that move nothing have no bar. */
function barsOf(kernels: readonly ChartKernel[], start: number, scale: number): Bar[] {
  let right = start;
  return kernels
    .filter(({bytes}) => bytes > 0)
    .map((kernel) => {
      const left = right;
      right += scale * kernel.bytes;
      return {kernel, left, right, intensity: kernel.intensity ?? 0};
    });
}

/** Kernels whose output is no image (matrix products on rows of pixels, shapes) belong to those before them. */
function stagesOf(bars: readonly Bar[]): Stage[] {
  const stages: Stage[] = [];
  for (const {kernel, left, right} of bars) {
    const size = imageSize(kernel);
    const last = stages[stages.length - 1];
    if (last === undefined || (size !== null && size !== last.label)) stages.push({label: size ?? '', left, right});
    else stages[stages.length - 1] = {...last, right};
  }
  return stages;
}

/** Pixels, where there is more than one: a pooled tensor, and one value a channel, is no image. */
function imageSize({outputShapes}: ChartKernel): string | null {
  const [shape] = outputShapes;
  if (shape?.length !== 4) return null;
  const [, height, width] = shape as [number, number, number, number];
  return height * width > 1 ? `${height}×${width}` : null;
}
