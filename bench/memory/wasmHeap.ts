/** The wasm backend's heap: how far it has grown, and how much of what tfjs and the fused kernels allocate in it is not yet freed. */
import type {AllTfjs} from '../../src/run/allTfjs.ts';

/** Emscripten's module inside tfjs's BackendWasm: `asm` in its plain build, `wasmMemory` in its threaded one. */
interface WasmModule {
  readonly asm?: {readonly memory: WebAssembly.Memory};
  readonly wasmMemory?: WebAssembly.Memory;
  _malloc: (bytes: number) => number;
  _free: (address: number) => void;
}

export interface WasmHeap {
  /** Units: bytes. It never shrinks. */
  size(): number;
  /** How many allocations there were since the watch began. */
  allocations(): number;
  /** How many of them are not freed. */
  live(): number;
  /** Lets the allocator alone again. */
  unwatch(): void;
}

/** Watches the heap of tfjs's current backend, which must be wasm. */
export function watchWasmHeap(tf: AllTfjs): WasmHeap {
  const {wasm} = tf.backend() as unknown as {wasm: WasmModule};
  // The functions put others in their place when they are first called.
  wasm._free(wasm._malloc(1));
  const {_malloc, _free} = wasm;
  const addresses = new Set<number>();
  let allocations = 0;
  wasm._malloc = (bytes) => {
    const address = _malloc(bytes);
    allocations++;
    if (address !== 0) addresses.add(address);
    return address;
  };
  wasm._free = (address) => {
    addresses.delete(address);
    _free(address);
  };
  return {
    size: () => (wasm.wasmMemory ?? wasm.asm!.memory).buffer.byteLength,
    allocations: () => allocations,
    live: () => addresses.size,
    unwatch: () => Object.assign(wasm, {_malloc, _free}),
  };
}
