/**
 * What a GPU can do: held to what all of them keep, and a CPU that plays one.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {measureMachine} from '../../../src/analysis/machine/machine.ts';
import {measureGPUMemory} from '../../../src/analysis/machine/gpu.ts';
import {ALL_TFJS} from '../../../src/run/allTfjs.ts';
import {describeWebGPU} from '../../helpers/webgpu.ts';

describeWebGPU('a machine measured on webgpu', () => {
  it('computes, and copies the faster the nearer', async () => {
    const machine = await measureMachine();
    expect(machine).toMatchObject({backend: 'webgpu', simd: null, loop: 'registers'});
    expect(machine.opsPerS).toBeGreaterThan(1e7);
    expect(machine.opsPerS).toBeLessThan(1e16);
    const {bytesPerS: levels} = machine;
    expect(levels.at(-1)).toMatchObject({level: 'memory', bytes: null});
    for (const {bytesPerS, spread} of levels) {
      expect(bytesPerS).toBeGreaterThan(1e7);
      expect(bytesPerS).toBeLessThan(1e15);
      expect(spread).toBeGreaterThanOrEqual(0);
    }
    expect(levels.map(({bytesPerS}) => -bytesPerS)).toEqual(
      levels.map(({bytesPerS}) => -bytesPerS).sort((a, b) => a - b),
    );
  });

  it('has a bandwidth by itself', async () => {
    const {device} = ALL_TFJS.backend() as unknown as {device: GPUDevice};
    expect(await measureGPUMemory(device)).toMatchObject({level: 'memory', bytes: null});
  });
});
