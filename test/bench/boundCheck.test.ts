import {readFileSync} from 'node:fs';
import {type BoundRecord, checkBounds, nearest} from '../../bench/bounds/boundCheck.ts';
import {CASES} from '../../bench/speed/cases.ts';
import {type BlockFields, blockSpec} from '../../ops/block.ts';
import type {Machine} from '../../src/analysis/machine/machine.ts';
import type {Trace, TracedKernel} from '../../src/analysis/trace.ts';

/** A byte in a nanosecond from memory, two from a cache of 1000; an operation in one. */
const MACHINE: Machine = {
  ...{backend: 'wasm', simd: 'simd', opsPerS: 1e9, spread: 0, loop: 'registers'},
  bytesPerS: [
    {level: 'cache', bytes: 1000, bytesPerS: 2e9, spread: 0},
    {level: 'memory', bytes: null, bytesPerS: 1e9, spread: 0.25},
  ],
  source: {opsPerS: 'measured', bytesPerS: 'measured'},
};

/** 8 bytes a number. */
const relu = (size: number, ms: number): TracedKernel => ({
  ...{name: 'Relu', node: null, attrs: {}, repeated: [], renames: false, block: null},
  ...{inputShapes: {x: [size]}, outputShapes: [[size]], ms},
});

const check = (kernels: TracedKernel[]) => {
  const trace: Trace = {backend: 'wasm', clock: 'wall', runs: 1, kernels, wallMs: null, failure: null};
  const [found] = checkBounds({machine: MACHINE, traces: [{case: 'a', side: 'stock', trace}]});
  return found!;
};

describe('checkBounds', () => {
  it('tells kernels whose working set no cache holds from the others', () => {
    const {beyondCaches, inCaches} = check([relu(1000, 0.016), relu(125, 0.001)]);
    expect(beyondCaches).toMatchObject([{kernel: {bytes: 8000}, ratio: 2, beats: false}]);
    expect(inCaches).toMatchObject([{kernel: {bytes: 1000}, ratio: 2, beats: false}]);
  });

  it('finds a kernel that was faster than the bandwidth by more than its spread', () => {
    // 8000 ns at least, of which a quarter may be the measurement's.
    expect(check([relu(1000, 0.0065)]).beyondCaches).toMatchObject([{beats: false}]);
    expect(check([relu(1000, 0.0063)]).beyondCaches).toMatchObject([{beats: true}]);
  });

  it('leaves out what moves nothing, and what has no time', () => {
    const {beyondCaches, inCaches} = check([
      {...relu(1000, 1), name: 'Reshape'},
      {...relu(1000, 1), ms: null},
    ]);
    expect([...beyondCaches, ...inCaches]).toEqual([]);
  });
});

it('nearest is the kernel of the least ratio', () => {
  expect(nearest(check([relu(1000, 0.02), relu(1000, 0.01), relu(1000, 0.03)]).beyondCaches)?.ratio).toBeCloseTo(1.25);
  expect(nearest([])).toBeUndefined();
});

describe('the recorded run', () => {
  // Specs of before there were some of their fields.
  const revive = (key: string, value: unknown): unknown => (key === 'spec' ? blockSpec(value as BlockFields) : value);
  const text = readFileSync('bench/results/2026-11-21-epyc-bounds.json', 'utf8');
  const record = JSON.parse(text, revive) as BoundRecord;
  const beyond = (bound: Pick<BoundRecord, 'machine' | 'traces'>) =>
    checkBounds(bound).flatMap(({beyondCaches}) => beyondCaches);

  /** Networks that the bench has got since. */
  const later = ['efficientnet-b0', 'mobilenet-v3-large', 'mobilenet-v1', 'blazeface', 'convnext-v2-atto'];

  it('is of every case of the bench, stock and fused, to its end', () => {
    const names = record.traces.map((each) => `${each.case.replace(/-batch\d+$/, '')}, ${each.side}`);
    const cases = CASES.filter(({name}) => !later.includes(name));
    expect(names).toEqual(cases.flatMap(({name}) => [`${name}, stock`, `${name}, fused`]));
    expect(record.traces.filter(({trace}) => trace.failure !== null)).toEqual([]);
  });

  it('has no kernel that was faster than is attainable, where its working set exceeds the last cache', () => {
    const kernels = beyond(record);
    expect(kernels.length).toBeGreaterThan(100);
    expect(kernels.filter(({beats}) => beats)).toEqual([]);
  });

  it('would have, were the machine slower than it is', () => {
    const {machine, traces} = record;
    const slow = machine.bytesPerS.map((level) => ({...level, bytesPerS: level.bytesPerS / 4}));
    expect(beyond({machine: {...machine, bytesPerS: slow}, traces}).some(({beats}) => beats)).toBe(true);
  });
});
