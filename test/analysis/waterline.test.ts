import {blockSpec} from '../../ops/block.ts';
import {efficiencyGap} from '../../src/analysis/efficiencyGap.ts';
import {kernelCost} from '../../src/analysis/cost/kernelCost.ts';
import {predictBlock} from '../../src/analysis/prediction/predictBlock.ts';
import type {Trace, TracedKernel} from '../../src/analysis/trace.ts';
import {waterline} from '../../src/analysis/waterline.ts';
import type {MachineRates} from '../../src/analysis/bounds.ts';

/** 1 op in a nanosecond; 2 bytes in one from the cache, a quarter from memory. */
const MACHINE: MachineRates = {
  opsPerS: 1e9,
  bytesPerS: [
    {level: 'L2', bytes: 1000, bytesPerS: 2e9},
    {level: 'memory', bytes: null, bytesPerS: 0.25e9},
  ],
};

const PLAIN = {attrs: {}, repeated: [], renames: false, block: null, node: null};

/** [n, depth] times [depth, n]. */
const product = (n: number, depth: number, fields: Partial<TracedKernel> = {}): TracedKernel => ({
  ...{...PLAIN, name: 'BatchMatMul', inputShapes: {a: [n, depth], b: [depth, n]}, outputShapes: [[n, n]], ms: 1},
  ...fields,
});

const relu = (size: number, fields: Partial<TracedKernel> = {}): TracedKernel => ({
  ...{...PLAIN, name: 'Relu', inputShapes: {x: [size]}, outputShapes: [[size]], ms: 1, ...fields},
});

const traceOf = (kernels: TracedKernel[], fields: Partial<Trace> = {}): Trace => ({
  ...{backend: 'cpu', clock: 'wall', runs: 1, kernels, wallMs: 5, failure: null, ...fields},
});

describe('a kernel', () => {
  it('that computes much for its bytes stands above the water, and takes its ops at the peak', () => {
    // 2·10·10·10 ops; 3·100 floats of 4 bytes: over the cache's 1000.
    const {kernels} = waterline(traceOf([product(10, 10, {ms: 0.02, node: 'n'})]), {
      ...MACHINE,
      bytesPerS: [MACHINE.bytesPerS[0]!, {level: 'memory', bytes: null, bytesPerS: 1e9}],
    });
    expect(kernels).toEqual([
      {
        ...{name: 'BatchMatMul', node: 'n', outputShapes: [[10, 10]], ops: 2000, macs: 1000, bytes: 1200},
        ...{intensity: 2000 / 1200, level: 'memory', memoryBound: false, idealMs: 0.002, attainableMs: 0.002},
        ...{actualMs: 0.02, efficiency: 0.1, plan: null},
      },
    ]);
  });

  it('that waits for memory lies under it, and takes its bytes at the bandwidth', () => {
    const [kernel] = waterline(traceOf([relu(500)]), MACHINE).kernels;
    // 500 ops in 500 ns; 4000 bytes in 16 000 ns.
    expect(kernel).toMatchObject({ops: 500, bytes: 4000, memoryBound: true, level: 'memory', attainableMs: 0.016});
    expect(kernel).toMatchObject({idealMs: 0.0005, efficiency: 0.0005});
  });

  it.each([
    // 8 bytes a number, read and written: 1000 of them are as many as the cache holds.
    [125, 'L2', 1000 / 2e9],
    [126, 'memory', 1008 / 0.25e9],
  ])('of %s numbers draws from %s', (size, level, seconds) => {
    const [kernel] = waterline(traceOf([relu(size)]), MACHINE).kernels;
    expect(kernel!.level).toBe(level);
    expect(kernel!.attainableMs).toBeCloseTo(1e3 * seconds, 12);
  });

  it('that moves nothing has no intensity, and takes no time', () => {
    const [kernel] = waterline(traceOf([{...relu(4), name: 'Reshape', ms: 0.001}]), MACHINE).kernels;
    expect(kernel).toMatchObject({
      ops: 0,
      bytes: 0,
      intensity: null,
      attainableMs: 0,
      memoryBound: false,
      efficiency: 0,
    });
  });

  it('whose clock stood still has no efficiency', () => {
    const {kernels, total} = waterline(traceOf([relu(4, {ms: 0})]), MACHINE);
    expect(kernels[0]).toMatchObject({actualMs: 0, efficiency: null});
    expect(total).toMatchObject({actualMs: 0, efficiency: null});
  });
});

