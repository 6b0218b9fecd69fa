/**
 * The most that this machine was seen to do; shares of the peak are shares of this. Here for one thread at a SIMD level: the
 * best of a loop over registers and the micro-kernels on data in cache. A GPU's is in gpuPeak.ts.
 */
import type {SimdLevel} from '../ops/wasm/detect.ts';
import {instantiateKernels} from '../ops/wasm/module.ts';

export interface Peak {
  /** Units: GMAC/s, in float32. */
  readonly gmacsPerS: number;
  /** Memory bandwidth; null where it was not measured. Units: GB/s. */
  readonly gbytesPerS: number | null;
  /** The loop that it is the rate of. */
  readonly loop: string;
  /** Units: GMAC/s. */
  readonly loops: Readonly<Record<string, number>>;
}

/** A loop whose work is known. */
interface Loop {
  readonly macs: number;
  readonly run: () => void;
}

const SAMPLES = 25;
const SAMPLE_MS = 4;
/** Engines optimise a module in the background while it runs. */
const WARMUP_MS = 150;

/** Returns the best rate over all loops. `module`: bench/assembly/peak.ts, compiled for this level. */
export function measurePeak(level: SimdLevel, module: Uint8Array<ArrayBuffer>): Peak {
  const candidates: Record<string, Loop> = {registers: registerLoop(module), ...gemmLoops(level)};
  const loops = Object.fromEntries(Object.entries(candidates).map(([name, loop]) => [name, bestRate(loop)]));
  const [loop, gmacsPerS] = Object.entries(loops).reduce((best, each) => (each[1] > best[1] ? each : best));
  return {gmacsPerS, gbytesPerS: null, loop, loops};
}

/** Returns the best of two measurements on the same machine. */
export function betterPeak(a: Peak, b: Peak): Peak {
  const better = a.gmacsPerS >= b.gmacsPerS ? a : b;
  const gbytesPerS = a.gbytesPerS === null || b.gbytesPerS === null ? null : Math.max(a.gbytesPerS, b.gbytesPerS);
  return {...better, gbytesPerS};
}

function registerLoop(bytes: Uint8Array<ArrayBuffer>): Loop {
  const steps = 50_000;
  const {multiplyAdds} = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as {
    multiplyAdds: (steps: number) => number;
  };
  return {macs: 40 * steps, run: () => multiplyAdds(steps)};
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
        for (let panel = 0; panel < OUTPUTS; panel += 8)
          kernels.f32_gemm_4x8_panel(a, depth, b + 4 * panel * depth, bias, out, PIXELS, depth);
      };
      return [`f32_gemm_4x8, depth ${depth}`, {macs: PIXELS * OUTPUTS * depth, run}];
    }),
  );
}

/** Returns the best of several samples: a peak is what the machine can do when nothing disturbs it. */
function bestRate({macs, run}: Loop): number {
  for (const end = performance.now() + WARMUP_MS; performance.now() < end;) run();
  let best = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = performance.now();
    let runs = 0;
    let ms = 0;
    while (ms < SAMPLE_MS) {
      run();
      runs++;
      ms = performance.now() - start;
    }
    best = Math.max(best, (macs * runs) / ms / 1e6);
  }
  return best;
}
