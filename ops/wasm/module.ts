/** The kernel module in a backend's own memory: of the engine's SIMD level, compiled once, instantiated once a memory. */
import {getOrMake} from '../getOrMake.ts';
import {WASM_BYTES} from './bytes.ts';
import {detectSimd, type SimdLevel} from './detect.ts';
import {withSharedMemory} from './sharedMemory.ts';

/** What is called of assembly/index.ts's exports. Arguments are addresses in bytes and sizes in elements. */
export interface KernelExports {
  computeStep(call: number, step: number): void;
  storeStep(call: number): void;
  endSweep(call: number, sweep: number): void;
  f32_gemm(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    bias: number,
    out: number,
    outStride: number,
    pixels: number,
    depth: number,
    panels: number,
  ): void;
  activate(kind: number, gate: number, from: number, to: number, bytes: number): void;
  packWeights(scratch: number, inputs: number, outputs: number, to: number, depth: number): void;
}

const compiled = new Map<string, WebAssembly.Module>();

/** Returns the kernels of a SIMD level, working on `memory` in place. */
export function instantiateKernels(memory: WebAssembly.Memory, level: SimdLevel): KernelExports {
  const module = compileKernels(level, isShared(memory));
  return new WebAssembly.Instance(module, {env: {memory}}).exports as unknown as KernelExports;
}

/** Returns the module of a SIMD level, for plain or shared memory. */
export function compileKernels(level: SimdLevel, shared: boolean): WebAssembly.Module {
  return getOrMake(compiled, `${level} ${shared ? 'shared' : 'plain'}`, () => {
    const bytes = moduleBytes(WASM_BYTES, level);
    return new WebAssembly.Module(shared ? withSharedMemory(bytes) : bytes);
  });
}

/** By name, not by instanceof: a test runner's realm has constructors of its own. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return Object.prototype.toString.call(memory.buffer) === '[object SharedArrayBuffer]';
}

/** Returns the bytes of a module that is embedded as text, in pieces. */
export function moduleBytes(pieces: typeof WASM_BYTES, level: SimdLevel): Uint8Array<ArrayBuffer> {
  const hex = pieces.map((piece) => piece[level]).join('');
  return Uint8Array.from({length: hex.length / 2}, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

let level: SimdLevel | null | undefined;

/** Returns the SIMD level that the kernels use; detected once. */
export function simdLevel(): SimdLevel | null {
  if (level === undefined) level = detectSimd();
  return level;
}

/** Has kernels use a lower level than the engine has, to compare levels, or detects it again (undefined). Running backends keep theirs. */
export function forceSimdLevel(to: SimdLevel | null | undefined): void {
  level = to;
}
