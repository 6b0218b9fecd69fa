/** Where the parts of a network are drawn: a row of each side, every part as long as its time. */
import type {NetworkPart, NetworkTimes} from '../run/protocol.ts';

/** Units: pixels. */
export interface Span {
  readonly x: number;
  readonly width: number;
}

export interface PlacedPart {
  readonly part: NetworkPart;
  readonly stock: Span;
  readonly fused: Span;
}

export interface NetworkLayout {
  readonly parts: readonly PlacedPart[];
  /** Whether lengths are times; else every part is as long as any other. */
  readonly isTimed: boolean;
  /** Sums; null where they are not known. Units: milliseconds. */
  readonly stockMs: number | null;
  readonly fusedMs: number | null;
}

/** Returns the parts in a drawing so wide, which the slower side fills. */
export function layOut({parts}: NetworkTimes, width: number): NetworkLayout {
  const stockMs = sum(parts.map((part) => part.stockMs));
  const fusedMs = sum(parts.map((part) => part.fusedMs));
  const longest = Math.max(stockMs ?? 0, fusedMs ?? 0);
  const isTimed = stockMs !== null && fusedMs !== null && longest > 0;
  const even = width / Math.max(1, parts.length);
  const length = (ms: number | null): number => (isTimed ? (width * (ms ?? 0)) / longest : even);
  let stockX = 0;
  let fusedX = 0;
  const placed = parts.map((part): PlacedPart => {
    const stock = {x: stockX, width: length(part.stockMs)};
    const fused = {x: fusedX, width: length(part.fusedMs)};
    stockX += stock.width;
    fusedX += fused.width;
    return {part, stock, fused};
  });
  return {parts: placed, isTimed, stockMs: isTimed ? stockMs : null, fusedMs: isTimed ? fusedMs : null};
}

/** Null where a time is not known. */
function sum(times: readonly (number | null)[]): number | null {
  return times.reduce((all, ms) => (all === null || ms === null ? null : all + ms), 0);
}

/** Returns which part a key leads to from the one of that number; null where it leads to none. */
export function partAfterKey(key: string, at: number, count: number): number | null {
  const last = count - 1;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return Math.min(last, at + 1);
    case 'ArrowLeft':
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
