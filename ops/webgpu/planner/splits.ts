/** How a product is split among a workgroup's invocations. */
import type {FamilyTraits} from './families.ts';
import {type GemmTile, lanesOf, QUAD, quadsOf} from './variant.ts';

/** A tile, before its slab is chosen. */
export type Split = Omit<GemmTile, 'slab'>;

/** Groups of invocations that share a slab's inputs. */
const PARTS = [1, 2, 4, 8];
const MAX_THREADS = 256;

/** A product, and how many invocations it is to be split among. */
export interface Shared {
  readonly rows: number;
  readonly columns: number;
  readonly threads: number;
  /** The most vectors of sums that each may hold. */
  readonly sums: number;
  /** Whether the tile may have more rows than these. */
  readonly padded: boolean;
}

/** What an operand of a product takes, where a vector FMA takes one. */
const OPERAND_INSTRUCTIONS = 2;

/** Returns the split of a product among invocations of fewest instructions each, or none where each would hold too many sums. */
export function splits({rows, columns, threads, sums, padded}: Shared): Split[] {
  let best: {readonly split: Split; readonly instructions: number} | null = null;
  const quads = quadsOf(rows);
  for (const rowThreads of divisorsOf(threads, quads)) {
    if (!padded && quads % rowThreads !== 0) continue;
    const columnThreads = threads / rowThreads;
    const ownQuads = Math.ceil(quads / rowThreads);
    const ownLanes = Math.ceil(lanesOf(columns) / columnThreads);
    const instructions = QUAD * ownQuads * ownLanes + OPERAND_INSTRUCTIONS * (ownQuads + ownLanes);
    // Of equals the later one: an invocation has fewer rows, and fewer operands in registers.
    if (QUAD * ownQuads * ownLanes <= sums && instructions <= (best?.instructions ?? Infinity))
      best = {split: {rows: QUAD * ownQuads * rowThreads, columns, rowThreads, columnThreads, parts: 1}, instructions};
  }
  return best === null ? [] : [best.split];
}

/** Whether the parts can share a slab: whole lanes each, and enough inputs unless there is one part. */
export function isShared({slab, parts}: GemmTile, {partInputs}: FamilyTraits): boolean {
  return lanesOf(slab) % parts === 0 && (parts === 1 || slab / parts >= partInputs);
}

/** Returns the splits of a product among so many invocations, for each number of parts the one of fewest instructions. */
export function partedSplits({
  threads,
  family,
  ...product
}: Pick<Shared, 'rows' | 'columns' | 'threads'> & {readonly family: FamilyTraits}): Split[] {
  return PARTS.filter((parts) => threads % parts === 0)
    .flatMap((parts) =>
      splits({...product, threads: threads / parts, sums: family.sums, padded: false}).map((split) => ({
        ...split,
        parts,
      })),
    )
    .filter(({parts, columns, columnThreads}) => parts === 1 || lanesOf(columns) % columnThreads === 0);
}

/** What an invocation owns of a product: quads of rows × lanes. */
const OWNED = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
  [1, 4],
] as const;

/** Yields the splits of a product, among parts too. */
export function* partSplits({
  rows,
  columns,
  family,
}: Pick<Shared, 'rows' | 'columns'> & {readonly family: FamilyTraits}): Generator<Split> {
  for (const [quads, lanes] of OWNED) {
    const [rowThreads, columnThreads] = [quadsOf(rows) / quads, lanesOf(columns) / lanes];
    if (QUAD * quads * lanes > family.sums || rowThreads % 1 !== 0 || columnThreads % 1 !== 0) continue;
    for (const parts of PARTS) {
      const threads = rowThreads * columnThreads * parts;
      if (threads <= MAX_THREADS) yield {rows, columns, rowThreads, columnThreads, parts};
    }
  }
}

/** Returns the divisors of a number up to a limit. */
export function divisorsOf(whole: number, limit: number): number[] {
  return Array.from({length: limit}, (_, i) => i + 1).filter((n) => whole % n === 0);
}
