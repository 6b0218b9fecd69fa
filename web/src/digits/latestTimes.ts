/** The latest timed samples of both sides of each network, and their medians. */
import type {Pair} from '../../../src/run/pair.ts';
import {median} from '../../../src/run/statistics.ts';

/** A median is of so many samples at most. */
export const WINDOW = 25;

export class LatestTimes {
  readonly #stock: number[] = [];
  readonly #fused: number[] = [];

  add({stock, fused}: Pair<number>): void {
    this.#stock.push(stock);
    this.#fused.push(fused);
    if (this.#stock.length <= WINDOW) return;
    this.#stock.shift();
    this.#fused.shift();
  }

  get samples(): number {
    return this.#stock.length;
  }

  /** NaN before the first sample. Units: milliseconds. */
  medians(): Pair<number> {
    return {stock: median(this.#stock), fused: median(this.#fused)};
  }
}
