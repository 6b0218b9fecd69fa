/** What bench:gpu prints, of times that are made up. */
import {emptyMix} from '../../../bench/gpu/assembly/mix.ts';
import {gpuNamed} from '../../../bench/gpu/gpus.ts';
import type {Program} from '../../../bench/gpu/programs.ts';
import {blockTable, jsonLine, passTable, type Row, type TimedSide} from '../../../bench/gpu/report.ts';
import type {ProgramTime} from '../../../bench/gpu/times.ts';
import {convNext} from '../../../bench/speed/cases.ts';

const program = (name: string): Program => ({
  ...{name, wgsl: name, dispatch: [2, 1, 1], uniforms: Int32Array.of(), bindings: []},
});

const timeOf = (name: string, us: number, more: Partial<ProgramTime> = {}): ProgramTime => ({
  ...{waveWork: {issue: 1, alone: 1, workgroupBytes: 0, cacheBytes: 0, macs: 100}, passes: 2},
  ...{program: program(name), us, timeBound: 'latency', macs: 100, coverage: 1, isDoubtful: false},
  bounds: {issue: 1, 'workgroup memory': 1, 'first cache': 1, latency: us, 'shared cache': 1, DRAM: 1},
  ...{threads: 64, wave: 32, registers: 40, spills: 3, stackBytes: 0, workgroupBytes: 0, resident: 4},
  ...{hot: emptyMix(), macsPerIssue: 0.5, workgroupBytesPerMac: 0, aloneCycles: 9, peakShare: 0.25},
  ...{bound: 'issue', wavesInFlight: 2},
  ...more,
});

const side = (name: string, ...times: ProgramTime[]): TimedSide => ({
  ...{name, times, us: times.reduce((sum, {us}) => sum + us, 0)},
});

const row: Row = {
  block: convNext(14, 384),
  gpu: gpuNamed('rdna2'),
  chosen: side('chosen', timeOf('whole', 35)),
  fused: side('fused', timeOf('short', 5, {registers: 10}), timeOf('long', 15, {registers: 90})),
  stock: [
    side('stock-split', timeOf('slice', 10), timeOf('slice', 10), timeOf('product', 10, {isDoubtful: true})),
    side('stock-gather', timeOf('gather', 100)),
  ],
};

it('has a line for each side, with the figures of its longest pass', () => {
  const [, fused, chosen, stock] = blockTable([row]).split('\n');
  expect(fused).toMatch(/^rdna2 +fused +2 +90 +6 +4\.0 +2\.0 +50% +20 +0\.67 +80 +0\.67$/);
  expect(chosen).toMatch(/^rdna2 +chosen +1 +40 +3 +4\.0 +2\.0 +50% +35 +1\.17 +65 +0\.54$/);
  // Spills of a program that is dispatched twice count once.
  expect(stock).toMatch(/^rdna2 +stock-split +3 +40 +6 +4\.0 +2\.0 +50% +30 +120$/);
});

it('has a line for each dispatch, of those that are the same one', () => {
  const lines = passTable([row]).split('\n').slice(1);
  expect(lines.map((line) => line.split(/ +/).slice(0, 3))).toEqual([
    ['short', 'rdna2', '1'],
    ['long', 'rdna2', '1'],
    ['whole', 'rdna2', '1'],
    ['slice', 'rdna2', '2'],
    ['product', 'rdna2', '1'],
  ]);
});

it('has a line of JSON', () => {
  const line = JSON.parse(jsonLine(row)) as Record<string, unknown>;
  expect(line).toMatchObject({
    ...{case: 'convnext-14x14x384', family: 'rdna2', batch: 1, fusedUs: 20, stockUs: 30, ratio: 1.5},
    ...{spills: 6, macPerIssue: 0.5, stockForm: 'stock-split', doubtful: ['product']},
    withDispatches: {fusedUs: 65, stockUs: 120, passes: 1},
    forms: {'stock-split': 30, 'stock-gather': 100},
  });
  expect(line['passes']).toHaveLength(2);
  expect((line['stockPasses'] as object[])[0]).toMatchObject({shader: 'slice', count: 2, us: 10, timeBound: 'latency'});
});
