/** A WebAssembly memory whose buffers are guarded: what a kernel writes beside them is noticed. */

/** Floats that stand before and after every buffer, and must stay as they are. */
const GUARD = 16;
const GUARD_VALUE = -12345.5;
const PAGE = 65536;

/** Guarded buffers, starting as NaN; the last one ends with the memory, so that a read past it traps. */
export class GuardedMemory {
  readonly memory: WebAssembly.Memory;
  private readonly buffers: {at: number; length: number}[] = [];
  private end = GUARD;

  constructor(shared: boolean) {
    this.memory = new WebAssembly.Memory({initial: 1, maximum: PAGE, shared});
  }

  /** Returns the address in bytes of a new buffer. */
  add(length: number, values?: Float32Array): number {
    const at = this.end + GUARD;
    this.end = at + length + GUARD;
    this.growTo(this.end);
    return this.place(at, length, values);
  }

  /** The same for the last buffer. */
  addLast(length: number, values: Float32Array): number {
    this.growTo(this.end + GUARD + length);
    return this.place(this.memory.buffer.byteLength / 4 - length, length, values);
  }

  read(address: number, length: number): Float32Array {
    return this.floats().slice(address / 4, address / 4 + length);
  }

  /** Forgets all buffers; what they held is still there. */
  reset(): void {
    this.buffers.length = 0;
    this.end = GUARD;
  }

  checkGuards(): void {
    const floats = this.floats();
    for (const {at, length} of this.buffers) {
      const guards = [...floats.subarray(at - GUARD, at), ...floats.subarray(at + length, at + length + GUARD)];
      if (guards.some((value) => value !== GUARD_VALUE))
        throw new Error(`a guard beside the buffer of ${length} floats was overwritten`);
    }
  }

  private growTo(floats: number): void {
    const missing = floats * 4 - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
  }

  private place(at: number, length: number, values?: Float32Array): number {
    const floats = this.floats();
    floats.fill(GUARD_VALUE, at - GUARD, at + length + GUARD);
    floats.fill(NaN, at, at + length);
    if (values !== undefined) floats.set(values, at);
    this.buffers.push({at, length});
    return at * 4;
  }

  private floats(): Float32Array {
    return new Float32Array(this.memory.buffer);
  }
}
