/** The rates of one thread of WebAssembly at a SIMD level: of loops (assembly/), and of the GEMM micro-kernel on data in cache. */
import {GEMM_PANELS} from '../../../ops/wasm/assembly/fields.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import {instantiateKernels, moduleBytes} from '../../../ops/wasm/module.ts';
import {LOOP_BYTES} from './bytes.ts';
import {levelsOf, type MachineLevel, MAX_WORKING_SET, measureCurve} from './levels.ts';
import {type ComputePeak, measurePeak} from './peak.ts';
import type {Loop} from './rate.ts';

/** What assembly/index.ts exports. Arguments are addresses and sizes in bytes. */
interface LoopExports {
  readonly multiplyAdds: (steps: number) => number;
  readonly read: (from: number, bytes: number, passes: number) => number;
  readonly copy: (to: number, from: number, bytes: number, passes: number) => void;
  readonly move: LoopExports['copy'];
}

const PAGE_BYTES = 2 ** 16;

function instantiateLoops(memory: WebAssembly.Memory, level: SimdLevel): LoopExports {
  const module = new WebAssembly.Module(moduleBytes(LOOP_BYTES, level));
  return new WebAssembly.Instance(module, {env: {memory}}).exports as unknown as LoopExports;
}

/** Returns the best rate over a loop over registers and the micro-kernel of matrix products. */
export function measureWasmPeak(level: SimdLevel): ComputePeak {
  return measurePeak({registers: registerLoop(level), ...gemmLoops(level)});
}

function registerLoop(level: SimdLevel): Loop {
  const steps = 50_000;
  const {multiplyAdds} = instantiateLoops(new WebAssembly.Memory({initial: 1}), level);
  return {work: 2 * 48 * steps, run: () => multiplyAdds(steps)};
}

/** Sizes that keep a panel of weights in the first cache and all the rest in the second. */
const PIXELS = 64;
const OUTPUTS = 64;
const DEPTHS = [96, 192, 384];

/** The GEMM micro-kernel over a block's worth of panels, all in cache. */
function gemmLoops(level: SimdLevel): Record<string, Loop> {
  const memory = new WebAssembly.Memory({initial: 16});
  const kernels = instantiateKernels(memory, level);
  const floats = new Float32Array(memory.buffer);
  floats.fill(0.5);
  return Object.fromEntries(
    DEPTHS.map((depth) => {
      const a = 64;
      const b = a + 4 * PIXELS * depth;
      const bias = b + 4 * OUTPUTS * depth;
      const out = bias + 4 * OUTPUTS;
      const run = (): void => {
        for (let output = 0; output < OUTPUTS; output += 8 * GEMM_PANELS)
          kernels.f32_gemm(a, depth, b + 4 * output * depth, depth, bias, out, PIXELS, PIXELS, depth, GEMM_PANELS);
      };
      return [`f32_gemm, depth ${depth}`, {work: 2 * PIXELS * OUTPUTS * depth, run}];
    }),
  );
}

/** Keeps a copy's two halves at other offsets in a page: at the same ones a processor takes a load to depend on the last store. */
const SKEW = 1088;
/** A call reads or copies so much, beside which the call itself takes no time. Units: bytes. */
const MIN_CALL_BYTES = 2 ** 20;

/** Returns the levels of memory by their best rate over reading and two ways of copying, 16 bytes at a time. */
export function measureWasmLevels(level: SimdLevel): MachineLevel[] {
  const memory = new WebAssembly.Memory({initial: 1 + Math.ceil((MAX_WORKING_SET + SKEW) / PAGE_BYTES)});
  // The system maps memory that was never written to one page of zeros, which stays in cache.
  new Uint8Array(memory.buffer).fill(1);
  const {read, copy, move} = instantiateLoops(memory, level);
  return levelsOf(
    measureCurve((bytes) => {
      const passes = Math.ceil(MIN_CALL_BYTES / bytes);
      const work = bytes * passes;
      const half = bytes / 2;
      return [
        {work, run: () => read(0, bytes, passes)},
        ...[copy, move].map((each) => ({
          work,
          run: () => {
            each(half + SKEW, 0, half, passes);
          },
        })),
      ];
    }),
  );
}
