/** The wasm backend's heap: how far it has grown, and how much of what tfjs and the fused kernels allocate in it is not yet freed. */
import type {AllTfjs} from '../src/compare/tfjs.ts';

/** Emscripten's module inside tfjs's BackendWasm: `asm` in its plain build, `wasmMemory` in its threaded one. */
interface WasmModule {
  readonly asm?: {readonly memory: WebAssembly.Memory};
  readonly wasmMemory?: WebAssembly.Memory;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

export interface WasmHeap {
  /** Units: bytes. It never shrinks. */
  size(): number;
  /** Allocations since the watch began that are not freed; what was there before counts for nothing. */
  live(): number;
  /** Lets the allocator alone again. */
  unwatch(): void;
}

/** Watches the heap of tfjs's current backend, which must be wasm. */
export function watchWasmHeap(tf: AllTfjs): WasmHeap {
  const {wasm} = tf.backend() as unknown as {wasm: WasmModule};
  const {_malloc, _free} = wasm;
  const addresses = new Set<number>();
  wasm._malloc = (bytes) => {
    const address = _malloc(bytes);
    if (address !== 0) addresses.add(address);
    return address;
  };
  wasm._free = (address) => {
    addresses.delete(address);
    _free(address);
  };
  return {
    size: () => (wasm.wasmMemory ?? wasm.asm!.memory).buffer.byteLength,
    live: () => addresses.size,
    unwatch: () => Object.assign(wasm, {_malloc, _free}),
  };
}
