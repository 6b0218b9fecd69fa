/** A value of a formula, beside the value that the formula starts from: its *source* `[…, C]`. */
import type {Shape} from '../graph/dims.ts';
import type {Algebra, PerChannel, Sum} from './algebra.ts';
import type {PartsContext} from './context.ts';

/** Whether a value has a number for each pixel, or channel; one for all, on an axis of size 1; or one, the axis gone. */
type Along = 'each' | 'one' | 'gone';

/** How a value that is not constant lies beside its source. */
export interface Extent {
  /** Height and width. */
  readonly pixels: Along;
  readonly channels: Along;
}

/** As large as the source. */
export const FULL: Extent = {pixels: 'each', channels: 'each'};

export interface Operand {
  readonly sum: Sum;
  readonly extent: Extent | 'constant';
}

/** What an op of a formula is read with. */
export interface FormulaContext {
  readonly context: PartsContext;
  readonly algebra: Algebra;
  /** Of the source. */
  readonly shape: Shape | null;
}

export function isFull(extent: Operand['extent']): boolean {
  return extent !== 'constant' && extent.pixels === 'each' && extent.channels === 'each';
}

/** Returns how the result of an elementwise op lies beside the source; null where operands broadcast over other axes than theirs. */
export function commonExtent(operands: readonly Operand[]): Operand['extent'] | null {
  const extents = operands.flatMap(({extent}) => (extent === 'constant' ? [] : [extent]));
  if (extents.length === 0) return 'constant';
  const hasVector = operands.some(({sum, extent}) => extent === 'constant' && sum.some(isVector));
  const pixels = commonAlong(extents.map((extent) => extent.pixels));
  const channels = commonAlong([...extents.map((extent) => extent.channels), ...(hasVector ? ['each' as const] : [])]);
  return pixels && channels && {pixels, channels};
}

/** An axis that is gone from one operand meets another axis of the others. */
function commonAlong(all: readonly Along[]): Along | null {
  if (all.includes('gone')) return all.every((along) => along === 'gone') ? 'gone' : null;
  return all.includes('each') ? 'each' : 'one';
}

function isVector({coefficient}: {readonly coefficient: PerChannel}): boolean {
  return typeof coefficient !== 'number';
}

/** Returns the shape of a value with this extent; null where its source is no image and has no pixels of its own. */
export function shapeOfExtent({pixels, channels}: Extent, source: Shape): Shape | null {
  if (pixels !== 'each' && source.length !== 4) return null;
  const rows = {each: source.slice(0, -1), one: [source[0]!, 1, 1], gone: [source[0]!]}[pixels];
  return [...rows, ...{each: source.slice(-1), one: [1], gone: []}[channels]];
}
