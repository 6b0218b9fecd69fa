/** A value of a formula, beside the value that the formula starts from: its *source* `[…, C]`. */
import type {Shape} from '../graph/dims.ts';
import type {Algebra, PerChannel, Sum} from './algebra.ts';
import type {PartsContext} from './context.ts';

/** A value as large as its source; one number a row `[…, 1]`; the same without its last axis; or constant. */
export type Extent = 'full' | 'row' | 'squeezed' | 'constant';

export interface Operand {
  readonly sum: Sum;
  readonly extent: Extent;
}

/** What an op of a formula is read with. */
export interface FormulaContext {
  readonly context: PartsContext;
  readonly algebra: Algebra;
  /** Of the source. */
  readonly shape: Shape | null;
}

/** Returns how the result of an elementwise op lies beside the source; null where operands broadcast over other axes than channels. */
export function commonExtent(operands: readonly Operand[]): Extent | null {
  const extents = new Set(operands.map((operand) => operand.extent));
  const hasVector = operands.some(({sum, extent}) => extent === 'constant' && sum.some(isVector));
  if (extents.has('squeezed')) return extents.has('full') || extents.has('row') || hasVector ? null : 'squeezed';
  if (extents.has('full')) return 'full';
  if (extents.has('row')) return hasVector ? 'full' : 'row';
  return 'constant';
}

function isVector({coefficient}: {readonly coefficient: PerChannel}): boolean {
  return typeof coefficient !== 'number';
}
