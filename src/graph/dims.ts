/**
 * Sizes that are known, or known by name: an open batch or image size is a symbol, and two sizes are the same when their
 * symbols are. Enough to see that a reshape puts every pixel back into its place.
 */

/** A size that the model leaves open: a symbol plus a number, which hold for any image. */
export interface OpenDim {
  readonly symbol: string;
  readonly plus: number;
  /** What the symbol stands for at the shape that the model is run at; undefined where that is not given. */
  readonly value: number | undefined;
}
export type Dim = number | OpenDim;
export type Shape = readonly Dim[];

/** Returns an open size; `value` is what it is at the shape that the model is run at, where that is known. */
export function openDim(symbol: string, value?: number): Dim {
  return {symbol: symbol.length > MAX_SYMBOL ? `size ${++longSymbols}` : symbol, plus: 0, value};
}

/** Symbols are made of symbols: each op of a graph can double them. A longer one becomes a name that equals no other. */
const MAX_SYMBOL = 4096;
let longSymbols = 0;

/** Returns a size at the shape that the model is run at; undefined where that leaves it open. */
export function sizeOf(dim: Dim | undefined): number | undefined {
  if (typeof dim !== 'object') return dim;
  return dim.value === undefined ? undefined : dim.value + dim.plus;
}

/** Returns the sizes at the shape that the model is run at; undefined where that leaves one open. */
export function sizesOf(dims: Shape): number[] | undefined {
  const sizes = dims.map(sizeOf);
  return sizes.includes(undefined) ? undefined : (sizes as number[]);
}

export function sameDim(a: Dim, b: Dim): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  return a.symbol === b.symbol && a.plus === b.plus;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => sameDim(dim, b[i]!));
}

export function addToDim(dim: Dim, plus: number): Dim {
  return typeof dim === 'number' ? dim + plus : {...dim, plus: dim.plus + plus};
}

/** `ceil(dim / divisor)` for 'up', `floor(dim / divisor)` for 'down'. */
export function divideDim(dim: Dim, divisor: number, round: 'up' | 'down'): Dim {
  if (divisor === 1) return dim;
  const size = sizeOf(dim);
  const quotient = size === undefined ? undefined : Math[round === 'up' ? 'ceil' : 'floor'](size / divisor);
  return typeof dim === 'number' ? quotient! : openDim(`${round}(${dimText(dim)}/${divisor})`, quotient);
}

/** The product, where it is a number or one of the factors; else a symbol for it. */
export function multiplyDims(dims: Shape): Dim {
  const known = dims.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const open = dims.filter((dim) => typeof dim !== 'number');
  if (open.length === 0) return known;
  if (open.length === 1 && known === 1) return open[0]!;
  const value = sizesOf(open)?.reduce((product, size) => product * size, known);
  return openDim([known, ...open.map(dimText).sort()].join('*'), value);
}

/** The sizes after broadcasting; null where the two cannot be broadcast. */
export function broadcastShapes(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === 1 || sameDim(x, y)) out.push(y);
    else if (y === 1) out.push(x);
    else if (typeof x === 'number' && typeof y === 'number') return null;
    else out.push(typeof x === 'number' ? x : typeof y === 'number' ? y : openDim(`${dimText(x)}|${dimText(y)}`));
  }
  return out;
}

function dimText(dim: Dim): string {
  if (typeof dim === 'number') return String(dim);
  return dim.plus === 0 ? dim.symbol : `(${dim.symbol}${dim.plus > 0 ? '+' : ''}${dim.plus})`;
}
