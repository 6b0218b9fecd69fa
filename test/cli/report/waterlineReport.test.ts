/** The text of `waterline`, of figures made up for it. */
import {blockSpec} from '../../../ops/block.ts';
import type {Machine} from '../../../src/analysis/machine/machine.ts';
import type {ModelWaterline} from '../../../src/analysis/modelWaterline.ts';
import type {Trace, TracedKernel} from '../../../src/analysis/trace.ts';
import {type Waterline, waterline} from '../../../src/analysis/waterline.ts';
import type {Accuracy} from '../../../src/cli/accuracies.ts';
import {bar, describeGaps, describeMachine, describeWaterline} from '../../../src/cli/report/waterlineReport.ts';

const MACHINE: Machine = {
  ...{backend: 'wasm', simd: 'simd', opsPerS: 50e9, spread: 0.1, loop: 'registers'},
  bytesPerS: [
    {level: '≤ 1 MiB', bytes: 2 ** 20, bytesPerS: 100e9, spread: 0.2},
    {level: 'memory', bytes: null, bytesPerS: 10e9, spread: 0.3},
  ],
  source: {opsPerS: 'measured', bytesPerS: 'measured'},
};

const kernel = (name: string, elements: number, ms: number | null): TracedKernel => ({
  ...{name, node: null, inputShapes: {x: [elements]}, outputShapes: [[elements]], attrs: {}},
  ...{repeated: [], renames: false, ms, block: null},
});

const traced = (kernels: TracedKernel[], rest: Partial<Trace> = {}): Waterline =>
  waterline({...{backend: 'wasm', clock: 'wall', runs: 1, wallMs: 5, failure: null}, kernels, ...rest}, MACHINE);

const side = traced([kernel('Relu', 1000, 3), kernel('Relu', 1000, 1), kernel('Identity', 1000, 0)]);

const model = (stock: Waterline, rest: Partial<ModelWaterline> = {}): ModelWaterline => ({
  ...{
    name: 'a',
    report: {summary: '', blocks: [], left: [], misses: [], legalized: []},
    stockForm: 'original',
    blocksBefore: 0,
    ops: 2e6,
  },
  ...{stock, fused: side, gap: {stock: null, fused: null}, partial: false, ...rest},
});

const text = (stock: Waterline, rest: Partial<ModelWaterline> = {}, machine = MACHINE): string =>
  describeWaterline(model(stock, rest), machine);

describe('bar', () => {
  it.each([
    [0, ''],
    [1, '█'.repeat(20)],
    [0.5, '█'.repeat(10)],
    [0.525, '█'.repeat(10) + '▌'],
    [1 / 160, '▏'],
  ])('of %d', (share, drawn) => {
    expect(bar(share)).toBe(drawn.padEnd(20));
  });
});

describe('describeMachine', () => {
  const place = {
    engine: {backend: 'wasm', adapter: null, simd: 'simd', threads: 1, fusedThreads: null},
    browser: null,
  } as const;

  it('says what was measured, and how surely', () => {
    expect(describeMachine(MACHINE, place).split('\n').slice(1)).toEqual([
      '  peak: 50 Gop/s (registers, spread 10%)',
      '  bandwidth: 100 GB/s from ≤ 1 MiB (spread 20%),',
      '             10 GB/s from memory (spread 30%)',
    ]);
  });

  it('warns where the machine was busy', () => {
    expect(describeMachine(MACHINE, place)).not.toContain('noisy');
    expect(describeMachine({...MACHINE, spread: 0.6}, place)).toMatch(/\n {2}noisy: measured again on a machine/);
  });

  it('says on what', () => {
    expect(describeMachine(MACHINE, place)).toMatch(/^wasm, simd, 1 thread, Node \d/);
    expect(describeMachine(MACHINE, {...place, browser: '156.0'})).toMatch(/^wasm, simd, 1 thread, Chromium 156.0\n/);
  });

  it('says what was given', () => {
    const bytesPerS = [{level: 'memory', bytes: null, bytesPerS: 20e9, spread: null}];
    const given = {
      ...MACHINE,
      spread: null,
      loop: null,
      bytesPerS,
      source: {opsPerS: 'given', bytesPerS: 'given'},
    } as const;
    expect(describeMachine(given, place)).toMatch(
      /peak: 50 Gop\/s \(given\)\n {2}bandwidth: 20 GB\/s from memory \(given\)$/,
    );
  });
});