describe('the total', () => {
  const kernels = [product(10, 10), relu(500), relu(20), product(3, 40), relu(2000, {ms: 0.25})];

  it('is attainable in the sum of the longer times, each kernel by itself', () => {
    const {total} = waterline(traceOf(kernels), MACHINE);
    const costs = kernels.map((kernel) => kernelCost(kernel)!);
    const seconds = costs.map(({ops, bytes}) => Math.max(ops / 1e9, bytes / (bytes <= 1000 ? 2e9 : 0.25e9)));
    const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);
    expect(total.attainableMs).toBeCloseTo(1e3 * sum(seconds), 12);
    // Some wait for memory and some do not: the sum is more than either alone.
    expect(total.attainableMs).toBeGreaterThan(total.idealMs);
    expect(total.idealMs).toBeCloseTo(sum(costs.map(({ops}) => ops)) / 1e6, 12);
    expect(total).toMatchObject({kernels: 5, actualMs: 4.25, bytes: sum(costs.map(({bytes}) => bytes))});
    expect(total.efficiency).toBeCloseTo(total.idealMs / 4.25, 12);
    expect(total.intensity).toBeCloseTo(total.ops / total.bytes, 12);
  });

  it('has the time of kernels without a rule, and nothing else of them; they are listed', () => {
    const unknown = {...relu(7), name: 'Unique', ms: 2};
    const {total, uncounted, kernels: counted} = waterline(traceOf([relu(7), unknown, unknown]), MACHINE);
    expect(counted).toHaveLength(1);
    expect(uncounted).toEqual([{name: 'Unique', calls: 2, actualMs: 4}]);
    expect(total).toMatchObject({kernels: 1, ops: 7, actualMs: 5});
  });

  it('is timed by the whole run where the kernels are not', () => {
    const {total, kernels: each} = waterline(traceOf([relu(7, {ms: null})], {clock: 'none'}), MACHINE);
    expect(each[0]).toMatchObject({actualMs: null, efficiency: null});
    expect(total).toMatchObject({actualMs: 5, efficiency: 7e-6 / 5});
  });

  it('is as efficient as its kernels; the model, by its products in a whole run, is as its gap says', () => {
    const {total, wallMs} = waterline(traceOf([product(10, 10), relu(500)]), MACHINE);
    expect(total.efficiency).toBeCloseTo(0.0025 / 2, 12);
    const [gap] = efficiencyGap([{name: 'm', ops: 2 * total.macs, actualMs: wallMs!}], MACHINE);
    expect(gap!.efficiency).toBeCloseTo(0.002 / 5, 12);
  });

  it('has no time where one kernel has none', () => {
    const {total} = waterline(traceOf([relu(7), relu(7, {ms: null})]), MACHINE);
    expect(total).toMatchObject({actualMs: null, efficiency: null});
  });

  it('of nothing is nothing', () => {
    const {total, blocks} = waterline(traceOf([], {failure: 'a broken model', wallMs: null}), MACHINE);
    expect(total).toMatchObject({kernels: 0, ops: 0, attainableMs: 0, actualMs: null, intensity: null});
    expect(blocks).toEqual([]);
  });
});

