/** The bench as a user runs it. */
import {findChromium} from '../../src/cli/host/browser/findChromium.ts';
import {findSwiftShader} from '../../src/cli/host/webgpuInNode.ts';
import {type Outcome, runProgram} from '../helpers/runNode.ts';

const run = (...args: string[]): Promise<Outcome> => runProgram('bench/speed/run.ts', ...args);

const NUMBER = expect.any(Number) as number;
/** However many the planner chooses, the last makes y. */
const PASSES = expect.arrayContaining([expect.objectContaining({output: 'y', gpuMs: NUMBER})]) as unknown[];
const TIMING = {medianMs: NUMBER, p10Ms: NUMBER, p90Ms: NUMBER, runs: 2};
const PAIR = {stock: NUMBER, fused: NUMBER};
/** A CPU that plays the GPU may take so long. */
const SOFTWARE_GPU_MS = 180_000;
const CASE = ['--only', 'mobilenetv2-14x14x64', '--runs', '2'];

interface Line {
  peak: {gmacsPerS: number; loop: string; loops: Record<string, number>};
}

describe('npm run bench', () => {
  it('prints one JSON line a case', async () => {
    const {code, stdout} = await run(...CASE, '--json');
    const line = JSON.parse(stdout) as Line;
    expect(line).toMatchObject({
      ...{case: 'mobilenetv2-14x14x64', stockForm: 'depthwise', passed: true, macs: 14 * 14 * (9 + 2 * 64) * 384},
      ...{stock: TIMING, fused: TIMING, speedup: NUMBER, gmacsPerS: PAIR, shareOfPeak: PAIR},
      threads: 1,
      environment: {simd: 'simd', threads: 1, engine: `Node ${process.versions.node}`},
    });
    expect(code).toBe(0);
    const {gmacsPerS, loop, loops} = line.peak;
    expect(Object.keys(loops).length).toBeGreaterThan(1);
    expect(gmacsPerS).toBe(Math.max(...Object.values(loops)));
    expect(loops[loop]).toBe(gmacsPerS);
  });

  it('runs relaxed SIMD in Node when asked', async () => {
    const {code, stdout} = await run(...CASE, '--simd', 'relaxed');
    expect(stdout).toMatch(/relaxed-simd, 1 thread, 2 samples a side$/m);
    expect(stdout).toMatch(/^mobilenetv2-14x14x64 .*× /m);
    expect(code).toBe(0);
  });

  it("times each kind of a network's blocks, and has all shares of one peak", async () => {
    const {code, stdout} = await run('--only', 'mobilenet-v2', '--each-block', '--runs', '1', '--json');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines).toHaveLength(12);
    expect(lines[1]).toMatchObject({
      case: 'mobilenet-v2/112x112x16-96-24-stride2',
      spec: {stride: 2},
      size: {height: 112},
    });
    expect(new Set(lines.map(({peak}) => peak.gmacsPerS)).size).toBe(1);
    expect(code).toBe(0);
  });

  const inChromium = findChromium() === undefined ? it.skip : it;
  inChromium('runs in a browser, whose name and threads are in the line', async () => {
    const {code, stdout} = await run(...CASE, '--engine', 'chromium', '--threads', '2', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{passed: true, stock: TIMING, fused: TIMING, threads: 2},
      environment: {threads: 2, engine: expect.stringMatching(/^Chromium \d/) as string},
    });
    expect(code).toBe(0);
  });

  it.each([
    [
      ['--engine', 'opera'],
      "'--engine <name>' argument 'opera' is invalid. Allowed choices are chromium, firefox, webkit.",
    ],
    [['--engine', 'firefox', '--threads', '0'], "'--threads <n>' argument '0' is invalid. It must be a whole number"],
    [
      ['--threads', '2'],
      '--threads: the bench must run in a browser, for in Node tfjs has one thread, got 2; add --engine',
    ],
    [['--browser', '--threads', '2', '--backend', 'webgpu'], '--threads: the backend must be wasm'],
  ])('refuses %j', async (flags, error) => {
    const {code, stdout, stderr} = await run(...flags);
    expect(stderr).toContain(error);
    expect([code, stdout]).toEqual([2, '']);
  });

  const onWebGPU = findSwiftShader() === undefined && !process.env['REQUIRE_WEBGPU'] ? it.skip : it;
  onWebGPU(
    'runs on webgpu, several images at a time',
    async () => {
      const few = ['--only', 'edge-mbconv-2x3x160-960-160', '--runs', '1', '--every-plan'];
      const {code, stdout} = await run(...few, '--backend', 'webgpu', '--batch', '2', '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        ...{
          case: 'edge-mbconv-2x3x160-960-160-batch2',
          size: {batch: 2},
          passed: true,
          dispatches: PAIR,
          movedBytes: PAIR,
        },
        ...{gpu: {stock: {runs: 1}, fused: {runs: 1}}, modelled: {ms: PAIR, passes: PASSES}},
        everyPlan: {length: 3, 0: {gpuMs: NUMBER, passes: PASSES}},
        ...{shareOfPeak: PAIR, shareOfBandwidth: PAIR, peak: {gmacsPerS: NUMBER, gbytesPerS: NUMBER}},
        environment: {backend: 'webgpu', adapter: {software: expect.any(Boolean) as boolean}},
      });
      expect(code).toBe(0);
    },
    SOFTWARE_GPU_MS,
  );

  it('refuses a case that it does not have', async () => {
    const {code, stdout} = await run('--only', 'resnet');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