describe('describeWaterline', () => {
  it('has a row a kind of kernel, the slowest first, with bars that fill the whole', () => {
    const lines = text(traced([kernel('Relu', 1000, 1), kernel('Elu', 1000, 3), kernel('Relu', 1000, 5)])).split('\n');
    expect(lines[1]).toBe('  stock (original): 5 ms a run, 9 ms summed over its kernels');
    expect(lines.slice(3, 6)).toEqual([
      // 8 kB at 100 GB/s each.
      `    Relu        2  6.000  ${bar(6 / 9)} 66.7%         <0.001     0.0%  memory`,
      `    Elu         1  3.000  ${bar(3 / 9)} 33.3%         <0.001     0.0%  memory`,
      `    all         3  9.000  ${' '.repeat(20)}               <0.001     0.0%  memory`,
    ]);
  });

  it('has bars that leave its lines room', () => {
    const widest = (columns?: number): number =>
      Math.max(
        ...describeWaterline(model(side), MACHINE, {columns})
          .split('\n')
          .map(({length}) => length),
      );
    expect(widest()).toBeGreaterThan(85);
    expect(widest(80)).toBe(80);
    // What else they say stays.
    expect(widest(20)).toBe(widest() - 16);
    expect(describeWaterline(model(side), MACHINE, {columns: 20})).toMatch(/ +█{4} 100\.0% /);
  });

  it('tells kernels without a rule apart, by their names', () => {
    expect(text(traced([kernel('Relu', 1000, 1), kernel('Sort', 9, 2), kernel('Sort', 9, 2)]))).toMatch(
      /^ {4}no rule for the cost of Sort × 2, 4 ms: not in the table$/m,
    );
  });

  it('says where a kernel took no time, or less than it can', () => {
    const large = 2 ** 20; // 8 MiB moved: 0.84 ms from memory
    expect(text(traced([kernel('Relu', large, 0)]))).toContain('1 of the kernels took less than the clock can tell');
    expect(text(traced([kernel('Relu', large, 0.5)]))).toMatch(
      /1 of the kernels took less than is attainable: a nearer/,
    );
    const given: Machine = {...MACHINE, source: {opsPerS: 'measured', bytesPerS: 'given'}};
    expect(text(traced([kernel('Relu', large, 0.5)]), {}, given)).toContain('attainable: the rates given are too low');
    // Within the spread of the figure for memory.
    expect(text(traced([kernel('Relu', large, 0.7)]))).not.toContain('attainable:');
  });

  it('has bars of what is attainable where nothing tells the times', () => {
    const stock = traced([kernel('Relu', 1000, null), kernel('Elu', 3000, null)], {clock: 'none'});
    expect(text(stock)).toMatch(
      /^ {2}stock \(original\): 5 ms a run; nothing here tells the times of single kernels$/m,
    );
    expect(text(stock)).toMatch(/kernel +calls +ms +of attainable +attainable ms/);
    expect(text(stock)).toMatch(/^ {4}Elu +1 +█{15} +75\.0%/m);
  });

  it('says of a model without blocks, or with fused ones, that both sides are alike', () => {
    expect(text(side)).toContain('\n  fused, with no block to fuse: ');
    expect(text(side)).toContain('\n  stock (original): ');
    expect(text(side, {blocksBefore: 4})).toContain('\n  as stored (4 fused): ');
    expect(text(side, {blocksBefore: 4})).toContain(
      '\n  fused, its 4 blocks as before: both sides are the same model: ',
    );
  });

  it('marks what is of a part alone', () => {
    const stock = traced([kernel('Relu', 1000, 1)], {wallMs: null, failure: 'no kernel for it'});
    const marked = text(stock, {partial: true});
    expect(marked).toMatch(/^a \(PARTIAL: it failed half-way\)\n {2}stock \(original\): no whole run, 1 ms summed/);
    expect(marked).toMatch(/^ {4}PARTIAL: it failed here: no kernel for it$/m);
    expect(marked).toMatch(/^ {2}1 MMAC$/m);
    expect(text(stock, {partial: true, fused: stock})).toMatch(/^ {2}1 MMAC in the part that ran$/m);
  });

  it('sums blocks up by their kind, and says what moves, and what goes through the caches', () => {
    const spec = blockSpec({
      ...{order: 'expand-first', inChannels: 8, hiddenChannels: 16, outChannels: 8, kernelSize: [3, 3], stride: 1},
      ...{padding: 'same', groupWidth: 1, layerNormEpsilon: null, spatialActivation: 'relu6'},
      ...{hiddenActivation: 'relu6', residual: true},
    });
    const plan = {words: 'one tile', dispatches: 1, bytes: 1, cacheBytes: 3000, scratchBytes: 0};
    const block = (node: string): TracedKernel => ({
      ...{...kernel('FusedResidualBlock', 32, 1), node, inputShapes: {x: [1, 2, 2, 8], params: [500]}},
      ...{outputShapes: [[1, 2, 2, 8]], block: {spec, size: {batch: 1, height: 2, width: 2}, plan}},
    });
    const names = ['a', 'b'];
    const blocks = names.map((name) => ({name, rule: 'expand-first', spec, replaced: []}));
    const report = {summary: '', blocks, left: [], misses: [], legalized: []};
    const lines = text(side, {report, fused: traced(names.map(block))}).split('\n');
    const row = lines.findIndex((line) => line.endsWith(' block'));
    expect(lines[row]).toMatch(/^ {2}blocks .* fused ms +predicted +attainable ms +moves +by tiles +of peak +block$/);
    // x, params and y of 4 bytes an element, twice.
    expect(lines[row + 1]).toMatch(/^ +2 .* 4\.51 kB +6 kB +[\d.]+% {2}expand-first 8→16→8/);
    expect(lines[row + 2]).toMatch(/^ {2}moves: .* each tensor once; by tiles: .* through the caches$/);
    expect(lines[row + 3]).toMatch(/^ {2}predicted: .*at this machine's peak$/);
    // Nothing predicts blocks elsewhere.
    const onCpu = text(side, {report, fused: traced(names.map(block), {backend: 'cpu'})});
    expect(onCpu).toMatch(/^ {2}blocks .* fused ms +attainable ms +moves/m);
    expect(onCpu).not.toContain('predicted');
  });

  it('is of nothing where nothing ran', () => {
    expect(text(traced([], {wallMs: null, failure: 'no input'}))).toMatch(/^ {4}all +0 /m);
  });
});

describe('describeGaps', () => {
  const gap = (name: string, actualMs: number) => ({
    ...{name, accuracy: null, idealMs: 2, actualMs, gapMs: actualMs - 2, efficiency: 2 / actualMs},
  });
  const models = [
    model(side, {gap: {stock: gap('a, stock', 8), fused: gap('a, fused', 4)}}),
    model(side, {name: 'b', partial: true}),
  ];

  it('has a line a model, with what is known of its accuracy', () => {
    const interval = [0.97, 0.984] as const;
    const accuracies = new Map<string, Accuracy>([
      ['a', {accuracy: 0.978, interval, family: 'ConvNeXt'}],
      ['b', {accuracy: 0.9}],
    ]);
    expect(describeGaps(models, accuracies)).toBe(
      [
        'model        family    accuracy  interval        MMAC  ideal ms  stock ms  efficient  fused ms  efficient',
        'a            ConvNeXt     97.8%  97.0% to 98.4%     1     2.000     8.000        25%     4.000        50%',
        'b (PARTIAL)               90.0%                     1',
      ].join('\n'),
    );
  });

  it('has no column of what is known of no model', () => {
    expect(describeGaps(models, new Map([['a', {accuracy: 0.9}]]))).toMatch(/^model +accuracy +MMAC/);
    expect(describeGaps(models, null)).toMatch(/^model +MMAC/);
  });
});
