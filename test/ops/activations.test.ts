import {setFlagsFromString} from 'node:v8';
import {ACTIVATIONS} from '../../ops/block.ts';
import {activate} from '../../ops/reference/activation.ts';
import {ACTIVATION_METHODS, activationCoefficients} from '../../ops/wasm/activations.ts';
import {instantiateKernels} from '../../ops/wasm/module.ts';
import {seededRandom} from '../helpers/random.ts';

setFlagsFromString('--experimental-wasm-relaxed-simd');

/** Even steps over every interesting stretch, then far tails and the specials. */
function inputs(): Float32Array {
  const next = seededRandom(3);
  const values = Array.from({length: 40_000}, (_, i) => (i - 20_000) / 1000);
  values.push(...Array.from({length: 2000}, () => (next() - 0.5) * 2 ** (20 * next() - 10)));
  values.push(0, -0, 1e-30, -1e-30, 1e4, -1e4, 3.4e38, 87, 88, 89, -87, -88, -104);
  while (values.length % 8 !== 0) values.push(0);
  return Float32Array.from(values);
}

/** Of a PReLU: each lane has its own. */
const SLOPES = [0.25, 0, -0.5, 1, 0.125, 0.75, -1, 0.5];

function run(level: 'simd' | 'relaxed-simd', activation: (typeof ACTIVATIONS)[number], x: Float32Array): Float32Array {
  const memory = new WebAssembly.Memory({initial: 16});
  const [gate, from, to] = [64, 1024, 1024 + 2 ** 18];
  const coefficients = activation === 'prelu' ? SLOPES : activationCoefficients(activation);
  new Float32Array(memory.buffer).set(coefficients, gate / 4);
  new Float32Array(memory.buffer).set(x, from / 4);
  instantiateKernels(memory, level).activate(ACTIVATION_METHODS[activation].kind, gate, from, to, x.length * 4);
  return new Float32Array(memory.buffer).slice(to / 4, to / 4 + x.length);
}

describe.each(['simd', 'relaxed-simd'] as const)('activations, %s', (level) => {
  it.each(ACTIVATIONS)('%s is right to a few units of the last place', (activation) => {
    const x = inputs();
    const y = run(level, activation, x);
    let worst = 0;
    x.forEach((value, i) => {
      const error = Math.abs(y[i]! - activate(activation, value, SLOPES[i % 8])) / Math.max(1, Math.abs(value));
      if (!(error <= worst)) worst = error;
    });
    expect(worst).toBeLessThan(3e-7);
  });

  it.each(ACTIVATIONS)('%s keeps NaN', (activation) => {
    expect(Array.from(run(level, activation, new Float32Array(8).fill(NaN)))).toEqual(Array(8).fill(NaN));
  });
});
