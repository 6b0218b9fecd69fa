/** The rates of one thread of plain JavaScript, in which tfjs's cpu backend is written. */
import {levelsOf, type MachineLevel, MAX_WORKING_SET, measureCurve} from './levels.ts';
import {type ComputePeak, measurePeak} from './peak.ts';

const FLOAT_BYTES = 4;
const STEPS = 100_000;

/** Returns the rate of multiply-adds on numbers in registers. */
export function measureJavaScriptPeak(): ComputePeak {
  return measurePeak({registers: {work: 2 * 8 * STEPS, run: () => multiplyAdds(STEPS)}});
}

/** 8 independent sums. Each is its own multiplicand: a compiler would compute a common product once. */
function multiplyAdds(steps: number): number {
  const x = 1e-9;
  let [a, b, c, d, e, f, g, h] = [1, 2, 3, 4, 5, 6, 7, 8] as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  for (let step = 0; step < steps; step++) {
    a += a * x;
    b += b * x;
    c += c * x;
    d += d * x;
    e += e * x;
    f += f * x;
    g += g * x;
    h += h * x;
  }
  return a + b + c + d + e + f + g + h;
}

/** Returns the levels of memory by their best rate over a loop that reads and the engine's own copy. */
export function measureJavaScriptLevels(): MachineLevel[] {
  const floats = new Float32Array(MAX_WORKING_SET / FLOAT_BYTES).fill(1);
  return levelsOf(
    measureCurve((bytes) => {
      const all = floats.subarray(0, bytes / FLOAT_BYTES);
      const half = all.length / 2;
      const [from, to] = [all.subarray(0, half), all.subarray(half)];
      return [
        {work: bytes, run: () => sum(all)},
        {
          work: bytes,
          run: () => {
            to.set(from);
          },
        },
      ];
    }),
  );
}

function sum(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  return a + b + c + d;
}
