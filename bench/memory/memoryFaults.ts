/** What must hold of a network's memory. */
import type {SideMemory} from './memorySide.ts';

/** Returns in words what does not hold; of stock only what fused is compared with. */
export function memoryFaults(stock: SideMemory, fused: SideMemory): string[] {
  const [first, ...later] = [fused.heap, ...fused.heapAfterCycles];
  const faults: readonly (readonly [boolean, string])[] = [
    [fused.tensorsAtMost > stock.tensorsAtMost, 'fused holds more in tensors and scratch than stock in tensors'],
    [fused.heap > stock.heap, 'the heap of fused grew larger than that of stock'],
    [!fused.tensorsLevel, 'a prediction left tensors behind'],
    [later.some((size) => size !== first), `the heap grew from one load to the next: ${[first, ...later].join(', ')}`],
    [fused.tensorsLeft !== 0, `${fused.tensorsLeft} tensors were left when all was disposed`],
    [fused.allocations === 0, 'no allocation was seen'],
    [fused.allocationsLeft !== 0, `${fused.allocationsLeft} allocations were left when all was disposed`],
  ];
  return faults.flatMap(([holds, fault]) => (holds ? [fault] : []));
}
