import {simdLevel} from '../../../ops/wasm/module.ts';
import {checkGivenRates, machineFrom, machineOf} from '../../../src/analysis/machine/givenRates.ts';
import type {Machine} from '../../../src/analysis/machine/machine.ts';
import {ALL_TFJS} from '../../../src/run/allTfjs.ts';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

describe('given rates', () => {
  const measured: Machine = {
    ...{backend: 'cpu', simd: null, opsPerS: 5e9, spread: 0.1, loop: 'registers'},
    bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 9e9, spread: 0.2}],
    source: {opsPerS: 'measured', bytesPerS: 'measured'},
  };
  const never = {backend: 'cpu', simd: null, measure: () => Promise.reject<Machine>(new Error('measured'))};
  const once = {backend: 'cpu', simd: null, measure: () => Promise.resolve(measured)};

  it('need no measurement where both are there', async () => {
    await expect(machineFrom(never, {peak: 60, bandwidth: 20})).resolves.toEqual({
      ...{backend: 'cpu', simd: null, opsPerS: 60e9, spread: null, loop: null},
      bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 20e9, spread: null}],
      source: {opsPerS: 'given', bytesPerS: 'given'},
    });
  });

  it('stand in for what was measured', async () => {
    expect(await machineFrom(once, {peak: 60})).toEqual({
      ...{...measured, opsPerS: 60e9, spread: null, loop: null},
      source: {opsPerS: 'given', bytesPerS: 'measured'},
    });
    expect(await machineFrom(once, {bandwidth: 20})).toMatchObject({
      ...{opsPerS: 5e9, bytesPerS: [{bytesPerS: 20e9}]},
      source: {opsPerS: 'measured', bytesPerS: 'given'},
    });
    expect(await machineFrom(once, {})).toEqual(measured);
  });

  it('are those of tfjs’s current backend where it is asked', async () => {
    const given = {peak: 60, bandwidth: 20};
    await ALL_TFJS.setBackend('cpu');
    expect(await machineOf(given)).toMatchObject({backend: 'cpu', simd: null, opsPerS: 60e9});
    await ALL_TFJS.setBackend('wasm');
    expect(await machineOf(given)).toMatchObject({backend: 'wasm', simd: simdLevel()});
  });

  it.each([
    {peak: 0},
    {peak: -3},
    {peak: NaN},
    {peak: Infinity},
    {peak: 6e10}, // FLOP/s
    {bandwidth: 0},
    {bandwidth: 2e10}, // B/s
  ])('are refused where no machine has them: %p', async (given) => {
    const [[name, rate]] = Object.entries(given) as [[string, number]];
    expect(() => {
      checkGivenRates(given);
    }).toThrow(`--${name}: must be a machine's`);
    await expect(machineFrom(never, given)).rejects.toMatchObject({
      ...{code: 'invalid-option', message: expect.stringContaining(`got ${rate};`) as string},
    });
  });
});
