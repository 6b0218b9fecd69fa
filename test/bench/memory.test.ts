import {memoryFaults} from '../../bench/memory/memoryFaults.ts';
import type {SideMemory} from '../../bench/memory/memorySide.ts';
import {runProgram} from '../helpers/runNode.ts';

const SIDE: SideMemory = {
  ...{side: 'fused', tensorsAtRest: 100, tensorsAtMost: 150, tensorsLevel: true},
  ...{heapAtStart: 1000, heap: 2000, heapAfterCycles: [2000, 2000], allocations: 9, allocationsLeft: 0, tensorsLeft: 0},
};

describe('memoryFaults', () => {
  it('are none where fused takes no more than stock and gives all back', () => {
    expect(memoryFaults({...SIDE, side: 'stock'}, SIDE)).toEqual([]);
  });

  it.each<[Partial<SideMemory>, RegExp]>([
    [{tensorsAtMost: 151}, /more in tensors and scratch/],
    [{heap: 2001, heapAfterCycles: []}, /larger than that of stock/],
    [{tensorsLevel: false}, /a prediction left tensors/],
    [{heapAfterCycles: [2000, 2100]}, /grew from one load to the next: 2000, 2000, 2100/],
    [{tensorsLeft: 1}, /1 tensors were left/],
    [{allocationsLeft: 2}, /2 allocations were left/],
    [{allocations: 0}, /no allocation was seen/],
  ])('say of %j what does not hold', (change, fault) => {
    const faults = memoryFaults({...SIDE, side: 'stock'}, {...SIDE, ...change});
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });
});

describe('npm run bench:memory', () => {
  it('prints one JSON line a network', async () => {
    const flags = ['--only', 'mobilenet-v2', '--predictions', '2', '--cycles', '1', '--json'];
    const {stdout} = await runProgram('bench/memory/memory.ts', ...flags);
    const {network, stock, fused, faults} = JSON.parse(stdout) as {
      network: string;
      stock: SideMemory;
      fused: SideMemory;
      faults: string[];
    };
    expect(network).toBe('mobilenet-v2');
    expect([stock.side, fused.side, faults]).toEqual(['stock', 'fused', []]);
    // 3.5 million float32 weights.
    expect(stock.tensorsAtRest).toBeGreaterThan(14e6);
    expect(fused.tensorsAtMost).toBeGreaterThan(fused.tensorsAtRest);
    expect(fused.heapAfterCycles).toEqual([fused.heap]);
  });
});
