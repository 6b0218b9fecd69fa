/** Sends values on one at a time: while one is under way, the latest of those that come waits, and the others are dropped. */
export class LatestOnly<T> {
  readonly #send: (value: T) => void;
  #isBusy = false;
  #waiting: {value: T} | null = null;

  constructor(send: (value: T) => void) {
    this.#send = send;
  }

  offer(value: T): void {
    if (this.#isBusy) {
      this.#waiting = {value};
      return;
    }
    this.#isBusy = true;
    this.#send(value);
  }

  /** The value under way has arrived. */
  done(): void {
    const waiting = this.#waiting;
    this.#isBusy = false;
    this.#waiting = null;
    if (waiting !== null) this.offer(waiting.value);
  }

  /** Drops what waits; what is under way stays so. */
  drop(): void {
    this.#waiting = null;
  }
}