describe('blocks', () => {
  it('of a stock trace are the kernels of their nodes, those that legalizing put before them included', () => {
    const kernels = [
      relu(3, {node: 'stem'}),
      relu(4, {node: 'a/conv/Split'}),
      relu(5, {node: 'a/conv'}),
      relu(6, {node: 'a'}),
      relu(7, {node: 'b'}),
    ];
    const blocks = [
      {name: 'a', replaced: ['a/conv', 'a']},
      {name: 'b', replaced: []},
      {name: 'not run', replaced: ['c']},
    ];
    const line = waterline(traceOf(kernels), MACHINE, {blocks});
    expect(line.blocks.map(({name, ops, kernels: count, actualMs}) => [name, ops, count, actualMs])).toEqual([
      ['a', 4 + 5 + 6, 3, 3],
      ['b', 7, 1, 1],
    ]);
  });

  const spec = blockSpec({
    ...{order: 'expand-first', inChannels: 8, hiddenChannels: 16, outChannels: 8, kernelSize: [3, 3], stride: 1},
    ...{padding: 'same', groupWidth: 1, layerNormEpsilon: null, spatialActivation: 'relu6'},
    ...{hiddenActivation: 'relu6', residual: true},
  });
  const plan = {words: 'one tile', dispatches: 1, bytes: 1, cacheBytes: 2, scratchBytes: 3};
  const block = (node: string | null): TracedKernel => ({
    ...{...PLAIN, name: 'FusedResidualBlock', node, inputShapes: {x: [1, 2, 2, 8], params: [500]}},
    ...{outputShapes: [[1, 2, 2, 8]], ms: 1, block: {spec, size: {batch: 1, height: 2, width: 2}, plan}},
  });

  it('of a fused trace are its own, with their plans beside the bytes that must move', () => {
    const line = waterline(traceOf([relu(3), block('a'), block(null)]), MACHINE);
    const macs = 4 * (8 * 16 + 9 * 16 + 16 * 8);
    expect(line.blocks).toMatchObject([
      {name: 'a', macs, kernels: 1},
      {name: expect.stringContaining('expand-first 8→16→8') as string, macs, kernels: 1},
    ]);
    expect(line.kernels[1]).toMatchObject({plan, bytes: 4 * (32 + 500 + 32)});
  });

  it('of a fused trace are predicted on wasm, where the SIMD level of the machine is known; those of stock ops are not', () => {
    const trace = traceOf([relu(3, {node: 'stock'}), block('a')], {backend: 'wasm'});
    const blocks = [
      {name: 'stock', replaced: []},
      {name: 'a', replaced: []},
    ];
    const predicted = (machine: MachineRates): (number | null)[] =>
      waterline(trace, machine, {blocks}).blocks.map(({predictedMs}) => predictedMs);
    const {spec: ofSpec, size} = block('a').block!;
    const {ms} = predictBlock({spec: ofSpec, size}, {...MACHINE, backend: 'wasm', simd: 'simd'});
    expect(predicted({...MACHINE, simd: 'simd'})).toEqual([null, ms!.fused]);
    expect(predicted(MACHINE)).toEqual([null, null]);
  });

  it('of a fused trace go by the same list as those of the stock one', () => {
    const blocks = [{name: 'a', replaced: ['a/conv']}];
    expect(waterline(traceOf([block('a')]), MACHINE, {blocks}).blocks).toMatchObject([{name: 'a', kernels: 1}]);
  });
});

it('says what the trace says: where, by which clock, and that it is a part', () => {
  const line = waterline(traceOf([relu(1)], {backend: 'webgpu', clock: 'gpu', failure: 'it broke'}), MACHINE);
  expect(line).toMatchObject({backend: 'webgpu', clock: 'gpu', failure: 'it broke', wallMs: 5});
  expect(JSON.parse(JSON.stringify(line))).toEqual(line);
});

describe('absurd rates', () => {
  const level = (bytesPerS: number): MachineRates['bytesPerS'] => [{level: 'memory', bytes: null, bytesPerS}];
  it.each<[string, MachineRates]>([
    ['no peak', {opsPerS: 0, bytesPerS: level(1)}],
    ['a negative peak', {opsPerS: -1, bytesPerS: level(1)}],
    ['an endless peak', {opsPerS: Infinity, bytesPerS: level(1)}],
    ['a bandwidth that is no number', {opsPerS: 1, bytesPerS: level(NaN)}],
    ['no bandwidth', {opsPerS: 1, bytesPerS: []}],
  ])('are refused: %s', (_, machine) => {
    expect(() => waterline(traceOf([relu(1)]), machine)).toThrow(/must be positive numbers/);
  });
});
