/** The text of `compare`, of figures made up for it. */
import {blockSpec} from '../../../ops/block.ts';
import {describeComparison, type ModelComparison} from '../../../src/cli/report/compareReport.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';
import {plannedKind} from '../../helpers/plannedKind.ts';

const TIMING = {medianMs: 1234.5, p10Ms: 1200, p90Ms: 1300, runs: 20};
const SPEC = blockSpec({...CONV_FIRST, layerNormEpsilon: 1e-6});
const BLOCK = {name: 'a', rule: 'conv-first', spec: SPEC, replaced: ['b']};

const COMPARISON: ModelComparison = {
  ...{
    model: 'models/a',
    layersModel: false,
    backend: 'wasm',
    adapter: null,
    simd: 'relaxed-simd',
    threads: 4,
    fusedThreads: null,
    browser: '156.0.8078.108',
  },
  ...{maxAbsError: 1e-7, maxAbsOutput: 1.5, tolerance: 1e-5, passed: true, chosen: null},
  notFinite: {stock: 0, fused: 0},
  ...{
    blocksFused: 2,
    blocksBefore: 0,
    stockForm: 'legalized',
    accuracy: {images: 360, correct: {stock: 358, fused: 357}},
  },
  report: {summary: '2 blocks fused', blocks: [BLOCK, BLOCK], left: [], misses: [], legalized: []},
  plans: [plannedKind(SPEC, 2)],
  ...{stock: TIMING, fused: TIMING, fusedOneThread: null, speedup: 1, gpu: null, loadMs: {stock: 1234, fused: 4321}},
  ...{kernels: {stock: 300, fused: 60}, dispatches: null, peakBytes: {stock: 1e9, fused: 1e8}},
  movedBytes: {stock: 1e10, fused: 1e9},
  fusedBlocks: {count: 2, macs: 1e9, ms: 100, stockMs: 400},
};
const text = (changed: Partial<ModelComparison> = {}, columns = 80): string =>
  describeComparison({...COMPARISON, ...changed}, {columns});

/** Blocks that were fused before, and how many are fused now. */
const before = (blocksBefore: number, blocksFused = 0): Partial<ModelComparison> => ({
  ...{blocksBefore, blocksFused, stockForm: 'original', plans: []},
  report: {...COMPARISON.report, blocks: COMPARISON.report.blocks.slice(0, blocksFused)},
});

describe('describeComparison', () => {
  it.each([80, 120])('fits %d columns', (columns) => {
    for (const changed of [{}, before(2), before(2, 1), {passed: false, stock: null, fused: null}])
      for (const line of text(changed, columns).split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('has the blocks, the difference, and the figures of both sides below their names', () => {
    expect(text()).toMatch(
      /^a on wasm, relaxed-simd, 4 threads, Chromium 156\S+\n {2}2 blocks fused; MiB moved: .*:\n/,
    );
    expect(text()).toMatch(/^ {4}2 × conv-first .*\n {8}at 8×8: .* MMAC, [\d.]+ → [\d.]+ MiB; /m);
    expect(text()).toMatch(/^ {2}worst difference 1\.0e-7 of outputs up to 1\.5 \(tolerance 1\.0e-5\): passed$/m);
    expect(text()).toMatch(/^ +stock \(legalized\) +fused\n {2}accuracy +99\.44% +99\.17% {2}358 and 357 of 360/m);
    expect(text()).toMatch(/^ {2}blocks +400 ms +100 ms +kernels alone/m);
  });

  it('calls neither side stock where the model brings its blocks fused', () => {
    expect(text(before(7))).toMatch(/^ +as stored \(7 fused\) +as stored \(7 fused\)$/m);
    expect(text(before(7))).toMatch(/its 7 blocks are fused already: both columns are the model as stored/);
    expect(text(before(7, 2))).toMatch(/^ +as stored \(7 fused\) +9 fused$/m);
    expect(text(before(7))).not.toContain('stock (');
  });

  it('says where nothing was fused', () => {
    expect(text(before(0))).toMatch(/^ {2}no block to fuse: inspect says why$/m);
    expect(text(before(0))).toMatch(/^ +stock \(original\) +nothing fused$/m);
  });

  it('groups what was left alone by its reason', () => {
    const left = ['a', 'b', 'c'].map((name) => ({name, reason: 'excluded', spec: SPEC, nodes: [name]}));
    expect(text({report: {...COMPARISON.report, left}})).toMatch(/^ {2}3 blocks left alone:\n {4}3 × excluded$/m);
  });
});
